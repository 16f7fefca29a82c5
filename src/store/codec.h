#pragma once

// Records as they lie in JSON columns (docs/formats/database.md): versioned, one codec a
// lesson kind.  Decoding ignores unknown fields and fills missing ones with their defaults.
//
// Errors: kCorruption for text that is no JSON, a field of a wrong type, an unknown version.

#include <string>
#include <string_view>

#include "hardwon/types.h"

namespace hardwon::store {

// The parts of a lesson without columns of their own: when, payload, provenance.
std::string encode_lesson_body(const Lesson& lesson);
// lesson.kind chooses the payload's codec.
Result<void> decode_lesson_body(std::string_view json, Lesson& lesson);

std::string encode_context(const TaskContext& context);
Result<TaskContext> decode_context(std::string_view json);

std::string encode_reflection(const Reflection& reflection);
Result<Reflection> decode_reflection(std::string_view json);

}  // namespace hardwon::store
