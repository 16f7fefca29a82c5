#include "vector/hybrid_index.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/rng.h"

namespace hardwon::vector {
namespace {

using Vector = std::vector<float>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();

struct Embeddings {
  Vector visual, text;
  HybridVectors view() const { return {visual, text}; }
};

Vector random_vector(Rng& rng, std::size_t width) {
  Vector vector(width);
  for (float& x : vector) x = static_cast<float>(rng.uniform() - 0.5);
  return vector;
}

// Few distinct vectors, so that ties and copies are common.
Vector coarse_vector(Rng& rng, std::size_t width) {
  Vector vector(width);
  while (std::ranges::all_of(vector, [](float x) { return x == 0; })) {
    for (float& x : vector) x = static_cast<float>(rng.below(3)) - 1;
  }
  return vector;
}

Vector scaled(Vector vector, float by) {
  for (float& x : vector) x *= by;
  return vector;
}

std::vector<Label> labels(const std::vector<Hit>& hits) {
  std::vector<Label> labels;
  for (const Hit& hit : hits) labels.push_back(hit.label);
  return labels;
}

// ------------------------------------------------------------------ the oracle

double cosine(const Vector& a, const Vector& b) {
  double product = 0, a_squares = 0, b_squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    a_squares += static_cast<double>(a[i]) * a[i];
    b_squares += static_cast<double>(b[i]) * b[i];
  }
  return product / std::sqrt(a_squares * b_squares);
}

std::optional<double> expected_similarity(const Embeddings& query, const Embeddings& row,
                                          const HybridWeights& weights) {
  const bool visual = !query.visual.empty() && !row.visual.empty() && weights.visual > 0;
  const bool text = !query.text.empty() && !row.text.empty() && weights.text > 0;
  if (!visual && !text) return std::nullopt;
  if (!text) return cosine(query.visual, row.visual);
  if (!visual) return cosine(query.text, row.text);
  return (weights.visual * cosine(query.visual, row.visual) +
          weights.text * cosine(query.text, row.text)) /
         (weights.visual + weights.text);
}

bool before(const Hit& a, const Hit& b) {
  return a.similarity > b.similarity || (a.similarity == b.similarity && a.label < b.label);
}

// What is wrong with the hits; empty when nothing is.
std::string fault_of(const std::vector<Hit>& hits, const std::map<Label, Embeddings>& rows,
                     const Embeddings& query, std::size_t k, const HybridWeights& weights,
                     const std::function<bool(Label)>& wanted) {
  std::map<Label, double> left;  // that could be found
  for (const auto& [label, row] : rows) {
    const auto similarity = expected_similarity(query, row, weights);
    if (similarity && (!wanted || wanted(label))) left.emplace(label, *similarity);
  }
  if (hits.size() != std::min(k, left.size())) {
    return "found " + std::to_string(hits.size()) + " of " + std::to_string(left.size());
  }
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const std::string name = "hit " + std::to_string(hits[i].label);
    const auto expected = left.find(hits[i].label);
    if (expected == left.end()) return name + " does not match or came twice";
    if (std::abs(expected->second - hits[i].similarity) > 1e-5) return name + ": similarity";
    if (std::abs(hits[i].similarity) > 1) return name + ": beyond 1";
    if (i > 0 && !before(hits[i - 1], hits[i])) return name + ": order";
    left.erase(expected);
  }
  std::map<std::pair<Vector, Vector>, Label> last;  // largest label among the hits alike
  for (const Hit& hit : hits) {
    const Embeddings& row = rows.at(hit.label);
    Label& largest = last.try_emplace({row.visual, row.text}, hit.label).first->second;
    largest = std::max(largest, hit.label);
  }
  for (const auto& [label, similarity] : left) {
    if (hits.empty()) break;
    const std::string name = "row " + std::to_string(label);
    if (similarity > hits.back().similarity + 1e-5) return name + " left out";
    const auto copy = last.find({rows.at(label).visual, rows.at(label).text});  // ties exactly
    if (copy != last.end() && label < copy->second) {
      return name + " is a copy of hit " + std::to_string(copy->second);
    }
  }
  return {};
}

// Random changes and searches against the oracle.
struct Model {
  HybridWeights weights;
  std::size_t visual_width, text_width;
  std::uint64_t label_max;
  HybridIndex index{weights};
  std::map<Label, Embeddings> rows;
  std::uint64_t sequence = 0;
  std::uint64_t rebuilds = 0;

