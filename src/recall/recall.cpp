#include "recall/recall.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "recall/question.h"
#include "recall/ranking.h"
#include "vector/embedder.h"

namespace hardwon::recall {
namespace {

constexpr std::size_t kPerSource = 30;  // candidates a source gives at first ...
constexpr std::size_t kContextCandidates = 200;
constexpr std::size_t kPerSourceMax = 20'000;  // ... and at most, when filters drop most

Error bad_field(std::string field, std::string message) {
  return Error{.code = ErrorCode::kInvalidArgument,
               .message = std::move(message),
               .field = std::move(field)};
}

Result<void> validate(const RecallQuery& query) {
  if (query.k < 1 || query.k > 1000) {
    return std::unexpected(
        bad_field("k", "k is " + std::to_string(query.k) + ", expected 1 to 1000"));
  }
  if (!(query.min_relevance >= 0 && query.min_relevance <= 1)) {
    return std::unexpected(
        bad_field("min_relevance",
                  "min_relevance is " + std::to_string(query.min_relevance) + ", expected 0 to 1"));
  }
  if (query.since && query.until && *query.since > *query.until) {
    return std::unexpected(bad_field("since", "since is later than until"));
  }
  return {};
}

// Adds the microseconds since the last call to a named stage.
class Stopwatch {
 public:
  explicit Stopwatch(RecallAnswer& answer) : answer_(answer), start_(now()), last_(start_) {}
  void stage(const char* name) {
    const auto at = now();
    answer_.timings_us[name] += micros(at - last_);
    last_ = at;
  }
  void total() { answer_.timings_us["total"] = micros(now() - start_); }

 private:
  using Point = std::chrono::steady_clock::time_point;
  static Point now() { return std::chrono::steady_clock::now(); }
  static std::int64_t micros(Point::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  }
  RecallAnswer& answer_;
  Point start_, last_;
};

std::vector<ItemKind> kinds_of(const RecallQuery& query) {
  if (!query.kinds.empty()) return query.kinds;
  if (!query.lesson_kinds.empty()) return {ItemKind::kLesson};
  if (!query.where.empty()) return {ItemKind::kDocument};
  return {ItemKind::kLesson, ItemKind::kDocument};
}

// One answer in the making: where candidates come from, in order.
class Search {
 public:
  Search(const RecallContext& context, const RecallQuery& query, RecallAnswer& answer)
      : context_(context), query_(query), answer_(answer), watch_(answer) {}

  Result<void> run() {
    scopes_ = TRY(store::visible_scopes(context_.reader, query_.visibility));
    std::ranges::sort(scopes_);
    kinds_ = kinds_of(query_);
    choose_mode();
    question_ = prepare(query_);
    TRY(prepare_words());
    watch_.stage("prepare");
    if (question_.has_topic) {
      TRY(search_topic());
    } else {
      TRY(search_context());
    }
    answer_.pending_episodes = TRY(store::pending_episodes(context_.reader));
    watch_.stage("load");
    watch_.total();
    return {};
  }

 private:
  void choose_mode() {
    answer_.mode = RecallMode::kLexical;
    if (query_.mode == RecallMode::kLexical) return;
    if (context_.vectors == nullptr) {
      answer_.degraded =
          "lexical only: " + (context_.vectors_missing.empty() ? std::string("no vector index")
                                                               : context_.vectors_missing);
      return;
    }
    answer_.mode = query_.mode == RecallMode::kVector ? RecallMode::kVector : RecallMode::kHybrid;
  }

