#pragma once

// Seed 001's configuration of the pipeline: JSON, every key optional, unknown keys are errors
// (docs/formats/rules-pipeline.md).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/error.h"
#include "learn/rules.h"
#include "recall/rule_match.h"

namespace hardwon::apps {

enum class LogDetail : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct NamedPattern {
  std::string name, pattern;  // RE2
};

struct PipelineConfig {
  // A person's sentence that one of them matches is kept whatever its confidence, if it is
  // persistent at all.
  std::vector<NamedPattern> patterns;
  double confidence_threshold = 0.7;  // below this learn::extraction_confidence() there is no rule
  learn::StorageOptions storage;
  recall::RuleMatchOptions retrieval;
  bool naming = true, style = true, structure = true;  // the drift metrics asked for
  double improvement_threshold = 0.1;                  // below it drift counts as not reduced
  std::optional<std::int64_t> runs;                    // of the executor, in each arm
  std::uint64_t seed = 1;                              // of the executor
  LogDetail log = LogDetail::kInfo;
  std::string log_directory;  // empty: no log is written
};

// Errors: kInvalidArgument with path, line and field.
Result<PipelineConfig> parse_pipeline_config(std::string_view text, const std::string& path);

}  // namespace hardwon::apps
