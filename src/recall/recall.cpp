#include "recall/recall.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "recall/question.h"
#include "recall/ranking.h"
#include "store/standing.h"
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
    std::string lines, names;
    for (const ErrorLine& line : question_.error_lines) lines += line.text + '\n';
    for (const std::string& file : question_.files) names += file + '\n';
    std::vector<Term> line_terms = terms_of(lines), name_terms = terms_of(names);
    TRY(count_words({&question_.terms, &line_terms, &name_terms}));
    std::vector<std::int64_t> frequencies;
    frequencies.reserve(question_.terms.size());
    for (const Term& term : question_.terms) frequencies.push_back(term.frequency);
    weigh(question_, frequencies, items);
    for (const auto* terms : {&question_.terms, &line_terms, &name_terms}) {
      if (auto chosen = rarest(*terms, items); !chosen.empty()) {
        word_queries_.push_back(std::move(chosen));
      }
    }
    if (answer_.mode != RecallMode::kLexical) {
      // Without a task, the error is what the question says.
      vector_ = vector::embed_lexical(question_.text.empty() ? lines : question_.text);
    }
    return {};
  }

  // Opening a vocabulary costs more than a look into it: all words are counted at once.
  Result<void> count_words(std::initializer_list<std::vector<Term>*> lists) {
    std::vector<std::string> stems;
    for (const auto* terms : lists) {
      for (const Term& term : *terms) stems.push_back(term.stem);
    }
    if (stems.empty()) return {};
    counts_ = TRY(store::count_terms(context_.reader, stems));
    for (auto* terms : lists) {
      for (Term& term : *terms) term.frequency = counts_.of(term.stem);
    }
    return {};
  }

  // Asks each source for more while what it gives is filtered away.
  Result<void> search_topic() {
    std::size_t limit = std::max(kPerSource, 4 * query_.k);
    const Judge judge(question_);
    while (true) {
      bool more = false;
      const std::vector<Found> found = TRY(candidate_rows(limit, more));
      const Promising promising = TRY(promising_rows(judge, found));
      watch_.stage("choose");
      TRY(rank_rows(promising.rows));
      // What was too little relevant is no reason: the next ones would be even less.
      const bool lost = (filtered_ > 0 && promising.late) || relevant_ > answer_.hits.size();
      if (answer_.hits.size() >= query_.k || !more || !lost || limit >= kPerSourceMax) return {};
      limit = std::min(limit * 8, kPerSourceMax);
    }
  }

  struct Found {
    store::ItemRow row = 0;
    bool late = false;  // in the second half of each source that gave it
  };

  Result<std::vector<Found>> candidate_rows(std::size_t limit, bool& more) {
    std::vector<Found> found;
    const auto add = [&](std::size_t place, store::ItemRow row) {
      found.push_back({.row = row, .late = 2 * place >= limit});
    };
    if (answer_.mode != RecallMode::kVector) {
      for (const auto& terms : word_queries_) {
        const auto hits = TRY(store::search_text(context_.reader, {.terms = terms,
                                                                   .scopes = scopes_,
                                                                   .kinds = kinds_,
                                                                   .limit = limit,
                                                                   .counts = &counts_}));
        more = more || hits.size() >= limit;
        for (std::size_t i = 0; i < hits.size(); ++i) add(i, hits[i].row);
      }
      watch_.stage("text");
    }
    const bool points_somewhere = std::ranges::any_of(vector_, [](float x) { return x != 0; });
    if (points_somewhere) {  // files alone give no direction
      const auto nearest = context_.vectors->search(vector_, limit, wanted_rows());
      more = more || nearest.size() >= limit;
      for (std::size_t i = 0; i < nearest.size(); ++i) add(i, nearest[i].label);
      watch_.stage("vector");
    }
    std::ranges::sort(found, {}, [](const Found& one) { return std::pair(one.row, one.late); });
    const auto twice = std::ranges::unique(found, {}, &Found::row);  // the earlier place stays
    found.erase(twice.begin(), twice.end());
    return found;
  }

  struct Promising {
    std::vector<store::ItemRow> rows;
    bool late = false;  // one of them was late
  };

  // Without those that, by their indexed words, cannot reach the floor: loading and judging an
  // item costs far more than this, and most candidates fail.
  Result<Promising> promising_rows(const Judge& judge, const std::vector<Found>& found) const {
    constexpr double kRounding = 1e-9;
    const double floor = std::max(kRelevanceFloor, query_.min_relevance) - kRounding;
    std::vector<store::ItemRow> rows;
    rows.reserve(found.size());
    for (const Found& one : found) rows.push_back(one.row);
    const auto terms = TRY(store::lesson_terms(context_.reader, rows));
    Promising promising;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (terms[i] && judge.at_most(*terms[i], similarity_of(rows[i])) < floor) continue;
      promising.rows.push_back(rows[i]);
      promising.late = promising.late || found[i].late;
    }
    return promising;
  }

  std::function<bool(const vector::Row&)> wanted_rows() const {
    std::uint32_t kinds = 0;  // bits; asked once a row, so it should cost nothing
    for (const ItemKind kind : kinds_) kinds |= 1U << static_cast<std::uint8_t>(kind);
    return [this, kinds](const vector::Row& row) {
      return row.kind < 32 && (kinds >> row.kind & 1U) != 0 &&
             std::ranges::binary_search(scopes_, row.scope);
    };
  }

  Result<void> rank_rows(const std::vector<store::ItemRow>& rows) {
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
      const std::optional<double> similarity = similarity_of(item.row);
      candidates.push_back({std::move(item), similarity});
    }
    Ranking ranking = rank(question_, query_, std::move(candidates), context_.now);
    answer_.hits = std::move(ranking.hits);
    relevant_ = ranking.relevant;
    watch_.stage("rank");
    return {};
  }

  // Looked up also for items that only the words found, so that the order does not depend on
  // which source found an item.
  std::optional<double> similarity_of(store::ItemRow row) const {
    if (vector_.empty()) return std::nullopt;
    return context_.vectors->similarity(vector_, row);
  }

  // Without words, files or an error: what was learned in such a context.
  Result<void> search_context();
  // Without a context, too: the start of a session.
  Result<void> search_standing();
  Result<std::vector<store::ItemRow>> best_standing();

  const RecallContext& context_;
  const RecallQuery& query_;
  RecallAnswer& answer_;
  Stopwatch watch_;
  std::vector<std::int64_t> scopes_;  // sorted
  std::vector<ItemKind> kinds_;
  Question question_;
  store::TermCounts counts_;
  std::vector<std::vector<std::string>> word_queries_;
  std::vector<float> vector_;
  std::size_t filtered_ = 0, relevant_ = 0;  // of the last look: not eligible; above the floor
};

