#include "engine/credit.h"

#include <map>

#include "learn/learn.h"
#include "store/records.h"

namespace hardwon::engine {

Result<void> credit_episode(store::Writer& writer, const Episode& episode,
                            std::string_view agent_session) {
  const store::Reader reader = writer.reader();
  std::vector<store::InjectionRecord> injections =
      TRY(store::episode_injections(reader, episode.id));
  if (!agent_session.empty()) {
    for (auto& injection : TRY(store::session_injections(reader, agent_session))) {
      const bool bound_elsewhere = !injection.episode.empty() && injection.episode != episode.id;
      const bool after_end = episode.ended_at && injection.time > *episode.ended_at;
      if (!bound_elsewhere && !after_end) injections.push_back(std::move(injection));
    }
  }
  std::set<ItemId> shown;
  for (const auto& injection : injections) {
    for (const InjectedLesson& lesson : injection.lessons) shown.insert(lesson.id);
  }
  for (const ItemId& id : shown) {
    const std::optional<Lesson> lesson = TRY(store::get_lesson(reader, id));
    if (!lesson) continue;
    TRY(store::put_evidence(writer, {.lesson = id,
                                     .episode = episode.id,
                                     .shown = true,
                                     .applied = learn::applied(*lesson, episode),
                                     .outcome = episode.outcome}));
  }
  return {};
}

}  // namespace hardwon::engine
