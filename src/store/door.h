#pragma once

// The door to the disk: every text is made valid UTF-8 and rid of secrets before it is bound.
// Names that are looked up by (paths, external ids, scope labels) pass the same door on both
// sides, so that a masked name is still found.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mask.h"
#include "hardwon/id.h"
#include "hardwon/time.h"
#include "hardwon/types.h"

namespace hardwon::store {

// counts: may be nullptr.
std::string door_text(std::string_view text, MaskCounts* counts);

// The same for a JSON text.  Where masking would break the JSON, only its strings are masked,
// each beside its key; what is no JSON is treated as text.
std::string door_json(std::string_view json, MaskCounts* counts);

Scope door_scope(const Scope& scope, MaskCounts* counts);

// 16 bytes over a record as it is stored: tells unchanged from changed, and sound from damaged.
class Digest {
 public:
  Digest& add(std::string_view text);
  Digest& add(std::int64_t value);
  Digest& add(double value);
  Digest& add(std::optional<std::int64_t> value);
  Digest& add(std::optional<double> value);
  Digest& add(std::optional<TimePoint> value);
  Digest& add(const std::vector<std::string>& list);
  Digest& add(const Outcome& outcome);
  template <typename Tag>
  Digest& add(const Id<Tag>& id) {
    return add(std::string_view(reinterpret_cast<const char*>(id.bytes.data()), 16));
  }
  std::string bytes() const;

 private:
  std::string buffer_;
};

}  // namespace hardwon::store
