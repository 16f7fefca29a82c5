#include "hardwon/engine.h"

#include "base/text.h"
#include "engine/answering.h"
#include "engine/engine_impl.h"
#include "engine/lesson_groups.h"
#include "engine/project.h"
#include "engine/worker.h"
#include "learn/near_duplicates.h"

namespace hardwon {
namespace {

std::unexpected<Error> bad_field(std::string field, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::move(field)});
}

constexpr std::size_t kStatementBytesMax = 10'000;

}  // namespace

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(EngineOptions options) {
  if (options.batch_config) TRY(options.batch_config->validate());
  if (options.pattern_extraction_threshold < 0) {
    return bad_field(
        "pattern_extraction_threshold",
        "found " + std::to_string(options.pattern_extraction_threshold) + ", expected 0 or more");
  }
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->user = impl->options.user.empty() ? engine::login_name() : impl->options.user;
  impl->database = TRY(store::Database::open({.directory = impl->options.directory,
                                              .read_only = impl->options.read_only,
                                              .create = impl->options.create},
                                             impl->clock));
  impl->recorder = std::make_unique<engine::Recorder>(*impl->database, impl->clock, impl->rng,
                                                      impl->options.batch_config);
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Scope Engine::scope_of(const std::filesystem::path& directory) const {
  Scope scope{.labels = {{"user", impl_->user}}};
  if (!directory.empty()) scope.labels["project"] = engine::find_project(directory).path;
  return scope;
}

Result<ItemId> Engine::start_episode(const NewEpisode& episode) {
  if (trim(episode.task).empty()) return bad_field("task", "found nothing, expected the task");
  return impl_->recorder->start(episode);
}

Result<StepReceipt> Engine::log_step(const ItemId& episode, Step step) {
  if (trim(step.tool).empty()) return bad_field("tool", "found nothing, expected a tool's name");
  return impl_->recorder->log_step(episode, std::move(step));
}

Result<FlushCounts> Engine::flush_steps(const ItemId& episode) {
  return impl_->recorder->flush(episode);
}

Result<Episode> Engine::complete_episode(const ItemId& id, const Completion& completion) {
  const Outcome& outcome = completion.outcome;
  if (outcome.share &&
      (outcome.status != OutcomeStatus::kPartial || *outcome.share <= 0 || *outcome.share >= 1)) {
    return bad_field("share", "expected a number between 0 and 1, with outcome partial only");
  }
  Episode episode = TRY(impl_->recorder->complete(id, completion));
  if (completion.learn) TRY(learn());
  return episode;
}

Result<Episode> Engine::get_episode(const ItemId& episode) { return impl_->recorder->get(episode); }

Result<LearnReport> Engine::learn(bool again, std::optional<std::chrono::seconds> time_limit) {
  LearnReport report = TRY(engine::learn_pending(
      *impl_->database, impl_->clock,
      {.again = again,
       .pattern_extraction_threshold = impl_->options.pattern_extraction_threshold,
       .time_limit = time_limit}));
  TRY(engine::publish_index(*impl_, false));
  return report;
}

Result<RecallAnswer> Engine::recall(const RecallQuery& query) {
  return engine::answer(*impl_, query);
}

Result<Injection> Engine::inject(const InjectRequest& request) {
  if (request.budget_tokens < 1 || request.budget_tokens > 100'000) {
    return bad_field("budget_tokens",
                     "found " + std::to_string(request.budget_tokens) + ", expected 1 to 100000");
  }
  return engine::inject(*impl_, request);
}

Result<ItemId> Engine::remember(std::string text, LessonKind kind, const Scope& scope) {
  text = one_line(text);
  if (text.empty()) return bad_field("text", "found nothing, expected a rule or a decision");
  if (text.size() > kStatementBytesMax) {
    return bad_field("text", "found " + std::to_string(text.size()) + " bytes, expected at most " +
                                 std::to_string(kStatementBytesMax));
  }
  if (kind != LessonKind::kRule && kind != LessonKind::kDecision) {
    return bad_field("kind", "expected rule or decision");
  }
  Lesson lesson;
  // Telling the same thing twice is one lesson.
  lesson.id = content_id<ItemId>({"remember", name_of(kind), scope.canonical(), text});
  lesson.kind = kind;
  lesson.scope = scope;
  lesson.statement = text;
  if (kind == LessonKind::kRule) {
    lesson.payload = Rule{.text = text};
  } else {
    lesson.payload = Decision{.text = text};
  }
  lesson.learner = learn::kRemembered;
  lesson.valid_from = impl_->clock.now();
  lesson.provenance.push_back({.path = "remember", .quote = text, .time = lesson.valid_from});
  TRY(impl_->database->write([&](store::Writer& writer) -> Result<void> {
    // Said again, it keeps the time it was said first.
    if (TRY(store::get_lesson(writer.reader(), lesson.id))) return {};
    TRY(store::put_lesson(writer, lesson));
    return {};
  }));
  TRY(engine::refresh_groups(*impl_->database));
  return lesson.id;
}

Result<void> Engine::feedback(const ItemId& lesson, const Feedback& feedback) {
  if (!feedback.outcome && !feedback.rating) {
    return bad_field("outcome", "found neither outcome nor rating, expected one of them");
  }
  if (feedback.rating && (*feedback.rating < 1 || *feedback.rating > 5)) {
    return bad_field("rating", "found " + std::to_string(*feedback.rating) + ", expected 1 to 5");
  }
  return impl_->database->write([&](store::Writer& writer) -> Result<void> {
    if (!TRY(store::get_lesson(writer.reader(), lesson))) {
      return fail(ErrorCode::kNotFound, "no lesson " + to_text(lesson));
    }
    if (feedback.outcome) {
      TRY(store::add_feedback(writer, lesson, *feedback.outcome, feedback.episode));
    }
    if (feedback.rating) {
      TRY(store::put_rating(writer, lesson, *feedback.rating, feedback.episode));
    }
    return {};
  });
}

}  // namespace hardwon
