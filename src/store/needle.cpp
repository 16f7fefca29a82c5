#include "store/needle.h"

#include "base/json.h"
#include "base/text.h"

namespace hardwon::store {

Needle::Needle(std::string_view given) : text(ascii_lower(valid_utf8(given))) {
  const std::string quoted = dump_json(Json(text));
  json = quoted.substr(1, quoted.size() - 2);
}

bool Needle::is_in(std::string_view hay) const {
  const std::string lower = ascii_lower(hay);
  return lower.contains(text) || lower.contains(json);
}

}  // namespace hardwon::store
