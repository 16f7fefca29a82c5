// Full text: terms, document frequencies, BM25 within visible scopes.
//
// Why pre-stemmed terms in an FTS5 table of its own, and not a tokenizer of ours or external
// content: FTS5 needs the text that was indexed to take it out again.  A table that keeps its
// terms needs no tokenizer in the sqlite3 shell, and survives a change of words() or stem().
// Why the scope is a column: "term AND #scope" is an intersection inside the index; a join
// with `item` costs a lookup a match, and a match that is not seen cannot leak.
// Why a ranking function of ours: FTS5's bm25() scans the postings of each term again for its
// idf, counts the scope marks as terms, and its idf is of one table only.

#include "store/search.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <unordered_map>

#include "base/json.h"
#include "base/text.h"
#include "store/items.h"
#include "store/records.h"
#include "store/sqlite.h"

namespace hardwon::store {
namespace {

constexpr double kK1 = 1.2, kB = 0.75;  // Robertson and Zaragoza 2009, the usual values
constexpr int kTermsColumn = 0;
constexpr std::size_t kTermsMax = 64;      // of one query
constexpr std::size_t kTermBytesMax = 64;  // longer "words" are data: base64, minified code

// A stem's stem may differ from it; the end of the chain is the same for words and stems.
std::string stable_stem(std::string_view word) {
  std::string now = stem(word);
  for (int i = 0; i < 8; ++i) {
    std::string next = stem(now);
    if (next == now) break;
    now = std::move(next);
  }
  return now;
}

// What one query's rows share.
struct ScoreQuery {
  std::vector<double> idf;  // by phrase number
  double mean_length = 1;
  std::size_t limit = 0;  // rows that are wanted
  // The best scores so far, at most `limit`, the least on top.
  std::priority_queue<double, std::vector<double>, std::greater<>> best;
};

ScoreQuery* score_query(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_value* idf,
                        sqlite3_value* limit) {
  if (void* known = api->xGetAuxdata(context, 0)) return static_cast<ScoreQuery*>(known);
  auto query = std::make_unique<ScoreQuery>();
  query->limit = static_cast<std::size_t>(std::max<sqlite3_int64>(sqlite3_value_int64(limit), 1));
  const auto bytes = static_cast<std::size_t>(sqlite3_value_bytes(idf));
  query->idf.resize(bytes / sizeof(double));
  if (bytes > 0) {
    std::memcpy(query->idf.data(), sqlite3_value_blob(idf), query->idf.size() * sizeof(double));
  }
  sqlite3_int64 rows = 0, tokens = 0;
  api->xRowCount(context, &rows);
  api->xColumnTotalSize(context, kTermsColumn, &tokens);
  if (rows > 0 && tokens > 0) {
    query->mean_length = static_cast<double>(tokens) / static_cast<double>(rows);
  }
  ScoreQuery* out = query.get();
  const int rc = api->xSetAuxdata(context, query.release(),
                                  [](void* p) { delete static_cast<ScoreQuery*>(p); });
  return rc == SQLITE_OK ? out : nullptr;
}

// How often each phrase is in the row's terms.
int count_phrases(const Fts5ExtensionApi* api, Fts5Context* context, std::span<double> counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    Fts5PhraseIter at{};
    int column = 0, offset = 0;
    const int rc = api->xPhraseFirst(context, static_cast<int>(i), &at, &column, &offset);
    if (rc != SQLITE_OK) return rc;
    for (; column >= 0; api->xPhraseNext(context, &at, &column, &offset)) {
      if (column == kTermsColumn) counts[i] += 1;
    }
  }
  return SQLITE_OK;
}

double bm25(const ScoreQuery& query, std::span<const double> counts, double length_share) {
  const double norm = kK1 * (1 - kB + kB * length_share);
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += query.idf[i] * counts[i] * (kK1 + 1) / (counts[i] + norm);
  }
  return sum;
}

