#include "engine/lesson_groups.h"

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "learn/near_duplicates.h"
#include "store/records.h"

namespace hardwon::engine {
namespace {

constexpr std::string_view kNote = "groups_cover";  // the last change that they have seen

struct Regrouped {
  std::int64_t covered = 0, seen = 0;  // the feed's last change: when they were made, and now
  std::map<ItemId, ItemId> groups;     // of lessons whose group changes; empty = none
};

Result<Regrouped> regroup(const store::Reader& reader) {
  Regrouped out;
  out.seen = TRY(store::last_change(reader));
  const auto note = TRY(store::get_note(reader, kNote));
  if (note) std::from_chars(note->data(), note->data() + note->size(), out.covered);
  for (const std::int64_t scope : TRY(store::scopes_of_changed_lessons(reader, out.covered))) {
    const std::vector<Lesson> lessons = TRY(store::stated_lessons(reader, scope));
    std::vector<ItemId> groups(lessons.size());
    for (const std::vector<std::size_t>& members : learn::near_duplicates(lessons)) {
      // In id order: the first is the smallest.
      for (const std::size_t member : members) groups[member] = lessons[members.front()].id;
    }
    for (std::size_t i = 0; i < lessons.size(); ++i) {
      if (lessons[i].group != groups[i]) out.groups.emplace(lessons[i].id, groups[i]);
    }
  }
  return out;
}

}  // namespace

Result<void> refresh_groups(store::Database& database) {
  Regrouped fresh;
  TRY(database.read([&](const store::Reader& reader) -> Result<void> {
    fresh = TRY(regroup(reader));
    return {};
  }));
  if (fresh.covered == fresh.seen) return {};
  return database.write([&](store::Writer& writer) -> Result<void> {
    const std::int64_t now = TRY(store::last_change(writer.reader()));
    if (now != fresh.seen) fresh = TRY(regroup(writer.reader()));
    for (const auto& [lesson, group] : fresh.groups) {
      TRY(store::set_lesson_group(writer, lesson, group));
    }
    return store::put_note(writer, kNote, std::to_string(fresh.seen));
  });
}

}  // namespace hardwon::engine
