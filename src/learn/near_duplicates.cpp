#include "learn/near_duplicates.h"

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
  return a.learner == b.learner && a.learner != "remember";
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
  std::vector<Meaning> meanings;
  for (std::size_t i = 0; i < lessons.size(); ++i) {
    if (!is_stated(lessons[i])) continue;
    stated.push_back(i);
    meanings.push_back(meaning_of(lessons[i].statement));
  }
  std::vector<const Meaning*> views;
  views.reserve(meanings.size());
  for (const Meaning& meaning : meanings) views.push_back(&meaning);
  const MeaningIndex index(views);
  Groups groups(stated.size());
  index.each_sharing(kSharedWordMax, [&](std::size_t a, std::span<const std::uint32_t> later) {
    const Lesson& one = lessons[stated[a]];
    for (const std::size_t b : later) {
      const Lesson& other = lessons[stated[b]];
      if (groups.together(a, b) || of_one_learner(one, other)) continue;
      if (!index.same_instruction(a, b)) continue;
      if (repeats(content_of(one), content_of(other))) groups.join(a, b);
    }
  });
  std::vector<std::vector<std::size_t>> out;
  for (std::vector<std::size_t>& group : groups.list()) {
    if (group.size() < 2) continue;
    for (std::size_t& member : group) member = stated[member];
    out.push_back(std::move(group));
  }
  return out;
}

}  // namespace hardwon::learn
