#pragma once

// Writing one lesson: shared by remembered lessons and by the reduce step.

#include <cstdint>
#include <optional>

#include "store/records.h"

namespace hardwon::store {

class Connection;

// bucket: the learner's bucket that the lesson belongs to; nullopt for remembered ones.
// A lesson that a person dropped is not written.
Result<PutResult> store_lesson(Writer& writer, const Lesson& lesson,
                               std::optional<std::int64_t> bucket);
Result<std::optional<std::int64_t>> lesson_bucket(Connection& connection, ItemRow row);

}  // namespace hardwon::store
