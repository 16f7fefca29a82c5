#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "recall/recall.h"
#include "vector/embedder.h"

namespace hardwon::recall {
namespace {

constexpr std::size_t kChunk = 10'000;

using Changes = std::map<store::ItemRow, store::Change>;  // the last of each row

struct Built {
  std::vector<vector::Row> rows;
  std::vector<float> vectors;

  void add(const vector::Row& row, std::span<const float> values) {
    rows.push_back(row);
    vectors.insert(vectors.end(), values.begin(), values.end());
  }
  void add(const store::Change& change) {
    add({.label = change.row,
         .scope = change.scope,
         .kind = static_cast<std::uint8_t>(change.kind)},
        vector::embed_lexical(change.text));
  }
};

// Best first, as the index orders them.
bool better(const vector::Hit& a, const vector::Hit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.label < b.label;
}

}  // namespace

Result<VectorView> VectorView::open(const store::Reader& reader,
                                    std::shared_ptr<const vector::ExactIndex> index,
                                    std::size_t tail_max) {
  const std::int64_t covered = index ? index->covers() : 0;
  std::vector<store::Change> tail = TRY(store::changes_since(reader, covered, tail_max + 1));
  if (tail.size() > tail_max) {
    return fail(ErrorCode::kResourceExhausted,
                "more than " + std::to_string(tail_max) + " changes since the vector index");
  }
  Changes last;
  std::int64_t covers = covered;
  for (store::Change& change : tail) {
    covers = std::max(covers, change.seq);
    last[change.row] = std::move(change);
  }
  VectorView view;
  view.index_ = std::move(index);
  Built built;
  for (const auto& [row, change] : last) {
    view.removed_or_changed_.push_back(row);
    if (!change.removed) built.add(change);
  }
  view.tail_ = vector::ExactIndex::build(std::move(built.rows), std::move(built.vectors),
                                         vector::kLexicalDim, covers);
  return view;
}

std::vector<vector::Hit> VectorView::search(
    std::span<const float> query, std::size_t k,
    const std::function<bool(const vector::Row&)>& wanted) const {
  std::vector<vector::Hit> hits = tail_->search(query, k, wanted);
  if (!index_) return hits;
  const auto current = [&](const vector::Row& row) {
    return (!wanted || wanted(row)) && !std::ranges::binary_search(removed_or_changed_, row.label);
  };
  const std::vector<vector::Hit> published = removed_or_changed_.empty()
                                                 ? index_->search(query, k, wanted)
                                                 : index_->search(query, k, current);
  hits.insert(hits.end(), published.begin(), published.end());
  std::ranges::sort(hits, better);
  if (hits.size() > k) hits.resize(k);
  return hits;
}

std::optional<double> VectorView::similarity(std::span<const float> query,
                                             store::ItemRow row) const {
  const bool current = index_ && !std::ranges::binary_search(removed_or_changed_, row);
  return (current ? *index_ : *tail_).similarity(query, row);
}

Result<std::shared_ptr<const vector::ExactIndex>> refresh_index(
    const store::Reader& reader, std::shared_ptr<const vector::ExactIndex> index) {
  const std::int64_t last = TRY(store::last_change(reader));
  if (index && index->covers() == last) return index;
  // An index ahead of the database belongs to another one (a restored backup).
  if (index && index->covers() > last) index = nullptr;
  std::int64_t covered = index ? index->covers() : 0;
  Built tail;
  std::vector<store::ItemRow> replaced;
  std::unordered_map<store::ItemRow, std::size_t> at;  // row -> position in `tail`
  while (covered < last) {
    const std::vector<store::Change> changes = TRY(store::changes_since(reader, covered, kChunk));
    if (changes.empty()) break;
    for (const store::Change& change : changes) {
      covered = std::max(covered, change.seq);
      replaced.push_back(change.row);
      if (!change.removed) tail.add(change);
    }
  }
  std::ranges::sort(replaced);
  for (std::size_t i = 0; i < tail.rows.size(); ++i) at[tail.rows[i].label] = i;
  Built whole;
  if (index) {
    for (std::size_t i = 0; i < index->size(); ++i) {
      const vector::Row& row = index->rows()[i];
      if (!std::ranges::binary_search(replaced, row.label)) whole.add(row, index->vector(i));
    }
  }
  for (std::size_t i = 0; i < tail.rows.size(); ++i) {
    if (at[tail.rows[i].label] != i) continue;  // changed again later
    whole.add(tail.rows[i],
              std::span(tail.vectors).subspan(i * vector::kLexicalDim, vector::kLexicalDim));
  }
  return vector::ExactIndex::build(std::move(whole.rows), std::move(whole.vectors),
                                   vector::kLexicalDim, last);
}

}  // namespace hardwon::recall