void score(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result, int n,
           sqlite3_value** arguments) {
  ScoreQuery* query = n == 2 ? score_query(api, context, arguments[0], arguments[1]) : nullptr;
  const auto refuse = [&] { sqlite3_result_error(result, "hardwon_score", -1); };
  if (query == nullptr) return refuse();
  std::array<double, kTermsMax> all{};
  const std::span<double> counts(all.data(), std::min(query->idf.size(), all.size()));
  if (count_phrases(api, context, counts) != SQLITE_OK) return refuse();
  const bool full = query->best.size() == query->limit;
  // A row's length is a look into another table: not for a row that not even the shortest text
  // would bring among the best.
  if (full && bm25(*query, counts, 0) < query->best.top()) return sqlite3_result_double(result, 0);
  int length = 0;
  if (api->xColumnSize(context, kTermsColumn, &length) != SQLITE_OK) return refuse();
  const double found = bm25(*query, counts, static_cast<double>(length) / query->mean_length);
  if (!full || found > query->best.top()) {
    if (full) query->best.pop();
    query->best.push(found);
  }
  sqlite3_result_double(result, found);
}

std::string in_quotes(std::string_view term) {
  std::string out = "\"";
  for (const char c : term) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string any_of(const std::vector<std::string>& terms) {
  std::string out;
  for (const std::string& term : terms) out += (out.empty() ? "" : " OR ") + in_quotes(term);
  return "(" + out + ")";
}

std::string json_list(std::span<const std::string> texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return dump_json(list);
}

// Adds what a kind has.  One query for all terms: opening fts5vocab prepares a statement
// inside, which costs more than a look-up.
Result<void> add_counts(Connection& connection, ItemKind kind, const std::string& terms,
                        std::unordered_map<std::string, std::int64_t>& found) {
  Rows rows = TRY(connection.query("SELECT term, doc FROM " + vocabulary_table(kind) +
                                       " WHERE term IN (SELECT value FROM json_each(?))",
                                   {terms}));
  while (TRY(rows.next())) found[rows.text(0)] += rows.integer(1);
  return {};
}

// Terms of the query as they are indexed, each once, at most what `score` can count.
std::vector<std::string> query_terms(std::span<const std::string> given) {
  std::vector<std::string> terms;
  for (const std::string& word : given) {
    const std::string term = stable_stem(word);
    const bool usable = !term.empty() && std::ranges::all_of(term, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
    });
    if (usable && std::ranges::find(terms, term) == terms.end()) terms.push_back(term);
    if (terms.size() == kTermsMax) break;
  }
  return terms;
}

// The wanted kinds that have entries: a look into the vocabulary of an empty table costs as
// much as into a full one.
Result<TermCounts> count(Connection& connection, std::span<const ItemKind> wanted,
                         std::span<const std::string> terms) {
  TermCounts counts;
  {
    Rows rows = TRY(connection.query("SELECT kind, items FROM indexed_count WHERE items > 0"));
    while (TRY(rows.next())) {
      const auto kind = static_cast<ItemKind>(rows.integer(0));
      if (std::ranges::find(wanted, kind) != wanted.end()) counts.items[kind] = rows.integer(1);
    }
  }
  const std::string list = json_list(terms);
  for (const auto& [kind, items] : counts.items) {
    TRY(add_counts(connection, kind, list, counts.having[kind]));
  }
  return counts;
}

// The idf of each term over the kinds; terms that occur nowhere are removed.
std::vector<double> weigh(const TermCounts& counts, std::span<const ItemKind> kinds,
                          std::vector<std::string>& terms) {
  std::int64_t rows = 0;
  for (const ItemKind kind : kinds) rows += counts.items.at(kind);
  std::vector<std::string> known;
  std::vector<double> idf;
  for (std::string& term : terms) {
    std::int64_t having = 0;
    for (const ItemKind kind : kinds) {
      const auto found = counts.having.at(kind).find(term);
      if (found != counts.having.at(kind).end()) having += found->second;
    }
    if (having == 0) continue;
    const auto n = static_cast<double>(having);
    idf.push_back(std::log1p((static_cast<double>(rows) - n + 0.5) / (n + 0.5)));
    known.push_back(std::move(term));
  }
  terms = std::move(known);
  return idf;
}

