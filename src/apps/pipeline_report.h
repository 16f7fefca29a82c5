#pragma once

// The seed's four criteria, measured against a truth that was written before the run.

#include <map>
#include <string>
#include <vector>

#include "apps/pipeline_config.h"
#include "apps/rule_json.h"
#include "base/json.h"

namespace hardwon::apps {

struct Measured {
  const std::vector<Transcript>& transcripts;
  const std::map<std::string, Persistence>& labels;
  const Truth& truth;
  const Json &extracted, &decided, &retrieved, &drift;
};

// {"criteria":[{"name","measure","required","value","interval","met","baselines":{},"details":{}}],
//  "met":bool}.  A value that cannot be measured is null and its criterion is not met.
Result<Json> criteria_json(const Measured& measured);

// The table for people.
std::string criteria_text(const Json& report);

}  // namespace hardwon::apps