  // Weighs the words of the task, and chooses the words each source asks for.
  Result<void> prepare_words() {
    const std::int64_t items = TRY(store::item_count(context_.reader));
    weigh(question_, TRY(frequencies(question_.terms)), items);
    if (auto terms = rarest(question_.terms, items); !terms.empty()) {
      word_queries_.push_back(std::move(terms));
    }
    std::string lines, names;
    for (const ErrorLine& line : question_.error_lines) lines += line.text + '\n';
    for (const std::string& file : question_.files) names += file + '\n';
    for (const std::string& text : {lines, names}) {
      std::vector<Term> terms = terms_of(text);
      const auto counts = TRY(frequencies(terms));
      for (std::size_t i = 0; i < terms.size(); ++i) terms[i].frequency = counts[i];
      if (auto chosen = rarest(terms, items); !chosen.empty()) {
        word_queries_.push_back(std::move(chosen));
      }
    }
    if (answer_.mode != RecallMode::kLexical) {
      // Without a task, the error is what the question says.
      vector_ = vector::embed_lexical(question_.text.empty() ? lines : question_.text);
    }
    return {};
  }

  Result<std::vector<std::int64_t>> frequencies(const std::vector<Term>& terms) {
    std::vector<std::string> stems;
    stems.reserve(terms.size());
    for (const Term& term : terms) stems.push_back(term.stem);
    if (stems.empty()) return std::vector<std::int64_t>();
    return store::document_frequency(context_.reader, stems);
  }

  // Asks each source for more while what it gives is filtered away.
  Result<void> search_topic() {
    std::size_t limit = std::max(kPerSource, 4 * query_.k);
    while (true) {
      std::vector<vector::Hit> nearest;
      bool more = false;
      const auto rows = TRY(candidate_rows(limit, nearest, more));
      TRY(rank_rows(rows, nearest));
      // What was too little relevant is no reason: the next ones would be even less.
      const bool lost = filtered_ > 0 || relevant_ > answer_.hits.size();
      if (answer_.hits.size() >= query_.k || !more || !lost || limit >= kPerSourceMax) return {};
      limit = std::min(limit * 8, kPerSourceMax);
    }
  }

  Result<std::vector<store::ItemRow>> candidate_rows(std::size_t limit,
                                                     std::vector<vector::Hit>& nearest,
                                                     bool& more) {
    std::vector<store::ItemRow> rows;
    if (answer_.mode != RecallMode::kVector) {
      for (const auto& terms : word_queries_) {
        const auto hits = TRY(store::search_text(
            context_.reader, {.terms = terms, .scopes = scopes_, .kinds = kinds_, .limit = limit}));
        more = more || hits.size() >= limit;
        for (const store::TextHit& hit : hits) rows.push_back(hit.row);
      }
      watch_.stage("text");
    }
    const bool points_somewhere = std::ranges::any_of(vector_, [](float x) { return x != 0; });
    if (points_somewhere) {  // files alone give no direction
      nearest = context_.vectors->search(vector_, limit, wanted_rows());
      more = more || nearest.size() >= limit;
      for (const vector::Hit& hit : nearest) rows.push_back(hit.label);
      watch_.stage("vector");
    }
    std::ranges::sort(rows);
    rows.erase(std::ranges::unique(rows).begin(), rows.end());
    return rows;
  }

  std::function<bool(const vector::Row&)> wanted_rows() const {
    std::uint32_t kinds = 0;  // bits; asked once a row, so it should cost nothing
    for (const ItemKind kind : kinds_) kinds |= 1U << static_cast<std::uint8_t>(kind);
    return [this, kinds](const vector::Row& row) {
      return row.kind < 32 && (kinds >> row.kind & 1U) != 0 &&
             std::ranges::binary_search(scopes_, row.scope);
    };
  }

  Result<void> rank_rows(const std::vector<store::ItemRow>& rows,
                         const std::vector<vector::Hit>& nearest) {
    std::vector<store::Item> items = TRY(store::load_items(context_.reader, rows));
    watch_.stage("load");
    std::vector<Candidate> candidates;
    filtered_ = 0;
    for (store::Item& item : items) {
      // Sources filter by scope; this is the promise, so it is checked where hits are made.
      if (!std::ranges::binary_search(scopes_, item.scope)) continue;
      if (!is_eligible(item, query_, context_.now)) {
        ++filtered_;
        continue;
      }
      const auto hit = std::ranges::find(nearest, item.row, &vector::Hit::label);
      const std::optional<double> similarity =
          hit != nearest.end() ? std::optional<double>(hit->similarity) : similarity_of(item);
      candidates.push_back({std::move(item), similarity});
    }
    Ranking ranking = rank(question_, query_, std::move(candidates), context_.now);
    answer_.hits = std::move(ranking.hits);
    relevant_ = ranking.relevant;
    watch_.stage("rank");
    return {};
  }

