#include <utility>

#include "recall/outcome_model.h"
#include "recall/recall.h"

namespace hardwon::recall {
namespace {

// The newest.  Reading and fitting 5,000 took 0.7 s, which a question cannot wait, and for a
// few dozen weights a thousand are plenty.
constexpr std::size_t kEpisodesMax = 1000;

// The task as far as it may be known before its end.
Episode without_outcome(const RecallQuery& query) {
  Episode task;
  if (query.episode) {
    task.id = query.episode->id;
    task.task = query.episode->task;
    task.context = query.episode->context;
    task.steps = query.episode->steps;
    return task;
  }
  task.task = query.text;
  task.context = query.context;
  return task;
}

}  // namespace

Result<std::optional<Probability>> predict_success(const RecallContext& context,
                                                   const RecallQuery& query) {
  const Episode task = without_outcome(query);
  if (task.task.empty() && task.steps.empty()) return std::optional<Probability>();
  const bool with_steps = !task.steps.empty();
  std::vector<Episode> past = TRY(store::list_episodes(
      context.reader,
      {.visibility = query.visibility, .only_completed = true, .limit = kEpisodesMax}, with_steps));
  std::erase_if(past, [&](const Episode& episode) { return episode.id == task.id; });
  const auto model = OutcomeModel::fit(past, with_steps);
  if (!model) return std::optional<Probability>();
  return std::optional(model->predict(task));
}

}  // namespace hardwon::recall
