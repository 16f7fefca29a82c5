// What the store costs: commits, text search, loading, and 16 writers at once.
//
//   bench_store                  all of it, at 1k, 10k and 100k lessons
//   bench_store micro N…
//   bench_store writers [seconds [writers [readers [pause of readers in ms]]]]
//
// Each line of output names what was measured, how often, and p50 / p99 / worst.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "store/database.h"
#include "store/records.h"

namespace hardwon::store {
namespace {

using Steady = std::chrono::steady_clock;

double micros(Steady::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

void report(const std::string& what, std::vector<double> times) {
  if (times.empty()) return;
  std::ranges::sort(times);
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("%-34s n=%-6zu p50=%9.1f us  p99=%9.1f us  worst=%9.1f us\n", what.c_str(),
              times.size(), at(.5), at(.99), times.back());
}

void check(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

// Words with a Zipf-like spread over a vocabulary of 50,000.
std::string word(Rng& rng) {
  const double u = rng.uniform();
  const auto rank = static_cast<std::uint64_t>(50'000.0 * u * u * u * u);
  static constexpr char kLetters[] = "bcdfghklmnprstvz";
  std::string text;
  for (std::uint64_t left = rank * 2654435761ULL % 1048576; text.size() < 5; left /= 16) {
    text += kLetters[left % 16];
    text += "aeiou"[left % 5];
  }
  return text;
}

std::string sentence(Rng& rng, int length) {
  std::string text;
  for (int i = 0; i < length; ++i) text += word(rng) + ' ';
  return text;
}

Scope project(std::uint64_t n) {
  return {.labels = {{"user", "u"}, {"project", std::string("/p").append(std::to_string(n))}}};
}

Lesson lesson(Rng& rng, std::int64_t n) {
  Lesson out{.id = content_id<ItemId>({"bench", std::to_string(n)}),
             .scope = project(rng.below(20))};
  out.statement = sentence(rng, 20);
  out.payload = Rule{out.statement};
  out.when.condition = sentence(rng, 8);
  out.learner = "bench";
  out.provenance = {{.path = "/logs/a", .line = 3, .quote = sentence(rng, 12)}};
  return out;
}

std::filesystem::path directory() {
  const char* base = std::getenv("TMPDIR");
  return std::filesystem::path(base != nullptr ? base : "/tmp") /
         std::string("store_bench-").append(std::to_string(random_bits()));
}

void measure_search(const Database& database, std::int64_t n, int terms, bool all) {
  Rng rng(7);
  std::vector<double> search, frequency;
  check(database.read([&](const Reader& reader) -> Result<void> {
    for (int i = 0; i < 200; ++i) {
      TextQuery query{.kinds = {ItemKind::kLesson, ItemKind::kDocument}, .limit = 30};
      for (int t = 0; t < terms; ++t) query.terms.push_back(text_terms(word(rng)).at(0));
      query.scopes = TRY(visible_scopes(reader, {.all = all, .scope = project(3)}));
      const auto start = Steady::now();
      TRY(document_frequency(reader, query.terms));
      const auto middle = Steady::now();
      TRY(search_text(reader, query));
      frequency.push_back(micros(middle - start));
      search.push_back(micros(Steady::now() - middle));
    }
    return {};
  }));
  const std::string what = std::to_string(n) + " lessons, " + std::to_string(terms) + " terms";
  report("search " + what + (all ? ", all" : ", 1 of 20"), search);
  report("frequency " + what, frequency);
}

std::vector<double> put_episodes(Database& database, Rng& rng) {
  std::vector<double> took;
  for (int i = 0; i < 300; ++i) {
    Episode episode{.id = content_id<ItemId>({"episode", std::to_string(i)}),
                    .scope = project(1),
                    .task = sentence(rng, 15),
                    .completed = true};
    for (std::uint32_t s = 1; s <= 20; ++s) {
      episode.steps.push_back(
          {.number = s, .tool = "bash", .action = sentence(rng, 6), .output = sentence(rng, 100)});
    }
    const auto start = Steady::now();
    check(database.write([&](Writer& writer) -> Result<void> {
      TRY(put_episode(writer, episode));
      return {};
    }));
    took.push_back(micros(Steady::now() - start));
  }
  return took;
}

void micro(std::int64_t n) {
  const auto path = directory();
  const SystemClock clock;
  {
    auto opened = Database::open({.directory = path}, clock);
    if (!opened) check(std::unexpected(opened.error()));
    Database& database = **opened;
    Rng rng(1);
    std::vector<double> commits, loads;
    for (int i = 0; i < 500; ++i) {
      const auto start = Steady::now();
      check(
          database.write([&](Writer& writer) { return put_note(writer, "n", sentence(rng, 20)); }));
      commits.push_back(micros(Steady::now() - start));
    }
    const auto filling = Steady::now();
    for (std::int64_t i = 0; i < n; i += 100) {
      check(database.write([&](Writer& writer) -> Result<void> {
        for (std::int64_t j = i; j < std::min(i + 100, n); ++j)
          TRY(put_lesson(writer, lesson(rng, j)));
        return {};
      }));
    }
    const double seconds = micros(Steady::now() - filling) / 1e6;
    std::printf("fill: %.0f lessons/s\n", static_cast<double>(n) / seconds);
    const std::vector<double> episodes = put_episodes(database, rng);
    check(database.read([&](const Reader& reader) -> Result<void> {
      for (int i = 0; i < 200; ++i) {
        std::vector<ItemRow> rows;
        for (int j = 0; j < 50; ++j) {
          rows.push_back(1 + static_cast<ItemRow>(rng.below(static_cast<std::uint64_t>(n))));
        }
        const auto start = Steady::now();
        TRY(load_items(reader, rows));
        loads.push_back(micros(Steady::now() - start));
      }
      return {};
    }));
    report("one durable commit", commits);
    report("put_episode, 20 steps, one commit", episodes);
    report("load_items(50)", loads);
    for (const int terms : {1, 3, 6, 20}) {
      measure_search(database, n, terms, false);
      measure_search(database, n, terms, true);
    }
    std::vector<double> opens;
    for (int i = 0; i < 50; ++i) {
      const auto start = Steady::now();
      auto again = Database::open({.directory = path}, clock);
      check((*again)->read([](const Reader& reader) -> Result<void> {
        TRY(item_count(reader));
        return {};
      }));
      opens.push_back(micros(Steady::now() - start));
    }
    report("open and first read", opens);
    std::printf("database %.1f MB\n",
                static_cast<double>(std::filesystem::file_size(path / "hardwon.db")) / 1e6);
  }
  std::filesystem::remove_all(path);
}

struct Share {
  std::int64_t commits = 0;
  double worst = 0, worst_at = 0, total = 0;  // microseconds
};

int work(const std::filesystem::path& path, int number, int seconds, bool write, int pause,
         int out) {
  const SystemClock clock;
  auto opened =
      Database::open({.directory = path, .lock_wait = std::chrono::milliseconds(30'000)}, clock);
  if (!opened) return 1;
  Rng rng(static_cast<std::uint64_t>(number) + 1);
  Share share;
  const auto begin = Steady::now();
  const auto end = begin + std::chrono::seconds(seconds);
  for (std::int64_t i = 0; Steady::now() < end; ++i) {
    const auto start = Steady::now();
    Result<void> done;
    if (write) {
      const Lesson record = lesson(rng, number * 1'000'000 + i);
      done = (*opened)->write([&](Writer& writer) -> Result<void> {
        TRY(put_lesson(writer, record));
        return {};
      });
    } else {
      done = (*opened)->read([&](const Reader& reader) -> Result<void> {
        const auto scopes = TRY(visible_scopes(reader, {.all = true}));
        TRY(search_text(reader, {.terms = {text_terms(word(rng)).at(0)},
                                 .scopes = scopes,
                                 .kinds = {ItemKind::kLesson}}));
        return {};
      });
    }
    if (!done) {
      std::fprintf(stderr, "%d: %s\n", number, done.error().message.c_str());
      return 1;
    }
    const double took = micros(Steady::now() - start);
    if (took > share.worst) {
      share.worst = took;
      share.worst_at = micros(start - begin);
    }
    share.total += took;
    ++share.commits;
    if (!write) std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  }
  return ::write(out, &share, sizeof(share)) == sizeof(share) ? 0 : 1;
}

void writers(int seconds, int writing, int reading, int pause) {
  const auto path = directory();
  const SystemClock clock;
  if (!Database::open({.directory = path}, clock)) std::exit(1);
  int fds[2];
  if (::pipe(fds) != 0) std::exit(1);
  for (int kind = 0; kind < 2; ++kind) {
    for (int i = 0; i < (kind == 0 ? writing : reading); ++i) {
      if (::fork() == 0) ::_exit(work(path, i, seconds, kind == 0, pause, fds[1]));
    }
  }
  int failed = 0, status = 0;
  while (::wait(&status) > 0) failed += status != 0;
  ::close(fds[1]);
  std::vector<Share> shares;
  for (Share share; ::read(fds[0], &share, sizeof(share)) == sizeof(share);)
    shares.push_back(share);
  for (const Share& share : shares) {
    std::printf("%8lld calls  worst %8.1f ms (at %5.1f s)  mean %7.2f ms\n",
                static_cast<long long>(share.commits), share.worst / 1e3, share.worst_at / 1e6,
                share.total / 1e3 / static_cast<double>(share.commits));
  }
  const auto damage = verify(path);
  std::printf("failed processes: %d, damage: %s\n", failed,
              damage && damage->empty() ? "none" : "FOUND");
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace hardwon::store

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  const auto number = [&](int at, int otherwise) {
    return count > at ? std::atoi(arguments[at]) : otherwise;
  };
  if (what == "micro") {
    for (int i = 2; i < count; ++i) hardwon::store::micro(std::atoll(arguments[i]));
    return 0;
  }
  if (what == "writers") {
    hardwon::store::writers(number(2, 30), number(3, 16), number(4, 4), number(5, 2));
    return 0;
  }
  for (const std::int64_t lessons : {1'000, 10'000, 100'000}) hardwon::store::micro(lessons);
  hardwon::store::writers(30, 16, 4, 2);
  return 0;
}
