// Did an episode do what a lesson says?  Seen in its steps, never in anybody's words.

#include <algorithm>

#include "base/text.h"
#include "learn/learn.h"
#include "learn/steps.h"

namespace hardwon::learn {
namespace {

// The words of a text that carry something, stemmed.
std::vector<std::string> topic(std::string_view text) {
  std::vector<std::string> stems;
  for (const std::string& word : words(text)) {
    if (!is_stop_word(word)) stems.push_back(stem(word));
  }
  std::ranges::sort(stems);
  stems.erase(std::ranges::unique(stems).begin(), stems.end());
  return stems;
}

// A step that says at least this share of a piece of advice did it.
constexpr double kSaidShare = 0.75;

bool does(const StepView& view, std::string_view advice) {
  const std::vector<std::string> wanted = topic(advice);
  if (wanted.empty()) return false;
  std::vector<std::string> done =
      topic(view.command_text + " " + view.step->tool + " " + view.step->action + " " + view.path);
  std::vector<std::string> common;
  std::ranges::set_intersection(wanted, done, std::back_inserter(common));
  return static_cast<double>(common.size()) >= kSaidShare * static_cast<double>(wanted.size());
}

bool any_does(const std::vector<StepView>& views, std::string_view advice) {
  return std::ranges::any_of(views, [&](const StepView& view) { return does(view, advice); });
}

// The names in order, other steps between them allowed.
bool in_order(const std::vector<StepView>& views, const std::vector<std::string>& names) {
  std::size_t found = 0;
  for (const StepView& view : views) {
    if (found < names.size() && action_name(view) == names[found]) ++found;
  }
  return !names.empty() && found == names.size();
}

}  // namespace

bool applied(const Lesson& lesson, const Episode& episode) {
  const std::vector<StepView> views = view_steps(episode);
  if (const auto* recovery = std::get_if<ErrorRecovery>(&lesson.payload)) {
    // The last part of a recovery is what led to the pass.
    return !recovery->recovery.empty() && any_does(views, recovery->recovery.back());
  }
  if (const auto* sequence = std::get_if<ToolSequence>(&lesson.payload)) {
    return in_order(views, sequence->tools);
  }
  if (const auto* heuristic = std::get_if<Heuristic>(&lesson.payload)) {
    return any_does(views, heuristic->action);
  }
  if (const auto* decision = std::get_if<DecisionPoint>(&lesson.payload)) {
    return any_does(views, decision->action);
  }
  if (const auto* pattern = std::get_if<ContextPattern>(&lesson.payload)) {
    return any_does(views, pattern->approach);
  }
  // A dead end is applied by not doing it, a rule or decision cannot be seen in steps.
  return false;
}

}  // namespace hardwon::learn
