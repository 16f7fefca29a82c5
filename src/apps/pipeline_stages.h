#pragma once

// The stages of seed 001's pipeline as functions from one stage's JSON to the next one's.
//
// Invariants
//   1. A stage sees what the stage before wrote and nothing else: no label, no truth.
//   2. Same input, same bytes.

#include <string>
#include <vector>

#include "apps/pipeline_config.h"
#include "apps/rule_json.h"
#include "base/json.h"

namespace hardwon::apps {

inline constexpr std::string_view kPipelineVersion = "hardwon.pipeline/1";

// {"stage":"extract","version","read":[{"source_id","persistence","confidence","probabilities"}],
//  "rules":[a rule of the seed and "reading","evidence","pattern"?]}
// Only persons state rules; an agent that repeats one is evidence for it.
Json extract_stage(const std::vector<Transcript>& transcripts, const PipelineConfig& config,
                   std::vector<Error>& errors);

// The rules of extract and "decision","storage_score","justification","superseded_by"?,
// "same_as"?.  Later rules win over earlier ones by time, whatever their order in the input.
Result<Json> decide_stage(const Json& extracted, const PipelineConfig& config,
                          std::vector<Error>& errors);

// {"stage":"retrieve","version","tasks":[{"task","applied_rules","matches","why_not",
// "instructions","block"}]}: what of the stored rules each task should follow.
Result<Json> retrieve_stage(const Json& decided, const std::vector<recall::RuleTask>& tasks,
                            const PipelineConfig& config, std::vector<Error>& errors);

// The rules of a stage's output.  Errors: kInvalidArgument when it has no list of rules.
Result<std::vector<NamedRule>> rules_of_stage(const Json& stage, std::vector<Error>& errors);

// The block that an agent is given: one line a rule.
std::string rendered_block(const std::vector<std::string>& instructions);

}  // namespace hardwon::apps
