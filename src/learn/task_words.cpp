#include "learn/task_words.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace hardwon::learn {
namespace {

constexpr double kSharedBy = 0.6;  // of the tasks have the word
constexpr std::size_t kWordsMax = 6;
constexpr std::size_t kWordBytesMin = 3;

bool carries_topic(std::string_view word) {
  const bool number = word.find_first_not_of("0123456789") == std::string_view::npos;
  return word.size() >= kWordBytesMin && !number && !is_stop_word(word);
}

// Words that most of the tasks have, as the first task writes them.
std::vector<std::string> shared_words(const std::set<std::string>& tasks) {
  std::map<std::string, std::size_t> tasks_with;
  for (const std::string& task : tasks) {
    std::set<std::string> stems;
    for (const std::string& word : words(task)) {
      if (carries_topic(word)) stems.insert(stem(word));
    }
    for (const std::string& s : stems) ++tasks_with[s];
  }
  std::vector<std::string> shared;
  std::set<std::string> taken;
  for (const std::string& word : words(*tasks.begin())) {
    if (!carries_topic(word) || shared.size() == kWordsMax) continue;
    const std::string s = stem(word);
    const bool common =
        static_cast<double>(tasks_with[s]) >= kSharedBy * static_cast<double>(tasks.size());
    if (common && taken.insert(s).second) shared.push_back(word);
  }
  return shared;
}

}  // namespace

void name_tasks(std::span<const Observation> observations, ReduceOutput& output) {
  std::map<ItemId, std::string_view> task_of;
  for (const Observation& observation : observations) {
    if (!observation.task.empty()) task_of[observation.episode] = observation.task;
  }
  for (Candidate& candidate : output.lessons) {
    // Different tasks only: one task tried four times says nothing of a kind of task.
    std::set<std::string> tasks;
    for (const Evidence& evidence : candidate.evidence) {
      const auto it = task_of.find(evidence.episode);
      if (it != task_of.end()) tasks.emplace(it->second);
    }
    if (tasks.size() < 2) continue;
    const std::vector<std::string> shared = shared_words(tasks);
    if (shared.empty()) continue;
    std::string& condition = candidate.lesson.when.condition;
    condition += condition.empty() ? "in tasks about " : "; in tasks about ";
    for (std::size_t i = 0; i < shared.size(); ++i) condition += (i > 0 ? ", " : "") + shared[i];
  }
}

}  // namespace hardwon::learn
