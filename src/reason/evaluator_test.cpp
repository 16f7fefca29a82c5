#include "reason/evaluator.h"

#include <gtest/gtest.h>

#include "reason/connect_four.h"
#include "reason/evaluation_cache.h"
#include "reason/mcts.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

// Likes one column, and says so with a value of its own; counts what it is asked.
class OneColumn final : public Evaluator<ConnectFour> {
 public:
  OneColumn(std::uint64_t model, Move column, float value)
      : model_(model), column_(column), value_(value) {}
  void evaluate(std::span<const ConnectFour> positions, std::span<float> values,
                std::span<float> logits) override {
    asked += positions.size();
    std::ranges::fill(values, value_);
    std::ranges::fill(logits, 0.0F);
    for (std::size_t i = 0; i < positions.size(); ++i) logits[7 * i + column_] = 4;
  }
  bool has_policy() const override { return true; }
  std::uint64_t model() const override { return model_; }
  std::size_t asked = 0;

 private:
  std::uint64_t model_;
  Move column_;
  float value_;
};

std::vector<MoveVisits> visits_with(Evaluator<ConnectFour>& evaluator) {
  auto search = *Mcts<ConnectFour>::create({});
  search.run(evaluator, 200, 4);
  return search.visits();
}

bool same(const std::vector<MoveVisits>& a, const std::vector<MoveVisits>& b) {
  return std::ranges::equal(a, b, [](const MoveVisits& x, const MoveVisits& y) {
    return x.move == y.move && x.visits == y.visits;
  });
}

TEST(EvaluationCache, KeepsModelsApart) {
  OneColumn left(11, 0, .5F), right(12, 6, -.5F);
  const auto left_alone = visits_with(left), right_alone = visits_with(right);
  ASSERT_FALSE(same(left_alone, right_alone));
  EvaluationCache<ConnectFour> cache(1 << 12);
  CachedEvaluator<ConnectFour> cached_left(left, cache), cached_right(right, cache);
  EXPECT_TRUE(same(visits_with(cached_left), left_alone));
  EXPECT_TRUE(same(visits_with(cached_right), right_alone));
  EXPECT_TRUE(same(visits_with(cached_left), left_alone));
}

TEST(EvaluationCache, FindsNothingOfAnotherModelEvenInTheSamePlace) {
  EvaluationCache<ConnectFour> cache(1);
  const std::vector<float> logits(7, 1.0F);
  cache.put(11, ConnectFour::start(), .5F, logits);
  ASSERT_NE(cache.find(11, ConnectFour::start()), nullptr);
  EXPECT_EQ(cache.find(11, ConnectFour::start())->value, .5F);
  EXPECT_EQ(cache.find(12, ConnectFour::start()), nullptr);
  EXPECT_EQ(cache.find(11, *play_text(ConnectFour::start(), "4")), nullptr);
}

// The mistake this cache must not make: with one number for two models, the second searches with
// what the first one thought.
TEST(EvaluationCache, ASharedNumberWouldMixModelsUp) {
  OneColumn left(11, 0, .5F), right(11, 6, -.5F);
  const auto left_alone = visits_with(left), right_alone = visits_with(right);
  EvaluationCache<ConnectFour> cache(1 << 12);
  CachedEvaluator<ConnectFour> cached_left(left, cache), cached_right(right, cache);
  EXPECT_TRUE(same(visits_with(cached_left), left_alone));
  EXPECT_FALSE(same(visits_with(cached_right), right_alone));
}

TEST(EvaluationCache, AnswersLikeWhatItCachesAndAsksLess) {
  OneColumn bare(5, 3, .25F), inner(5, 3, .25F);
  for (const std::size_t entries : {1U, 16U, 4096U}) {
    EvaluationCache<ConnectFour> cache(entries);
    CachedEvaluator<ConnectFour> cached(inner, cache);
    EXPECT_TRUE(same(visits_with(cached), visits_with(bare)));
  }
  EvaluationCache<ConnectFour> cache(1 << 20);
  CachedEvaluator<ConnectFour> cached(inner, cache);
  visits_with(cached);
  const std::size_t asked = inner.asked;
  visits_with(cached);
  EXPECT_EQ(inner.asked, asked);
  EXPECT_GT(cached.hits(), cached.misses());
}

TEST(EvaluationCache, NeverKeepsWhatIsNeverTheSame) {
  RolloutEvaluator<ConnectFour> rollouts(1, 3);
  EvaluationCache<ConnectFour> cache(16);
  CachedEvaluator<ConnectFour> cached(rollouts, cache);
  const ConnectFour positions[2] = {ConnectFour::start(), ConnectFour::start()};
  float values[2];
  for (int i = 0; i < 20; ++i) cached.evaluate(positions, values, {});
  EXPECT_EQ(cached.hits(), 0U);
}

TEST(RolloutEvaluator, ValuesAreForTheMover) {
  RolloutEvaluator<TicTacToe> rollouts(4000, 1);
  // Three of four replies by the opponent lose, or nearly so: known shares of random games.
  const TicTacToe positions[] = {TicTacToe::start(), *play_text(TicTacToe::start(), "5")};
  float values[2];
  rollouts.evaluate(positions, values, {});
  // Random tic-tac-toe: the first player wins 58.5 %, the second 28.8 %; from the centre 69.2 % and
  // 19.5 % or so.
  EXPECT_NEAR(values[0], .297, .04);
  EXPECT_LT(values[1], -.4);
  // One move from the end: O to move after X threatened; the last free cell decides.
  const TicTacToe last = *play_text(TicTacToe::start(), "12354687");
  float value = 0;
  rollouts.evaluate({&last, 1}, {&value, 1}, {});
  EXPECT_EQ(value, static_cast<float>(-[&] {
              TicTacToe end = last;
              end.play(8);
              return end.result();
            }()));
}

}  // namespace
}  // namespace hardwon::reason
