#pragma once

// How records look outside: as JSON (docs/cli.md) and as text for people.

#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/importing.h"
#include "hardwon/engine.h"
#include "store/records.h"

namespace hardwon::apps {

Json time_json(const std::optional<TimePoint>& time);
Json context_json(const TaskContext& context);
Json outcome_json(const Outcome& outcome);
Json evidence_json(const EvidenceSummary& evidence);
Json provenance_json(const std::vector<Provenance>& provenance);
Json when_json(const When& when);
Json lesson_json(const store::Reader& reader, const Lesson& lesson, const EvidenceSummary& record);
Json episode_json(const Episode& episode);
Json step_json(const Step& step);
Json answer_json(const RecallAnswer& answer, bool explain);
Json injection_json(const Injection& injection);
Json learn_json(const LearnReport& report);
Json scope_json(const Scope& scope);
Json writes_json(const store::WriteCounts& counts);  // of this process

// The record of a lesson from the store.
Result<EvidenceSummary> record_of(const store::Reader& reader, const ItemId& lesson);

// "worked 5 of 6", "said 3×", "untested".  count: times seen or said; 0 = not known here.
std::string record_text(const Json& evidence, std::string_view kind, std::int64_t count);

// "2 episodes", "1 episode".
std::string counted(std::int64_t n, std::string_view noun);

}  // namespace hardwon::apps
