#pragma once

// The stored rules as what can be checked and mended in source files.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "code/convention.h"
#include "hardwon/engine.h"
#include "store/records.h"

namespace hardwon::apps {

struct StoredRule {
  Lesson lesson;
  Rule rule;                                  // of a decision: its statement, always on
  std::vector<code::Convention> conventions;  // empty: nothing that a syntax tree decides
};

// nullopt: neither a rule nor a decision.
std::optional<StoredRule> stored_rule(Lesson lesson);

// Active ones, in id order; superseded ones only when asked for, suppressed ones never.
Result<std::vector<StoredRule>> stored_rules(const store::Reader& reader,
                                             const Visibility& visibility, bool superseded = false);

struct RuleFinding {
  std::size_t rule = 0;  // index into the rules
  std::string path;
  code::Finding finding;
};

// Of one file: in order of the text, each place once for each convention.  Errors: kIo with the
// path; those of code::check().
Result<std::vector<RuleFinding>> check_file(const std::filesystem::path& path,
                                            const std::vector<StoredRule>& rules);

// Source files of a known language under a path, sorted; folders of version control, builds and
// packages are left out.  Errors: kIo when there is nothing of that name.
Result<std::vector<std::filesystem::path>> source_files(const std::filesystem::path& path);

}  // namespace hardwon::apps
