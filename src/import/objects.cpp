#include "import/objects.h"

namespace hardwon::import {

Outcome outcome_of_reward(double reward) {
  Outcome outcome{.source = OutcomeSource::kReward};
  if (reward == 1) {
    outcome.status = OutcomeStatus::kSuccess;
  } else if (reward == 0) {
    outcome.status = OutcomeStatus::kFailure;
  } else if (reward > 0 && reward < 1) {
    outcome.status = OutcomeStatus::kPartial;
    outcome.share = reward;
  } else {
    outcome.source = OutcomeSource::kNone;
  }
  return outcome;
}

ObjectReader::ObjectReader(ByteSource& source, Run& run)
    : source_(source), run_(run), values_(source, run.options().record_bytes_max) {}

Result<bool> ObjectReader::next(Element& object, Record& record) {
  while (TRY(values_.next(record))) {
    run_.progress(source_.at());
    if (record.too_long) {
      run_.skip(record.line, too_long(run_.options()));
      continue;
    }
    const auto parsed = parser_.parse(record.text);
    if (!parsed) {
      run_.skip(record.line, record.cut_off ? "cut off: " + parsed.error() : parsed.error());
    } else if (!parsed->is_object()) {
      run_.wrong_type(record.line, "", kind_of(*parsed), "an object");
    } else {
      object = *parsed;
      return true;
    }
  }
  return false;
}

}  // namespace hardwon::import