Result<void> Search::search_context() {
  std::vector<store::ItemRow> rows;
  // A condition on metadata is about documents.
  const bool lessons_wanted =
      query_.where.empty() && std::ranges::find(kinds_, ItemKind::kLesson) != kinds_.end();
  if (lessons_wanted && question_.context == TaskContext{}) return search_standing();
  if (lessons_wanted) {
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
  return rank_rows(rows);
}

// Standing lessons, best first, by what ranking will say of them.
Result<std::vector<store::ItemRow>> Search::best_standing() {
  struct Scored {
    double score;
    bool pinned;
    ItemId id;
    store::ItemRow row;
  };
  const Judge judge(question_);
  std::map<std::int64_t, Scope> labels;
  std::vector<Scored> scored;
  for (const store::StandingLesson& standing : TRY(store::standing_lessons(
           context_.reader, scopes_, query_.lesson_kinds, kContextCandidates))) {
    const auto [scope, fresh] = labels.try_emplace(standing.scope);
    if (fresh) scope->second = TRY(store::scope_labels(context_.reader, standing.scope));
    store::Item item{.row = standing.row, .id = standing.id, .time = standing.time};
    item.lesson = Lesson{.id = standing.id,
                         .kind = standing.kind,
                         .scope = scope->second,
                         .pinned = standing.pinned,
                         .count = standing.count};
    if (TRY(store::has_record(context_.reader, standing.id))) {
      item.evidence = TRY(store::lesson_evidence(context_.reader, standing.id));
      item.rating = TRY(store::lesson_rating(context_.reader, standing.id));
    }
    const double relevance = judge.judge(item, std::nullopt, false).strength;
    const EvidenceSummary evidence = summarise(item.evidence, item.rating);
    const double factor = score_factor(item, evidence, context_.now, false).value;
    scored.push_back({relevance * factor, standing.pinned, standing.id, standing.row});
  }
  std::ranges::sort(scored, [](const Scored& a, const Scored& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.pinned != b.pinned ? a.pinned : a.id < b.id;
  });
  std::vector<store::ItemRow> rows;
  rows.reserve(scored.size());
  for (const Scored& one : scored) rows.push_back(one.row);
  return rows;
}

// Thousands of lessons must not be decoded for the start of a session, nor two hundred: only as
// many of the best as fill the answer.
Result<void> Search::search_standing() {
  const std::vector<store::ItemRow> best = TRY(best_standing());
  watch_.stage("choose");
  for (std::size_t n = query_.k + query_.k / 4;; n *= 2) {
    std::vector<store::ItemRow> rows(
        best.begin(), best.begin() + static_cast<std::ptrdiff_t>(std::min(n, best.size())));
    std::ranges::sort(rows);
    TRY(rank_rows(rows));
    if (answer_.hits.size() >= query_.k || n >= best.size()) return {};
  }
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
