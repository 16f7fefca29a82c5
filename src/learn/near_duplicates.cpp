#include "learn/near_duplicates.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <variant>

#include "learn/grouping.h"
#include "learn/rule_conflict.h"

namespace hardwon::learn {
namespace {

bool is_stated(const Lesson& lesson) {
  return (lesson.kind == LessonKind::kRule || lesson.kind == LessonKind::kDecision) &&
         lesson.status == LessonStatus::kActive && !lesson.suppressed;
}

bool of_one_learner(const Lesson& a, const Lesson& b) {
  return a.learner == b.learner && a.learner != kRemembered;
}

// What is told by hand has no polarity: the words decide, as MeaningIndex reads them.
RuleContent content_of(const Lesson& lesson) {
  Rule rule;
  if (const auto* stated = std::get_if<Rule>(&lesson.payload)) rule = *stated;
  rule.text = lesson.statement;  // a person may have edited it
  rule.polarity = Polarity::kDo;
  return rule;
}

}  // namespace

std::vector<std::vector<std::size_t>> near_duplicates(std::span<const Lesson> lessons) {
  std::vector<std::size_t> stated;
  std::map<std::string_view, std::size_t> of_learner;
  for (std::size_t i = 0; i < lessons.size(); ++i) {
    if (!is_stated(lessons[i])) continue;
    stated.push_back(i);
    if (lessons[i].learner != kRemembered) ++of_learner[lessons[i].learner];
  }
  // Thousands may come from rule files: they are compared with the others, not with each other.
  const auto most =
      std::ranges::max_element(of_learner, {}, [](const auto& n) { return n.second; });
  const auto rest = std::ranges::stable_partition(stated, [&](std::size_t i) {
    return most == of_learner.end() || lessons[i].learner != most->first;
  });
  const std::size_t others = stated.size() - rest.size();
  if (others == 0) return {};
  std::vector<Meaning> meanings;
  std::vector<const Meaning*> views;
  meanings.reserve(stated.size());
  views.reserve(stated.size());
  for (const std::size_t i : stated) {
    views.push_back(&meanings.emplace_back(meaning_of(lessons[i].statement)));
  }
  const MeaningIndex index(views);
  Groups groups(stated.size());
  const auto look = [&](std::size_t a, std::span<const std::uint32_t> later) {
    const Lesson& one = lessons[stated[a]];
    for (const std::size_t b : later) {
      const Lesson& other = lessons[stated[b]];
      if (groups.together(a, b) || of_one_learner(one, other)) continue;
      if (!index.same_instruction(a, b)) continue;
      if (repeats(content_of(one), content_of(other))) groups.join(a, b);
    }
  };
  index.each_sharing(kSharedWordMax, others, look);
  std::vector<std::vector<std::size_t>> out;
  for (std::vector<std::size_t>& group : groups.list()) {
    if (group.size() < 2) continue;
    for (std::size_t& member : group) member = stated[member];
    std::ranges::sort(group);
    out.push_back(std::move(group));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace hardwon::learn