// Empty when every scope of the store is visible: then nothing is to be kept out.
Result<std::string> scope_clause(Connection& connection, const std::vector<std::int64_t>& scopes) {
  const auto all = TRY(connection.number("SELECT count(*) FROM scope")).value_or(0);
  if (static_cast<std::int64_t>(scopes.size()) == all) return std::string();
  std::vector<std::string> marks;
  marks.reserve(scopes.size());
  for (const std::int64_t scope : scopes) marks.push_back(scope_mark(scope));
  return " AND scope : " + any_of(marks);
}

}  // namespace

Result<void> register_score(Connection& connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  int rc = sqlite3_prepare_v2(connection.handle(), "SELECT fts5(?1)", -1, &statement, nullptr);
  if (rc == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  if (api == nullptr) {
    return fail(ErrorCode::kUnavailable, "this SQLite is built without FTS5");
  }
  rc = api->xCreateFunction(api, "hardwon_score", nullptr, score, nullptr);
  if (rc != SQLITE_OK) return std::unexpected(connection.error(rc, "hardwon_score"));
  return {};
}

std::vector<std::string> text_terms(std::string_view text) {
  std::vector<std::string> terms;
  for (const std::string& word : words(text)) {
    if (word.size() > kTermBytesMax || is_stop_word(word)) continue;
    terms.push_back(stable_stem(word));
  }
  return terms;
}

std::string indexed_term(std::string_view word) { return stable_stem(word); }

Result<TermCounts> count_terms(const Reader& reader, std::span<const std::string> terms) {
  std::vector<std::string> stable;
  stable.reserve(terms.size());
  for (const std::string& term : terms) stable.push_back(stable_stem(term));
  return count(reader.connection(), kItemKinds, stable);
}

std::int64_t TermCounts::of(std::string_view term) const {
  const std::string stable = stable_stem(term);
  std::int64_t sum = 0;
  for (const auto& [kind, found] : having) {
    const auto at = found.find(stable);
    if (at != found.end()) sum += at->second;
  }
  return sum;
}

Result<std::vector<TextHit>> search_text(const Reader& reader, const TextQuery& query) {
  Connection& connection = reader.connection();
  std::vector<std::string> terms = query_terms(query.terms);
  std::vector<TextHit> hits;
  if (terms.empty() || query.scopes.empty() || query.limit == 0) return hits;
  std::optional<TermCounts> counted;
  if (query.counts == nullptr) counted = TRY(count(connection, query.kinds, terms));
  const TermCounts& counts = counted ? *counted : *query.counts;
  std::vector<ItemKind> kinds;
  for (const auto& [kind, items] : counts.items) {
    if (std::ranges::find(query.kinds, kind) != query.kinds.end()) kinds.push_back(kind);
  }
  const std::vector<double> idf = weigh(counts, kinds, terms);
  if (terms.empty()) return hits;
  const std::string match =
      "terms : " + any_of(terms) + TRY(scope_clause(connection, query.scopes));
  const std::string_view weights(reinterpret_cast<const char*>(idf.data()),
                                 idf.size() * sizeof(double));
  const auto limit = static_cast<std::int64_t>(query.limit);
  for (const ItemKind kind : kinds) {
    const std::string table = text_table(kind);
    std::string sql = "SELECT rowid, hardwon_score(";
    sql.append(table).append(", ?1, ?3) AS score FROM ").append(table).append(" WHERE ");
    sql.append(table).append(" MATCH ?2 ORDER BY score DESC, rowid LIMIT ?3");
    Rows rows = TRY(connection.query(sql, {Blob{weights}, match, limit}));
    while (TRY(rows.next())) hits.push_back({rows.integer(0), rows.real(1)});
  }
  std::ranges::sort(hits, [](const TextHit& a, const TextHit& b) {
    return a.bm25 != b.bm25 ? a.bm25 > b.bm25 : a.row < b.row;
  });
  if (hits.size() > query.limit) hits.resize(query.limit);
  return hits;
}

Result<std::vector<std::int64_t>> document_frequency(const Reader& reader,
                                                     std::span<const std::string> terms) {
  const TermCounts counts = TRY(count_terms(reader, terms));
  std::vector<std::int64_t> frequencies;
  frequencies.reserve(terms.size());
  for (const std::string& term : terms) frequencies.push_back(counts.of(term));
  return frequencies;
}

}  // namespace hardwon::store
