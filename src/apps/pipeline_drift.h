#pragma once

// The drift stage: the same tasks written with and without the retrieved rules.

#include <string>
#include <vector>

#include "apps/pipeline_config.h"
#include "base/json.h"

namespace hardwon::apps {

// command empty: the simulated executor of learn/drift_executor.h, labelled as the test of the
// plumbing that it is, with control arms (irrelevant rules, shuffled rules, no rules).  Else a
// shell command that reads {"task","block","run"} as JSON and writes code; one control arm
// (shuffled).  A run that fails is an error by name and leaves its pair out.
//   {"stage":"drift","version","what_it_is","runs","groups":[…],"before","after","reduction",
//    "interval","improved","controls":{},"controls_near_zero","adherence":{}}
// Errors: kInvalidArgument when `retrieved` has no tasks.
Result<Json> drift_stage(const Json& retrieved, const PipelineConfig& config,
                         const std::string& command, std::vector<Error>& errors);

}  // namespace hardwon::apps