  Embeddings embeddings(Rng& rng) const {
    const std::uint64_t has = 1 + rng.below(3);
    const auto make = rng.below(2) == 0 ? random_vector : coarse_vector;
    return {.visual = (has & 1U) != 0 ? make(rng, visual_width) : Vector{},
            .text = (has & 2U) != 0 ? make(rng, text_width) : Vector{}};
  }

  void change(Rng& rng) {
    const auto label = static_cast<Label>(rng.below(label_max)) - 3;
    if (rows.contains(label) || rng.below(8) == 0) {
      index.remove(label, ++sequence);
      rows.erase(label);
    } else {
      const Embeddings made = embeddings(rng);
      rows.emplace(label, made);
      index.add(label, made.view(), ++sequence);
    }
  }

  std::string search(Rng& rng) const {
    const Embeddings query = embeddings(rng);
    const std::size_t k = rng.below(rows.size() + 3);
    const auto modulus = static_cast<Label>(1 + rng.below(4));
    std::function<bool(Label)> wanted;
    if (rng.below(2) == 0) wanted = [modulus](Label label) { return label % modulus == 0; };
    return fault_of(index.search(query.view(), k, wanted), rows, query, k, weights, wanted);
  }

  std::string figures() const {
    const HybridFigures found = index.figures();
    if (found.live != rows.size()) return "live " + std::to_string(found.live);
    if (found.covers != sequence) return "covers " + std::to_string(found.covers);
    if (found.generation != rebuilds) return "generation " + std::to_string(found.generation);
    return {};
  }
};

TEST(HybridIndex, FindsWhatBruteForceFinds) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Rng rng(seed);
    const HybridWeights weights[] = {{}, {1, 0}, {0, 1}, {0.5, 0.5}, {3, 9}};
    Model model{.weights = weights[rng.below(5)],
                .visual_width = 1 + rng.below(5),
                .text_width = 1 + rng.below(40),
                .label_max = 4 + rng.below(40)};
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t what = rng.below(20);
      if (what == 0) {
        model.index.rebuild();
        ++model.rebuilds;
        RC_ASSERT(model.index.figures().dead == 0U);
      } else if (what < 13) {
        model.change(rng);
      } else {
        RC_ASSERT(model.search(rng) == "");
      }
      RC_ASSERT(model.figures() == "");
    }
  }));
}

