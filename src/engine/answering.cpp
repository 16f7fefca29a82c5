#include "engine/answering.h"

#include <set>

#include "base/log.h"
#include "recall/recall.h"
#include "vector/embedder.h"

namespace hardwon::engine {
namespace {

std::shared_ptr<const vector::ExactIndex> current_index(Engine::Impl& impl) {
  const MutexLock lock(impl.index_mutex);
  if (!impl.index) {
    impl.index =
        vector::ExactIndex::open(impl.database->directory() / "index", vector::kLexicalName);
  }
  return impl.index;
}

void set_index(Engine::Impl& impl, std::shared_ptr<const vector::ExactIndex> index) {
  const MutexLock lock(impl.index_mutex);
  impl.index = std::move(index);
}

// A view for this snapshot.  A long tail is folded in once, in memory and, where the store may
// be written, on the disk, so that the next process finds it.
Result<recall::VectorView> open_view(Engine::Impl& impl, const store::Reader& reader) {
  auto index = current_index(impl);
  auto view = recall::VectorView::open(reader, index, kTailMax);
  if (view || view.error().code != ErrorCode::kResourceExhausted) return view;
  index = TRY(recall::refresh_index(reader, index));
  set_index(impl, index);
  if (!impl.options.read_only) {
    if (const auto done =
            index->publish(impl.database->directory() / "index", vector::kLexicalName);
        !done) {
      log(LogLevel::kWarning, "index.not_published", {{"error", done.error().message}});
    }
  }
  return recall::VectorView::open(reader, index, kTailMax);
}

Result<void> with_context(Engine::Impl& impl,
                          const std::function<Result<void>(const recall::RecallContext&)>& body) {
  return impl.database->read([&](const store::Reader& reader) -> Result<void> {
    recall::RecallContext context{.reader = reader, .now = impl.clock.now()};
    if (!impl.options.enable_embeddings) {
      context.vectors_missing = "enable_embeddings is off";
      return body(context);
    }
    auto view = open_view(impl, reader);
    if (view) {
      context.vectors = &*view;
    } else {
      context.vectors_missing = view.error().message;
    }
    return body(context);
  });
}

}  // namespace

Result<RecallAnswer> answer(Engine::Impl& impl, const RecallQuery& query) {
  RecallAnswer answer;
  TRY(with_context(impl, [&](const recall::RecallContext& context) -> Result<void> {
    answer = TRY(recall::recall(context, query));
    return {};
  }));
  answer.id = impl.rng.fresh<RecallId>(impl.clock);
  return answer;
}

Result<void> answer_many(Engine::Impl& impl, std::span<const RecallQuery> queries,
                         const std::function<Result<void>(std::size_t, RecallAnswer)>& emit) {
  return with_context(impl, [&](const recall::RecallContext& context) -> Result<void> {
    for (std::size_t i = 0; i < queries.size(); ++i) {
      RecallAnswer answer = TRY(recall::recall(context, queries[i]));
      answer.id = impl.rng.fresh<RecallId>(impl.clock);
      TRY(emit(i, std::move(answer)));
    }
    return {};
  });
}

Result<Injection> inject(Engine::Impl& impl, const InjectRequest& request) {
  Injection injection;
  Rng rng(impl.rng.next());
  TRY(with_context(impl, [&](const recall::RecallContext& context) -> Result<void> {
    InjectRequest wanted = request;
    if (!request.session.empty()) {
      for (const auto& earlier : TRY(store::session_injections(context.reader, request.session))) {
        for (const InjectedLesson& lesson : earlier.lessons) {
          wanted.already_told.push_back(lesson.id);
        }
      }
    }
    injection = TRY(recall::inject(context, wanted, rng));
    return {};
  }));
  injection.id = impl.rng.fresh<RecallId>(impl.clock);
  if (injection.block.empty() || impl.options.read_only) return injection;
  TRY(impl.database->write([&](store::Writer& writer) {
    return store::put_injection(writer, {.id = injection.id,
                                         .time = impl.clock.now(),
                                         .task = request.task,
                                         .block = injection.block,
                                         .tokens = injection.tokens,
                                         .session = request.session,
                                         .episode = request.episode,
                                         .scope = request.visibility.scope,
                                         .lessons = injection.lessons,
                                         .ghosts = injection.ghosts});
  }));
  return injection;
}

Result<void> publish_index(Engine::Impl& impl, bool always) {
  if (!impl.options.enable_embeddings || impl.options.read_only) return {};
  std::shared_ptr<const vector::ExactIndex> fresh;
  TRY(impl.database->read([&](const store::Reader& reader) -> Result<void> {
    const auto index = current_index(impl);
    const std::int64_t covered = index ? index->covers() : 0;
    const std::int64_t behind = TRY(store::last_change(reader)) - covered;
    if (behind == 0 || (!always && behind < static_cast<std::int64_t>(kTailMax / 2))) return {};
    fresh = TRY(recall::refresh_index(reader, index));
    return {};
  }));
  if (!fresh) return {};
  TRY(fresh->publish(impl.database->directory() / "index", vector::kLexicalName));
  set_index(impl, fresh);
  return {};
}

}  // namespace hardwon::engine
