#include "store/door.h"

#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace hardwon::store {
namespace {

void add_counts(MaskCounts* to, const MaskCounts& from) {
  if (to == nullptr) return;
  for (const auto& [kind, count] : from) (*to)[kind] += count;
}

// "token=<secret>" is a secret by its name: a string is looked at with its key before it, and
// again alone.
std::string mask_beside_key(const std::string& key, const std::string& value, MaskCounts& counts) {
  const std::string prefix = key + "=";
  MaskCounts found;
  const std::string pair = mask_secrets(prefix + value, &found);
  if (pair.starts_with(prefix)) {
    add_counts(&counts, found);
    return pair.substr(prefix.size());
  }
  return mask_secrets(value, &counts);
}

Json mask_strings(const Json& value, const std::string& key, MaskCounts& counts) {
  if (value.is_string()) return mask_beside_key(key, value.get<std::string>(), counts);
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& element : value) out.push_back(mask_strings(element, key, counts));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, element] : value.items()) {
      out[mask_secrets(name, &counts)] = mask_strings(element, name, counts);
    }
    return out;
  }
  return value;
}

}  // namespace

std::string door_text(std::string_view text, MaskCounts* counts) {
  if (text.empty()) return {};
  if (is_valid_utf8(text)) return mask_secrets(text, counts);
  return mask_secrets(valid_utf8(text), counts);
}

std::string door_json(std::string_view json, MaskCounts* counts) {
  if (json.empty()) return {};
  MaskCounts found;
  std::string masked = door_text(json, &found);
  if (found.empty()) return masked;
  const auto before = parse_json(valid_utf8(json));
  if (!before || parse_json(masked)) {
    add_counts(counts, found);
    return masked;
  }
  MaskCounts by_string;
  masked = dump_json(mask_strings(*before, "", by_string));
  add_counts(counts, by_string);
  return masked;
}

Scope door_scope(const Scope& scope, MaskCounts* counts) {
  Scope out;
  for (const auto& [key, value] : scope.labels) {
    out.labels[door_text(key, counts)] = door_text(value, counts);
  }
  return out;
}

Digest& Digest::add(std::string_view text) {
  add(static_cast<std::int64_t>(text.size()));
  buffer_ += text;
  return *this;
}

Digest& Digest::add(std::int64_t value) {
  buffer_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  return *this;
}

Digest& Digest::add(double value) {
  std::int64_t bits = 0;
  if (value == 0) value = 0;  // SQLite keeps no sign of zero
  std::memcpy(&bits, &value, sizeof(bits));
  return add(bits);
}

Digest& Digest::add(std::optional<std::int64_t> value) {
  buffer_ += value ? '\1' : '\0';
  return value ? add(*value) : *this;
}

Digest& Digest::add(std::optional<double> value) {
  if (value && std::isnan(*value)) value.reset();  // SQLite keeps NaN as NULL
  buffer_ += value ? '\1' : '\0';
  return value ? add(*value) : *this;
}

Digest& Digest::add(std::optional<TimePoint> value) {
  return add(value ? std::optional<std::int64_t>(value->time_since_epoch().count()) : std::nullopt);
}

Digest& Digest::add(const std::vector<std::string>& list) {
  add(static_cast<std::int64_t>(list.size()));
  for (const std::string& text : list) add(std::string_view(text));
  return *this;
}

Digest& Digest::add(const Outcome& outcome) {
  add(static_cast<std::int64_t>(outcome.status)).add(outcome.share);
  return add(static_cast<std::int64_t>(outcome.source)).add(std::string_view(outcome.verdict));
}

std::string Digest::bytes() const {
  const auto id = content_id_bytes({buffer_});
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

}  // namespace hardwon::store
