#pragma once

// The words that rules about any software speak of.  A word beyond them names something
// particular: "billing", "invoice", "rollback".

#include <string_view>

namespace hardwon {

// root: a stem(), of a word in lower case.  Threads: safe from any.
bool is_common_in_software(std::string_view root);

}  // namespace hardwon
