#include "apps/operations.h"

#include <array>

namespace hardwon::apps {

std::span<const Operation* const> operations() {
  static constexpr std::array<const Operation*, 42> kAll = {
      &kStatus,         &kImport,         &kLearn,
      &kLessonList,     &kLessonShow,     &kLessonWhy,
      &kLessonHistory,  &kLessonEdit,     &kLessonPin,
      &kLessonUnpin,    &kLessonSuppress, &kLessonRestore,
      &kReview,         &kCorrections,    &kRecall,
      &kInject,         &kLast,           &kRemember,
      &kFeedback,       &kForget,         &kSetup,
      &kUnsetup,        &kHook,           &kEpisodeStart,
      &kEpisodeLog,     &kEpisodeFlush,   &kEpisodeComplete,
      &kEpisodeShow,    &kEpisodeList,    &kDocumentAdd,
      &kDocumentRemove, &kDocumentList,   &kDocumentCount,
      &kDocumentClear,  &kStats,          &kDoctor,
      &kVerify,         &kBackup,         &kRestore,
      &kLabSearch,      &kLabSolve,       &kLabPlay};
  return kAll;
}

}  // namespace hardwon::apps