TEST(HybridIndex, FindsWhatBruteForceFindsInManyChunks) {
  Rng rng(11);
  Model model{.weights = {}, .visual_width = 3, .text_width = 2, .label_max = 9'000};
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 1'500; ++i) model.change(rng);
    if (round % 4 == 3) {
      model.index.rebuild();
      ++model.rebuilds;
    }
    for (int i = 0; i < 6; ++i) EXPECT_EQ(model.search(rng), "") << round;
    EXPECT_EQ(model.figures(), "") << round;
  }
  EXPECT_GT(model.rows.size(), 3'072U);  // four chunks in three segments
}

// ------------------------------------------------------------------ fusion

TEST(HybridIndex, WeighsTheCosinesOfBoth) {
  HybridIndex index({.visual = 0.7, .text = 0.3});
  index.add(1, {.visual = Vector{1, 0}, .text = Vector{0, 0, 1}}, 1);
  index.add(2, {.visual = Vector{0, 1}, .text = Vector{1, 0, 0}}, 2);
  const auto hits = index.search({.visual = Vector{1, 0}, .text = Vector{1, 0, 0}}, 5);
  ASSERT_EQ(labels(hits), (std::vector<Label>{1, 2}));
  EXPECT_FLOAT_EQ(hits[0].similarity, 0.7F);
  EXPECT_FLOAT_EQ(hits[1].similarity, 0.3F);
}

TEST(HybridIndex, RenormalisesTheWeightsWhereOneIsMissing) {
  HybridIndex index({.visual = 0.7, .text = 0.3});
  index.add(1, {.visual = Vector{1, 0}, .text = Vector{1, 1, 1}}, 1);
  index.add(2, {.text = Vector{1, 0, 0}}, 2);
  index.add(3, {.visual = Vector{4, 3}}, 3);
  const auto both = index.search({.visual = Vector{1, 0}, .text = Vector{1, 0, 0}}, 5);
  ASSERT_EQ(labels(both), (std::vector<Label>{2, 1, 3}));
  EXPECT_FLOAT_EQ(both[0].similarity, 1);  // not 0.3
  EXPECT_FLOAT_EQ(both[1].similarity, 0.7F + 0.3F / std::sqrt(3.0F));
  EXPECT_FLOAT_EQ(both[2].similarity, 0.8F);  // not 0.56
  EXPECT_EQ(labels(index.search({.text = Vector{1, 0, 0}}, 5)), (std::vector<Label>{2, 1}));
  EXPECT_EQ(labels(index.search({.visual = Vector{1, 0}}, 5)), (std::vector<Label>{1, 3}));
}

TEST(HybridIndex, NeverFindsARowThatSharesOnlyWhatHasNoWeight) {
  HybridIndex index({.visual = 0, .text = 2});
  index.add(1, {.visual = Vector{1, 0}}, 1);
  index.add(2, {.visual = Vector{0, 1}, .text = Vector{1, 1}}, 2);
  const auto hits = index.search({.visual = Vector{1, 0}, .text = Vector{1, 1}}, 5);
  ASSERT_EQ(labels(hits), (std::vector<Label>{2}));
  EXPECT_FLOAT_EQ(hits[0].similarity, 1);
  EXPECT_TRUE(index.search({.visual = Vector{1, 0}}, 5).empty());
}

TEST(HybridIndex, GivesTheSameRankingWhenOneEmbeddingIsAThousandTimesLonger) {
  Rng rng(3);
  HybridIndex plain({}), longer({}), shorter({});
  for (Label label = 0; label < 300; ++label) {
    const Vector visual = random_vector(rng, 8), text = random_vector(rng, 24);
    const auto sequence = static_cast<std::uint64_t>(label) + 1;
    plain.add(label, {visual, text}, sequence);
    longer.add(label, {scaled(visual, 1000), text}, sequence);
    shorter.add(label, {visual, scaled(text, 1e-30F)}, sequence);
  }
  for (int i = 0; i < 20; ++i) {
    const Vector visual = random_vector(rng, 8), text = random_vector(rng, 24);
    const auto expected = plain.search({visual, text}, 300);
    for (const auto& hits :
         {longer.search({visual, text}, 300), shorter.search({visual, text}, 300),
          plain.search({scaled(visual, 1000), text}, 300)}) {
      ASSERT_EQ(labels(hits), labels(expected));
      for (std::size_t at = 0; at < hits.size(); ++at) {
        EXPECT_NEAR(hits[at].similarity, expected[at].similarity, 1e-6);
      }
    }
  }
}

TEST(HybridIndex, NormalisesTheSmallestAndTheLargestFloats) {
  HybridIndex index({});
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float huge = std::numeric_limits<float>::max();
  index.add(1, {.visual = Vector{tiny, 0}}, 1);
  index.add(2, {.visual = Vector{huge, huge}}, 2);
  const auto hits = index.search({.visual = Vector{huge, 0}}, 2);
  ASSERT_EQ(labels(hits), (std::vector<Label>{1, 2}));
  EXPECT_EQ(hits[0].similarity, 1.0F);
  EXPECT_FLOAT_EQ(hits[1].similarity, std::sqrt(0.5F));
}

// ------------------------------------------------------------------ order and filters

TEST(HybridIndex, OrdersTiesByLabelWithAndWithoutAFilter) {
  HybridIndex index({});
  std::uint64_t sequence = 0;
  for (const Label label : {7, -2, 9, 4, 1, 8, 3}) {
    index.add(label, {.visual = Vector{3, 4}, .text = Vector{1, 2}}, ++sequence);
  }
  index.add(100, {.visual = Vector{3, 4.5F}, .text = Vector{1, 2}}, ++sequence);
  const Vector visual = {3, 4}, text = {1, 2};
  const std::vector<Label> first = {-2, 1, 3, 4};
  EXPECT_EQ(labels(index.search({visual, text}, 4)), first);
  EXPECT_EQ(labels(index.search({visual, text}, 4, [](Label) { return true; })), first);
  index.rebuild();
  EXPECT_EQ(labels(index.search({visual, text}, 4)), first);
}

TEST(HybridIndex, AsksAboutTheBestFirstUntilKAreFound) {
  HybridIndex index({});
  for (Label label = 1; label <= 200; ++label) {
    index.add(label, {.visual = Vector{1, static_cast<float>(label)}},
              static_cast<std::uint64_t>(label));
  }
  std::vector<Label> asked;
  const auto hits = index.search({.visual = Vector{1, 0}}, 2, [&](Label label) {
    asked.push_back(label);
    return label % 3 == 0;
  });
  EXPECT_EQ(labels(hits), (std::vector<Label>{3, 6}));
  EXPECT_EQ(asked, (std::vector<Label>{1, 2, 3, 4, 5, 6}));
}

TEST(HybridIndex, FindsTheWorstRowsWhenOnlyTheyAreWanted) {
  HybridIndex index({});
  for (Label label = 1; label <= 3'000; ++label) {
    index.add(label, {.visual = Vector{1, static_cast<float>(label)}},
              static_cast<std::uint64_t>(label));
  }
  const auto hits =
      index.search({.visual = Vector{1, 0}}, 5, [](Label label) { return label > 2'990; });
  EXPECT_EQ(labels(hits), (std::vector<Label>{2'991, 2'992, 2'993, 2'994, 2'995}));
  EXPECT_EQ(index.search({.visual = Vector{1, 0}}, 50, [](Label l) { return l > 2'990; }).size(),
            10U);
}

TEST(HybridIndex, MayBeAskedAndChangedByTheFilter) {
  HybridIndex index({});
  index.add(1, {.visual = Vector{1, 0}}, 1);
  const auto hits = index.search({.visual = Vector{1, 0}}, 1, [&](Label) {
    index.add(2, {.visual = Vector{1, 0}}, 2);
    index.rebuild();
    return index.search({.visual = Vector{1, 0}}, 9).size() == 2;
  });
  EXPECT_EQ(labels(hits), (std::vector<Label>{1}));
}

// ------------------------------------------------------------------ bad input

TEST(CheckVectors, NamesTheFieldAndWhatIsWrong) {
  const Vector good = {1, 2}, nan = {1, kNan}, infinite = {-kInfinite, 1}, zero = {0, -0.0F};
  struct Case {
    HybridVectors vectors;
    std::string field, message;
  };
  const Case cases[] = {
      {{nan, good}, "visual", "visual embedding: component 1 is NaN, expected a finite number"},
      {{good, infinite},
       "text",
       "text embedding: component 0 is infinite, expected a finite number"},
      {{zero, {}}, "visual", "visual embedding: all components are 0, expected a direction"},
      {{{}, zero}, "text", "text embedding: all components are 0, expected a direction"},
      {{{}, {}}, "visual", "visual embedding: absent, and the text embedding too; expected one"},
  };
  for (const Case& bad : cases) {
    const auto result = check_vectors(bad.vectors, 0, 0);
    ASSERT_FALSE(result) << bad.message;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(result.error().field, bad.field);
    EXPECT_EQ(result.error().message, bad.message);
  }
  const auto visual = check_vectors({good, good}, 3, 0);
  ASSERT_FALSE(visual);
  EXPECT_EQ(visual.error().field, "visual");
  EXPECT_EQ(visual.error().message, "visual embedding: found 2 components, expected 3");
  const auto text = check_vectors({good, good}, 2, 1);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().field, "text");
  EXPECT_TRUE(check_vectors({good, good}, 2, 2));
  EXPECT_TRUE(check_vectors({good, {}}, 0, 7));  // an absent one has no width
}

TEST(HybridIndex, FindsNothingForAQueryItCannotCompare) {
  HybridIndex index({});
  EXPECT_TRUE(index.search({.visual = Vector{1, 0}}, 5).empty());  // empty
  index.add(1, {.visual = Vector{1, 0}, .text = Vector{1, 0, 0}}, 1);
  const Vector visual = {1, 0}, text = {1, 0, 0};
  ASSERT_EQ(index.search({visual, text}, 5).size(), 1U);
  EXPECT_TRUE(index.search({visual, text}, 0).empty());
  EXPECT_TRUE(index.search({text, {}}, 5).empty());
  EXPECT_TRUE(index.search({visual, visual}, 5).empty());  // one wrong width is enough
  EXPECT_TRUE(index.search({{}, {}}, 5).empty());
  for (const Vector& bad : {Vector{kNan, 1}, Vector{kInfinite, 1}, Vector{0, 0}}) {
    EXPECT_TRUE(index.search({bad, text}, 5).empty());
  }
  index.remove(1, 2);
  index.rebuild();
  index.add(2, {.visual = visual}, 3);
  EXPECT_TRUE(index.search({visual, visual}, 5).empty());  // a rebuild keeps the width of text
}

TEST(HybridIndexDeathTest, StopsOnWhatItsCallerMustHaveChecked) {
  HybridIndex index({});
  index.add(1, {.visual = Vector{1, 0}}, 5);
  EXPECT_DEATH(index.add(2, {.visual = Vector{1, 0, 0}}, 6), "CHECK failed");
  EXPECT_DEATH(index.add(2, {.visual = Vector{kNan, 0}}, 6), "CHECK failed");
  EXPECT_DEATH(index.add(1, {.visual = Vector{1, 0}}, 6), "CHECK failed");
  EXPECT_DEATH(index.remove(1, 4), "CHECK failed");
  EXPECT_DEATH(HybridIndex({.visual = -1, .text = 2}), "CHECK failed");
  EXPECT_DEATH(HybridIndex({.visual = 0, .text = 0}), "CHECK failed");
  EXPECT_DEATH(HybridIndex({.visual = kInfinite, .text = 1}), "CHECK failed");
}

// ------------------------------------------------------------------ change and rebuild

TEST(HybridIndex, ReplacesARowUnderOneSequence) {
  HybridIndex index({});
  index.add(1, {.visual = Vector{1, 0}}, 1);
  index.remove(1, 2);
  index.add(1, {.visual = Vector{0, 1}}, 2);
  const auto hits = index.search({.visual = Vector{0, 1}}, 5);
  ASSERT_EQ(labels(hits), (std::vector<Label>{1}));
  EXPECT_EQ(hits[0].similarity, 1.0F);
  index.remove(77, 9);
  EXPECT_EQ(index.figures().covers, 9U);
}

TEST(HybridIndex, GivesTheSameBitsAfterARebuild) {
  Rng rng(5);
  HybridIndex index({});
  for (Label label = 0; label < 500; ++label) {
    index.add(label, {random_vector(rng, 37), random_vector(rng, 5)},
              static_cast<std::uint64_t>(label) + 1);
  }
  const Vector visual = random_vector(rng, 37), text = random_vector(rng, 5);
  const auto expected = index.search({visual, text}, 500);
  for (int i = 0; i < 3; ++i) index.rebuild();
  const auto hits = index.search({visual, text}, 500);
  ASSERT_EQ(labels(hits), labels(expected));
  for (std::size_t at = 0; at < hits.size(); ++at) {
    EXPECT_EQ(std::memcmp(&hits[at].similarity, &expected[at].similarity, sizeof(float)), 0);
  }
}

TEST(HybridIndex, TakesMemoryForAnEmbeddingOnceARowHasItAndRebuildFreesIt) {
  HybridIndex index({});
  EXPECT_EQ(index.figures().bytes, 0U);
  const std::size_t chunk = 1'024;
  for (Label label = 0; label < 1'025; ++label) {
    index.add(label, {.visual = Vector{1, 2, 3}}, static_cast<std::uint64_t>(label) + 1);
  }
  EXPECT_EQ(index.figures().bytes, 2 * chunk * 3 * sizeof(float));
  index.add(5'000, {.text = Vector{1, 2}}, 2'000);
  EXPECT_EQ(index.figures().bytes, (2 * chunk * 3 + chunk * 2) * sizeof(float));
  for (Label label = 0; label < 1'025; ++label) index.remove(label, 3'000);
  index.rebuild();
  EXPECT_EQ(index.figures().bytes, chunk * 2 * sizeof(float));
}

TEST(HybridIndex, IsDueForARebuildWhenMoreThanAQuarterIsDead) {
  HybridIndex index({});
  std::uint64_t sequence = 0;
  for (Label label = 0; label < 1'023; ++label) {
    index.add(label, {.text = Vector{1, 0}}, ++sequence);
  }
  for (Label label = 0; label < 256; ++label) index.remove(label, ++sequence);
  EXPECT_FALSE(index.rebuild_due());  // 256 of 1,023: too few rows
  index.add(2'000, {.text = Vector{1, 0}}, ++sequence);
  EXPECT_FALSE(index.rebuild_due());  // 256 of 1,024: a quarter, not more
  index.remove(2'000, ++sequence);
  EXPECT_TRUE(index.rebuild_due());
  index.rebuild();
  EXPECT_FALSE(index.rebuild_due());
}

// ------------------------------------------------------------------ threads

// Rows come and go in the order of their labels, so the live ones are a window, and what a
// search may find is known from where its ends were before and after it.
struct Window {
  std::atomic<Label> adding = 0, added = 0;      // labels below it: add() began, returned
  std::atomic<Label> removing = 0, removed = 0;  // likewise remove()
};

constexpr Label kWindow = 300;

Embeddings window_row(Label label) {
  const auto angle = static_cast<float>(label) * 0.01F;
  Embeddings row;
  if (label % 3 != 0) row.visual = {std::cos(angle), std::sin(angle)};
  if (label % 3 != 1) row.text = {std::sin(angle), 1, std::cos(angle)};
  return row;
}

std::string window_fault(const std::vector<Hit>& hits, Label removed, Label added, Label removing,
                         Label adding) {
  std::vector<Label> found = labels(hits);
  if (!std::ranges::is_sorted(hits, before)) return "order";
  std::ranges::sort(found);
  if (std::ranges::adjacent_find(found) != found.end()) return "a label twice";
  if (found.empty()) return "nothing";
  if (found.front() < removed) return "removed " + std::to_string(found.front());
  if (found.back() >= adding) return "never added " + std::to_string(found.back());
  for (Label label = removing; label < added; ++label) {
    if (!std::ranges::binary_search(found, label)) return "lost " + std::to_string(label);
  }
  // The state of one moment: no hole, and one row more only between an add() and its remove().
  const Label size = found.back() - found.front() + 1;
  if (size != static_cast<Label>(found.size())) return "a hole";
  if (size != kWindow && size != kWindow + 1) return std::to_string(size) + " rows";
  return {};
}

// Searches until `stop`; the first fault found.
std::string search_window(const HybridIndex& index, const Window& window,
                          const std::atomic<bool>& stop, std::atomic<int>* searches, bool filter) {
  const Embeddings query{.visual = {1, 0.5F}, .text = {0.5F, 1, 0}};
  std::string fault;
  const auto all = [](Label) { return true; };
  while (!stop && fault.empty()) {
    const Label removed = window.removed, added = window.added;
    const auto hits = filter ? index.search(query.view(), 10 * kWindow, all)
                             : index.search(query.view(), 10 * kWindow);
    fault = window_fault(hits, removed, added, window.removing, window.adding);
    ++*searches;
  }
  return fault;
}

TEST(HybridIndex, AnswersWholeWhileItChangesAndIsRebuilt) {
  HybridIndex index({});
  Window window;
  std::uint64_t sequence = 0;
  const auto add = [&] {
    const Label label = window.adding++;
    index.add(label, window_row(label).view(), ++sequence);
    window.added = label + 1;
  };
  for (Label label = 0; label < kWindow; ++label) add();

  std::atomic<bool> stop = false, faulty = false;
  std::atomic<int> searches = 0;
  std::string faults[2];
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      faults[i] = search_window(index, window, stop, &searches, i == 1);
      if (!faults[i].empty()) faulty = true;
    });
  }
  threads.emplace_back([&] {
    while (!stop) index.rebuild();
  });
  while (!faulty && (window.added < 6'000 || searches < 300 || index.figures().generation < 30)) {
    add();
    const Label label = window.removing++;
    index.remove(label, ++sequence);
    window.removed = label + 1;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(faults[0], "");
  EXPECT_EQ(faults[1], "");
  EXPECT_EQ(index.figures().live, static_cast<std::size_t>(kWindow));
  EXPECT_EQ(index.figures().covers, sequence);
}

// A long copy beside a quick writer: there is much to replay, and labels come back.
// Few changes are replayed under the lock, many before it: both ways, at a moment that is known.
TEST(HybridIndex, LosesNoChangeMadeDuringARebuild) {
  for (const int changes : {1, 20, 500}) {
    Rng rng(21);
    Model model{.weights = {}, .visual_width = 4, .text_width = 3, .label_max = 2'000};
    for (int i = 0; i < 5'000; ++i) model.change(rng);
    model.index.rebuild([&] {
      for (int i = 0; i < changes; ++i) model.change(rng);
    });
    ++model.rebuilds;
    EXPECT_EQ(model.search(rng), "") << changes;
    EXPECT_EQ(model.figures(), "") << changes;
  }
}

}  // namespace
}  // namespace hardwon::vector
