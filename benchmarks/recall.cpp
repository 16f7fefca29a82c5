// Recall at 1k, 10k and 100k lessons: hybrid, with the lexical embedder, through the door.
//
// Usage: bench_recall                  p50 and p99 per size, beside FTS5 alone on the same store
//        bench_recall --make DIR N     only makes a store of N lessons (for recall.sh)

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/rng.h"
#include "engine/answering.h"
#include "engine/engine_impl.h"
#include "store/records.h"

namespace hardwon {
namespace {

namespace fs = std::filesystem;

// Words with Zipf's frequencies, so that queries meet rare and common terms.
class Vocabulary {
 public:
  Vocabulary() {
    static constexpr const char* kSyllables[] = {"ba", "do", "ki", "lu", "me", "no", "pra",
                                                 "qui", "ro", "sta", "ti", "ver", "wa", "zen"};
    Rng rng(5);
    double total = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::string word;
      for (std::uint64_t s = 0, n = 2 + rng.below(3); s < n; ++s) word += kSyllables[rng.below(14)];
      words_.push_back(word + std::to_string(i % 7));
      total += 1.0 / (i + 10);
      cumulative_.push_back(total);
    }
  }
  const std::string& draw(Rng& rng) const {
    const double at = rng.uniform() * cumulative_.back();
    const auto it = std::ranges::lower_bound(cumulative_, at);
    return words_[static_cast<std::size_t>(it - cumulative_.begin())];
  }
  std::string sentence(Rng& rng, int n) const {
    std::string out;
    for (int i = 0; i < n; ++i) out += (i > 0 ? " " : "") + draw(rng);
    return out;
  }

 private:
  std::vector<std::string> words_;
  std::vector<double> cumulative_;
};

const Scope kScope{.labels = {{"user", "bench"}, {"project", "/bench"}}};

Lesson lesson_of(const Vocabulary& vocabulary, Rng& rng, std::int64_t n) {
  Lesson lesson;
  lesson.id = content_id<ItemId>({"bench", std::to_string(n)});
  lesson.kind = n % 2 == 0 ? LessonKind::kErrorRecovery : LessonKind::kRule;
  if (n % 2 == 0) {
    lesson.payload = ErrorRecovery{.signature = vocabulary.sentence(rng, 6),
                                   .recovery = {vocabulary.sentence(rng, 3)}};
  }
  lesson.scope = kScope;
  lesson.statement = vocabulary.sentence(rng, 16);
  lesson.when.error_signature = n % 2 == 0 ? vocabulary.sentence(rng, 6) : "";
  lesson.learner = "bench";
  lesson.valid_from = *parse_time("2026-05-01T00:00:00Z");
  lesson.provenance.push_back({.path = "/bench/log.jsonl", .line = n, .quote = lesson.statement});
  return lesson;
}

std::unique_ptr<Engine> make_store(const fs::path& directory, std::int64_t lessons) {
  auto engine = Engine::open({.directory = directory, .user = "bench", .seed = 1});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message.c_str());
    std::exit(4);
  }
  const Vocabulary vocabulary;
  Rng rng(9);
  for (std::int64_t at = 0; at < lessons;) {
    const auto done = (*engine)->impl().database->write([&](store::Writer& writer) -> Result<void> {
      for (int i = 0; i < 200 && at < lessons; ++i, ++at) {
        TRY(store::put_lesson(writer, lesson_of(vocabulary, rng, at)));
      }
      return {};
    });
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      std::exit(4);
    }
  }
  if (const auto done = engine::publish_index((*engine)->impl(), true); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    std::exit(4);
  }
  return *std::move(engine);
}

struct Percentiles {
  double p50 = 0, p99 = 0;
};

template <typename Body>
Percentiles measure(int rounds, const Body& body) {
  std::vector<double> ms;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body(i);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                     .count());
  }
  std::ranges::sort(ms);
  return {.p50 = ms[ms.size() / 2], .p99 = ms[ms.size() * 99 / 100]};
}

// The leg that FTS5 alone takes for the same words, all of them: the naive baseline.
Percentiles full_text_alone(Engine& engine, const std::vector<std::string>& queries, int rounds) {
  return measure(rounds, [&](int i) {
    (void)engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
      const auto scopes = TRY(store::visible_scopes(reader, {.scope = kScope}));
      TRY(store::search_text(
          reader, {.terms = store::text_terms(queries[static_cast<std::size_t>(i)]),
                   .scopes = scopes,
                   .kinds = {ItemKind::kLesson},
                   .limit = 10}));
      return {};
    });
  });
}

void run_size(std::int64_t lessons) {
  const fs::path directory =
      fs::temp_directory_path() / ("hardwon-bench-" + std::to_string(random_bits()));
  const auto engine = make_store(directory, lessons);
  const Vocabulary vocabulary;
  Rng rng(77);
  const int rounds = lessons > 50'000 ? 200 : 1000;
  std::vector<std::string> queries;
  for (int i = 0; i < rounds + 10; ++i) queries.push_back(vocabulary.sentence(rng, 8));
  std::size_t hits = 0;
  const auto ask = [&](int i) {
    const auto answer = engine->recall({.text = queries[static_cast<std::size_t>(i)],
                                        .visibility = {.scope = kScope}});
    if (answer) hits += answer->hits.size();
  };
  for (int i = rounds; i < rounds + 10; ++i) ask(i);  // warm
  const Percentiles ours = measure(rounds, ask);
  const Percentiles fts = full_text_alone(*engine, queries, rounds);
  std::printf("%9lld  %8.2f  %8.2f  %9.2f  %9.2f  %8.2f  %5.2f\n",
              static_cast<long long>(lessons), ours.p50, ours.p99, fts.p50, fts.p99,
              fts.p50 / ours.p50, static_cast<double>(hits) / (rounds + 10));
  std::fflush(stdout);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace hardwon

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--make") == 0) {
    hardwon::make_store(argv[2], std::atoll(argv[3]));
    return 0;
  }
  std::printf("recall, 8-word questions, k = 5, milliseconds of wall time\n");
  std::printf("  lessons       p50       p99   fts5 p50   fts5 p99  fts/ours   hits\n");
  for (const std::int64_t lessons : {1'000, 10'000, 100'000}) hardwon::run_size(lessons);
  return 0;
}