  // Items that only the words found lack their similarity: it is computed, so that the order
  // does not depend on which source found an item.
  std::optional<double> similarity_of(const store::Item& item) const {
    if (vector_.empty()) return std::nullopt;
    const std::vector<float> other = vector::embed_lexical(item.text);
    double sum = 0;
    for (std::size_t i = 0; i < other.size(); ++i) {
      sum += static_cast<double>(vector_[i]) * static_cast<double>(other[i]);
    }
    return sum;
  }

  // Without words, files or an error: what was learned in such a context.
  Result<void> search_context();

  const RecallContext& context_;
  const RecallQuery& query_;
  RecallAnswer& answer_;
  Stopwatch watch_;
  std::vector<std::int64_t> scopes_;  // sorted
  std::vector<ItemKind> kinds_;
  Question question_;
  std::vector<std::vector<std::string>> word_queries_;
  std::vector<float> vector_;
  std::size_t filtered_ = 0, relevant_ = 0;  // of the last look: not eligible; above the floor
};

Result<void> Search::search_context() {
  std::vector<store::ItemRow> rows;
  const bool lessons_wanted = std::ranges::find(kinds_, ItemKind::kLesson) != kinds_.end();
  if (lessons_wanted && question_.context == TaskContext{}) {
    // The start of a session: thousands of lessons must not be decoded for it.
    rows = TRY(
        store::standing_lessons(context_.reader, scopes_, query_.lesson_kinds, kContextCandidates));
  } else if (lessons_wanted) {
    const std::vector<Lesson> lessons = TRY(store::list_lessons(
        context_.reader, {.visibility = query_.visibility, .kinds = query_.lesson_kinds}));
    std::vector<std::pair<double, const Lesson*>> best;
    for (const Lesson& lesson : lessons) {
      const ContextMatch match = match_context(question_.context, lesson.when.context);
      best.emplace_back(match.share * match.penalty + (lesson.pinned ? 1 : 0), &lesson);
    }
    std::ranges::stable_sort(best, std::greater{}, [](const auto& one) { return one.first; });
    if (best.size() > kContextCandidates) best.resize(kContextCandidates);
    for (const auto& [share, lesson] : best) {
      if (const auto row = TRY(store::item_row(context_.reader, lesson->id))) {
        rows.push_back(*row);
      }
    }
  }
  if (!query_.where.empty() && std::ranges::find(kinds_, ItemKind::kDocument) != kinds_.end()) {
    for (const Document& document :
         TRY(store::list_documents(context_.reader, query_.visibility, kContextCandidates))) {
      if (const auto row = TRY(store::item_row(context_.reader, document.id))) {
        rows.push_back(*row);
      }
    }
  }
  std::ranges::sort(rows);
  watch_.stage("text");
  return rank_rows(rows, {});
}

}  // namespace

Result<RecallAnswer> recall(const RecallContext& context, const RecallQuery& query) {
  TRY(validate(query));
  RecallAnswer answer;
  TRY(Search(context, query, answer).run());
  // For a text alone it would cost more than the recall; predict_success() answers that.
  if (query.episode) {
    const auto from = std::chrono::steady_clock::now();
    answer.p_success = TRY(predict_success(context, query));
    answer.timings_us["predict"] = std::chrono::duration_cast<std::chrono::microseconds>(
                                       std::chrono::steady_clock::now() - from)
                                       .count();
  }
  return answer;
}

}  // namespace hardwon::recall
