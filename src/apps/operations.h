#pragma once

// Every operation, declared once; operations.cpp lists them in help order.

#include "apps/operation.h"

namespace hardwon::apps {

extern const Operation kStatus, kImport, kLearn, kLessonList, kLessonShow, kLessonWhy,
    kLessonHistory, kLessonEdit, kLessonPin, kLessonUnpin, kLessonSuppress, kLessonRestore, kReview,
    kCorrections, kRecall, kInject, kLast, kRemember, kFeedback, kForget, kSetup, kUnsetup, kHook,
    kEpisodeStart, kEpisodeLog, kEpisodeFlush, kEpisodeComplete, kEpisodeShow, kEpisodeList,
    kDocumentAdd, kDocumentRemove, kDocumentList, kDocumentCount, kDocumentClear, kStats, kDoctor,
    kVerify, kBackup, kRestore, kReplayAdd, kReplayImport, kReplayGet, kReplaySample,
    kReplayNeighbours, kReplayUpdate, kReplaySuccess, kReplayRemove, kReplayStats, kReplayVerify,
    kReplaySnapshot, kReplayRecover, kLabSearch, kLabSolve, kLabPlay, kPipeline, kPipelineGenerate,
    kRuleExtract, kRuleList, kRuleShow, kRuleCheck, kRuleApply;

}  // namespace hardwon::apps
