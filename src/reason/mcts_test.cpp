#include "reason/mcts.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "reason/connect_four.h"
#include "reason/nim.h"
#include "reason/othello.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::reason {
namespace {

template <Game G>
Mcts<G> make_search(const SearchOptions& options = {}) {
  auto search = Mcts<G>::create(options);
  EXPECT_TRUE(search.has_value());
  return *std::move(search);
}

// ---------------------------------------------------------------- tic-tac-toe, all of it

// Exact values by plain recursion, on the true rules.
int exact(const TicTacToe& position, std::map<std::uint64_t, int>& known) {
  if (position.over()) return position.result();
  if (const auto it = known.find(position.key()); it != known.end()) return it->second;
  Move moves[9];
  const int count = position.moves(moves);
  int best = -1;
  for (int i = 0; i < count; ++i) {
    TicTacToe next = position;
    next.play(moves[i]);
    best = std::max(best, -exact(next, known));
  }
  return known[position.key()] = best;
}

struct Share {
  int positions = 0, optimal = 0;
  double value() const { return static_cast<double>(optimal) / positions; }
};

struct Scores {
  Share sides[2];                  // the first player to move, the second
  Share wins_at_once, must_block;  // positions that one move decides
  int proofs[3] = {};              // of losses, draws and wins
  int false_proofs = 0;
};

// Every best move of the search must keep the exact value.  G: tic-tac-toe or a broken copy.
template <typename G>
class Examination {
 public:
  Scores run(const SearchOptions& options, int leaves) {
    auto search = make_search<G>(options);
    visit(TicTacToe::start(), G::start(), search, leaves);
    return scores_;
  }

 private:
  void visit(const TicTacToe& position, const G& shown, Mcts<G>& search, int leaves) {
    if (position.over() || !seen_.insert({position.key(), 0}).second) return;
    UniformEvaluator<G> uniform;
    search.reset(shown);
    search.run(uniform, 800, leaves);
    judge(position, search.best_moves());
    if (const auto proven = search.proven_value()) {
      ++scores_.proofs[*proven + 1];
      scores_.false_proofs += *proven == exact(position, known_) ? 0 : 1;
    }
    Move moves[9];
    const int count = position.moves(moves);
    for (int i = 0; i < count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      G next_shown = shown;
      next_shown.play(moves[i]);
      visit(next, next_shown, search, leaves);
    }
  }

  void judge(const TicTacToe& position, const std::vector<Move>& best) {
    const int value = exact(position, known_);
    bool optimal = !best.empty();
    for (const Move move : best) {
      TicTacToe next = position;
      next.play(move);
      optimal = optimal && -exact(next, known_) == value;
    }
    count(scores_.sides[position.first_to_move() ? 0 : 1], optimal);
    Move moves[9];
    const int moves_count = position.moves(moves);
    bool win = false;
    int blocks = 0;  // moves after which the other does not win at once
    for (int i = 0; i < moves_count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      win = win || (next.over() && next.result() == -1);
      blocks += can_win(next) ? 0 : 1;
    }
    if (win) count(scores_.wins_at_once, optimal);
    if (!win && blocks > 0 && blocks < moves_count) count(scores_.must_block, optimal);
  }

  static bool can_win(const TicTacToe& position) {
    Move moves[9];
    const int count = position.moves(moves);
    for (int i = 0; i < count; ++i) {
      TicTacToe next = position;
      next.play(moves[i]);
      if (next.over() && next.result() == -1) return true;
    }
    return false;
  }

  static void count(Share& share, bool optimal) {
    ++share.positions;
    share.optimal += optimal ? 1 : 0;
  }

  std::map<std::uint64_t, int> known_, seen_;
  Scores scores_;
};

void expect_optimal(const Scores& scores) {
  EXPECT_EQ(scores.sides[0].positions + scores.sides[1].positions, 4520);
  EXPECT_GE(scores.sides[0].value(), .995);
  EXPECT_GE(scores.sides[1].value(), .995);
  EXPECT_EQ(scores.wins_at_once.optimal, scores.wins_at_once.positions);
  EXPECT_EQ(scores.must_block.optimal, scores.must_block.positions);
  EXPECT_GT(scores.wins_at_once.positions, 1000);
  EXPECT_GT(scores.must_block.positions, 500);
}

TEST(Mcts, PlaysTicTacToeOptimallyFromEveryPosition) {
  const Scores scores = Examination<TicTacToe>().run({}, 1);
  expect_optimal(scores);
  // The floor is 99.5 %; looking one move ahead makes it all of them.
  EXPECT_EQ(scores.sides[0].optimal, scores.sides[0].positions);
  EXPECT_EQ(scores.sides[1].optimal, scores.sides[1].positions);
  EXPECT_EQ(scores.false_proofs, 0);
  for (const int proofs : scores.proofs) EXPECT_GT(proofs, 300);
  RecordProperty("optimal_first", std::to_string(scores.sides[0].value()));
  RecordProperty("optimal_second", std::to_string(scores.sides[1].value()));
}

TEST(Mcts, PlaysTicTacToeOptimallyWithoutProofs) {
  expect_optimal(Examination<TicTacToe>().run({.prove = false}, 1));
}

TEST(Mcts, PlaysTicTacToeOptimallyInBatches) {
  expect_optimal(Examination<TicTacToe>().run({}, 16));
  expect_optimal(Examination<TicTacToe>().run({.prove = false}, 8));
}

// The two mistakes by which a search learns to help its opponent; with value 0 everywhere, ends of
// games are all it knows, so a game that reports them wrongly is a search that takes them wrongly.
struct WrongSign : TicTacToe {
  WrongSign(const TicTacToe& position) : TicTacToe(position) {}
  static WrongSign start() { return TicTacToe::start(); }
  int result() const { return -TicTacToe::result(); }
};
struct AlwaysTheFirstPlayer : TicTacToe {
  AlwaysTheFirstPlayer(const TicTacToe& position) : TicTacToe(position) {}
  static AlwaysTheFirstPlayer start() { return TicTacToe::start(); }
  int result() const { return first_to_move() ? TicTacToe::result() : -TicTacToe::result(); }
};

TEST(Mcts, AWrongSignOrPerspectiveFailsTheExamination) {
  for (const bool prove : {true, false}) {
    const Scores sign = Examination<WrongSign>().run({.prove = prove}, 1);
    EXPECT_LT(sign.sides[0].value(), .8);
    EXPECT_LT(sign.sides[1].value(), .8);
    EXPECT_LT(sign.wins_at_once.value(), .8);
    const Scores perspective = Examination<AlwaysTheFirstPlayer>().run({.prove = prove}, 1);
    EXPECT_LT(std::min(perspective.sides[0].value(), perspective.sides[1].value()), .8);
  }
}

// ---------------------------------------------------------------- against a reference

// A net of sorts: value and logits from the bits of the key.  Every position its own.
template <Game G>
class Hashed final : public Evaluator<G> {
 public:
  void evaluate(std::span<const G> positions, std::span<float> values,
                std::span<float> logits) override {
    for (std::size_t i = 0; i < positions.size(); ++i) {
      Rng rng(positions[i].key());
      values[i] = static_cast<float>(rng.uniform() * 1.6 - .8);
      for (int a = 0; a < G::kActions; ++a) {
        logits[i * G::kActions + static_cast<std::size_t>(a)] =
            static_cast<float>(rng.uniform() * 3);
      }
    }
  }
  bool has_policy() const override { return true; }
  std::uint64_t model() const override { return 2; }
};

// The search as a textbook has it: nodes with pointers, recursion, values of the node's own mover.
template <Game G>
class Reference {
 public:
  explicit Reference(const G& root) : root_(root) { evaluate(top_, root_); }
  void run(int simulations) {
    for (int i = 0; i < simulations; ++i) simulate(top_, root_);
  }
  std::map<Move, int> visits() const {
    std::map<Move, int> visits;
    for (const Node& child : top_.children) visits[child.move] = child.visits;
    return visits;
  }
  double value() const { return top_.total / top_.visits; }

 private:
  struct Node {
    Move move = 0;
    float prior = 0;
    int visits = 0;
    double total = 0;  // for the mover of this node
    std::vector<Node> children;
  };

  double evaluate(Node& node, const G& position) {
    float value = 0;
    std::vector<float> logits(G::kActions);
    Hashed<G>().evaluate({&position, 1}, {&value, 1}, logits);
    Move moves[G::kMovesMax];
    const int count = position.moves(moves);
    float total = 0;
    for (int i = 0; i < count; ++i) {
      node.children.push_back({.move = moves[i], .prior = std::exp(logits[moves[i]])});
      total += node.children.back().prior;
    }
    for (Node& child : node.children) child.prior /= total;
    return add(node, value);
  }
  double add(Node& node, double value) {
    node.visits += 1;
    node.total += value;
    return value;
  }
  double simulate(Node& node, const G& position) {
    if (position.over()) return add(node, position.result());
    if (node.children.empty()) return evaluate(node, position);
    Node* best = nullptr;
    double best_score = -100;
    for (Node& child : node.children) {
      const double mean =
          child.visits > 0 ? -child.total / child.visits : node.total / node.visits - .2;
      const double score = mean + 1.25 * child.prior * std::sqrt(node.visits) / (1 + child.visits);
      if (score <= best_score) continue;
      best_score = score;
      best = &child;
    }
    G next = position;
    next.play(best->move);
    return add(node, -simulate(*best, next));
  }

  G root_;
  Node top_;
};

template <Game G>
void expect_reference(const G& position, int simulations) {
  Hashed<G> evaluator;
  auto search = make_search<G>({.prove = false});
  search.reset(position);
  search.run(evaluator, simulations, 1);
  Reference<G> reference(position);
  reference.run(simulations);
  std::map<Move, int> visits;
  for (const MoveVisits& move : search.visits()) {
    visits[move.move] = static_cast<int>(move.visits);
  }
  EXPECT_EQ(visits, reference.visits()) << position.text();
  EXPECT_NEAR(search.value(), reference.value(), 1e-4);
}

TEST(Mcts, OneLeafAtATimeEqualsTheTextbook) {
  for (const char* moves : {"", "5", "59", "5937"}) {
    expect_reference(*play_text(TicTacToe::start(), moves), 300);
  }
  for (const char* moves : {"", "44", "4453", "121212"}) {
    expect_reference(*play_text(ConnectFour::start(), moves), 600);
  }
  expect_reference(Othello<6>::start(), 400);
  expect_reference(Nim::start(), 400);
}

// ---------------------------------------------------------------- what always holds

// Visits add up, means stay in range, nothing waits.
template <Game G>
void expect_sound(const Mcts<G>& search) {
  const SearchTree& tree = search.tree();
  for (NodeIndex node = 0; node < tree.size(); ++node) {
    const NodeLink& link = tree.link(node);
    ASSERT_NE(link.first_child, SearchTree::kWaiting);
    ASSERT_LE(std::abs(tree.value_sum(node)), static_cast<float>(tree.visits(node)) * 1.0001F);
    if (link.children == 0) continue;
    std::int64_t below = 0;
    for (NodeIndex i = 0; i < link.children; ++i) below += tree.visits(link.first_child + i);
    // A node that was proven may have been visited again without going down.
    if (link.proof == Proof::kNone) {
      ASSERT_EQ(tree.visits(node), 1 + below) << node;
    } else {
      ASSERT_GE(tree.visits(node), 1 + below) << node;
    }
  }
}

TEST(Mcts, VisitsAddUpWhateverTheBatch) {
  Hashed<ConnectFour> evaluator;
  for (const int leaves : {1, 2, 7, 32, 256}) {
    for (const bool prove : {true, false}) {
      auto search = make_search<ConnectFour>({.prove = prove});
      search.reset(*play_text(ConnectFour::start(), "4455"));
      search.run(evaluator, 1000, leaves);
      expect_sound(search);
      EXPECT_TRUE(search.proven_value() || search.simulations() == 1000);
    }
  }
}

TEST(Mcts, VirtualLossIsGoneOnceTheBatchIsApplied) {
  // All values 0 and no end in reach: whatever stays in a sum is virtual loss.
  UniformEvaluator<Othello<8>> uniform;
  auto search = make_search<Othello<8>>();
  search.reset(Othello<8>::start());
  search.run(uniform, 500, 16);
  for (NodeIndex node = 0; node < search.tree().size(); ++node) {
    ASSERT_EQ(search.tree().value_sum(node), 0) << node;
  }
  EXPECT_EQ(search.value(), 0);
}

TEST(Mcts, VirtualLossSpreadsABatch) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = make_search<ConnectFour>();
  search.reset(ConnectFour::start());
  search.run(uniform, 1, 1);
  const auto batch = search.gather(6, 100);
  ASSERT_EQ(batch.size(), 6U);  // the six other columns
  for (std::size_t i = 0; i < batch.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(batch[i], batch[j]);
  }
  // While a leaf waits, its whole path counts it as lost.
  EXPECT_EQ(search.tree().value_sum(0), -6);
  const std::vector<float> values(batch.size(), 0);
  search.apply(values, {});
  EXPECT_EQ(search.tree().value_sum(0), 0);
}

TEST(Mcts, TheVectorisedChoiceIsThePortableOne) {
  Rng rng(9);
  for (int round = 0; round < 3000; ++round) {
    const auto count = static_cast<unsigned>(1 + rng.below(64));
    SearchTree tree(1000);
    const std::vector<Move> moves(count);
    tree.expand(0, moves.data(), count);
    std::vector<float> sums(count), priors(count);
    std::vector<std::int32_t> visits(count);
    for (unsigned i = 0; i < count; ++i) {
      visits[i] = tree.visits(1 + i) = static_cast<std::int32_t>(rng.below(5));
      sums[i] = tree.value_sum(1 + i) =
          static_cast<float>(visits[i]) * static_cast<float>(rng.uniform() * 2 - 1);
      priors[i] = tree.prior(1 + i) = rng.below(8) == 0 ? -std::numeric_limits<float>::infinity()
                                                        : static_cast<float>(rng.below(4)) / 4;
    }
    const auto exploration = static_cast<float>(.1 + rng.uniform());
    const auto unvisited = static_cast<float>(rng.uniform() - .5);
    ASSERT_EQ(tree.best_child(0, exploration, unvisited) - 1,
              choose_child_portably(sums.data(), visits.data(), priors.data(), count, exploration,
                                    unvisited));
  }
}

TEST(Mcts, TheSameCallsGrowTheSameTree) {
  Hashed<ConnectFour> evaluator;
  auto first = make_search<ConnectFour>(), second = make_search<ConnectFour>();
  UniformEvaluator<ConnectFour> uniform;
  second.run(uniform, 500, 8);  // leaves traces, if there are any
  for (auto* search : {&first, &second}) {
    search->reset(*play_text(ConnectFour::start(), "34"));
    search->run(evaluator, 700, 16);
  }
  ASSERT_EQ(first.tree().size(), second.tree().size());
  for (NodeIndex node = 0; node < first.tree().size(); ++node) {
    ASSERT_EQ(first.tree().visits(node), second.tree().visits(node));
    ASSERT_EQ(first.tree().value_sum(node), second.tree().value_sum(node));
    ASSERT_EQ(first.tree().prior(node), second.tree().prior(node));
  }
}

// ---------------------------------------------------------------- proofs

TEST(Mcts, ProvesWinsLossesAndDraws) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = make_search<ConnectFour>();
  search.reset(*play_text(ConnectFour::start(), "121212"));
  search.run(uniform, 800, 1);
  EXPECT_EQ(search.proven_value(), 1);
  EXPECT_EQ(search.value(), 1);
  EXPECT_EQ(search.best_moves(), std::vector<Move>{0});
  search.reset(*play_text(ConnectFour::start(), "34455"));  // an open three on the ground
  search.run(uniform, 3000, 1);
  EXPECT_EQ(search.proven_value(), std::nullopt);
  search.reset(*play_text(ConnectFour::start(), "4455"));  // one move makes it
  search.run(uniform, 5000, 1);
  EXPECT_EQ(search.proven_value(), 1);
  for (const Move move : search.best_moves()) EXPECT_TRUE(move == 2 || move == 5);
}

TEST(Mcts, ProofsOfNimAreItsTheory) {
  UniformEvaluator<Nim> uniform;
  auto search = make_search<Nim>();
  for (std::uint8_t a = 0; a <= 3; ++a) {
    for (std::uint8_t b = 0; b <= 3; ++b) {
      for (std::uint8_t c = 1; c <= 3; ++c) {
        const Nim position({a, b, c, 0});
        search.reset(position);
        search.run(uniform, 100000, 4);
        ASSERT_EQ(search.proven_value(), position.nim_sum() == 0 ? -1 : 1) << position.text();
        if (position.nim_sum() == 0) continue;
        for (const Move move : search.best_moves()) {
          Nim next = position;
          next.play(move);
          EXPECT_EQ(next.nim_sum(), 0);
        }
      }
    }
  }
}

// Prefers one move, whatever the position.
class Stubborn final : public Evaluator<ConnectFour> {
 public:
  void evaluate(std::span<const ConnectFour> positions, std::span<float> values,
                std::span<float> logits) override {
    std::ranges::fill(values, 0.0F);
    std::ranges::fill(logits, 0.0F);
    for (std::size_t i = 0; i < positions.size(); ++i) logits[i * ConnectFour::kActions + 6] = 20;
  }
  bool has_policy() const override { return true; }
  std::uint64_t model() const override { return 77; }
};

TEST(Mcts, WhenAllThatWasTriedIsLostTheOtherMovesAreLeft) {
  Stubborn evaluator;
  auto search = *Mcts<ConnectFour>::create({});
  search.reset(*play_text(ConnectFour::start(), "12121"));  // column 1 must be blocked
  search.run(evaluator, 1, 1);
  float shares[ConnectFour::kActions];
  search.policy(shares);
  EXPECT_EQ(shares[6], 0);
  EXPECT_NEAR(std::accumulate(shares, shares + ConnectFour::kActions, 0.0F), 1, 1e-6);
  const std::vector<Move> best = search.best_moves();
  EXPECT_EQ(std::ranges::find(best, Move{6}), best.end());
  EXPECT_EQ(best.size(), 6U);
}

TEST(Mcts, AFinishedGameHasItsResultAndNoVisits) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = make_search<ConnectFour>();
  search.reset(*play_text(ConnectFour::start(), "1213141"));
  search.run(uniform, 100, 4);
  EXPECT_TRUE(search.visits().empty());
  EXPECT_TRUE(search.best_moves().empty());
  EXPECT_EQ(search.value(), -1);
}

// ---------------------------------------------------------------- the tree between moves

TEST(Mcts, KeepsTheSubtreeOfTheMovePlayed) {
  Hashed<ConnectFour> evaluator;
  auto search = make_search<ConnectFour>();
  search.reset(ConnectFour::start());
  search.run(evaluator, 2000, 8);
  std::int64_t kept = 0;
  for (const MoveVisits& move : search.visits()) {
    if (move.move == 3) kept = move.visits - 1;  // its own evaluation was one
  }
  ASSERT_GT(kept, 20);
  search.advance(3);
  EXPECT_EQ(search.simulations(), kept);
  expect_sound(search);
  search.run(evaluator, 500, 8);
  EXPECT_EQ(search.simulations(), kept + 500);
  expect_sound(search);
  // The same figures as a subtree and as a tree.
  auto fresh = make_search<ConnectFour>();
  fresh.reset(ConnectFour::start());
  fresh.advance(3);
  EXPECT_EQ(fresh.simulations(), 0);
}

TEST(Mcts, AFullTreeGrowsNoMoreAndSearchesOn) {
  Hashed<ConnectFour> evaluator;
  for (const std::size_t nodes : {1U, 8U, 50U, 1000U}) {
    auto search = make_search<ConnectFour>({.nodes_max = nodes});
    search.reset(ConnectFour::start());
    search.run(evaluator, 2000, 4);
    EXPECT_LE(search.tree().size(), nodes);
    EXPECT_EQ(search.simulations(), nodes >= 8 ? 2000 : 0);
  }
}

TEST(Mcts, NoiseComesOnlyWhenAskedFor) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = make_search<ConnectFour>();
  search.reset(ConnectFour::start());
  search.run(uniform, 0, 1);  // evaluates the root
  for (NodeIndex child = 1; child <= 7; ++child) {
    EXPECT_FLOAT_EQ(search.tree().prior(child), 1.0F / 7);
  }
  Rng rng(1);
  search.add_noise({.alpha = .3F, .share = .25F}, rng);
  float total = 0, largest = 0;
  for (NodeIndex child = 1; child <= 7; ++child) {
    total += search.tree().prior(child);
    largest = std::max(largest, search.tree().prior(child));
    EXPECT_GE(search.tree().prior(child), .75F / 7);
  }
  EXPECT_NEAR(total, 1, 1e-5);
  EXPECT_GT(largest, 1.2F / 7);
  search.run(uniform, 50, 1);
  search.advance(3);
  for (NodeIndex child = 1; child <= 7; ++child) {
    EXPECT_FLOAT_EQ(search.tree().prior(child), 1.0F / 7);
  }
}

TEST(Mcts, OptionsThatMakeNoSenseAreErrors) {
  const auto field_of = [](const SearchOptions& options) {
    const auto search = Mcts<ConnectFour>::create(options);
    return search ? "" : search.error().field;
  };
  EXPECT_EQ(field_of({.exploration = 0}), "exploration");
  EXPECT_EQ(field_of({.exploration = std::nanf("")}), "exploration");
  EXPECT_EQ(field_of({.first_play_reduction = -1}), "first_play_reduction");
  EXPECT_EQ(field_of({.leaves_max = 0}), "leaves_max");
  EXPECT_EQ(field_of({.nodes_max = 0}), "nodes_max");
  EXPECT_EQ(field_of({.considered_moves = 0}), "considered_moves");
  EXPECT_EQ(field_of({.value_scale = -1}), "value_scale");
  EXPECT_EQ(field_of({}), "");
}

// ---------------------------------------------------------------- Gumbel

TEST(Gumbel, HalvesTheMovesUntilTwoAreLeft) {
  const std::vector<int> schedule = halving_schedule(4, 16);
  EXPECT_EQ(schedule, (std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(halving_schedule(1, 3), (std::vector<int>{0, 1, 2}));
  EXPECT_TRUE(halving_schedule(4, 0).empty());
}

TEST(Gumbel, VisitsFollowTheSchedule) {
  Hashed<ConnectFour> evaluator;
  auto search = make_search<ConnectFour>({.root = RootRule::kGumbel, .considered_moves = 4});
  Rng rng(3);
  search.reset(ConnectFour::start());
  search.run(evaluator, 16, 1, &rng);
  std::vector<std::int64_t> visits;
  for (const MoveVisits& move : search.visits()) visits.push_back(move.visits);
  std::ranges::sort(visits);
  EXPECT_EQ(visits, (std::vector<std::int64_t>{0, 0, 0, 2, 2, 6, 6}));
  EXPECT_EQ(search.best_moves().size(), 1U);
  std::vector<float> policy(7);
  search.policy(policy);
  EXPECT_NEAR(std::accumulate(policy.begin(), policy.end(), 0.0F), 1, 1e-5);
}

TEST(Gumbel, FindsWinsAndBlocksWithAFewSimulations) {
  UniformEvaluator<ConnectFour> uniform;
  auto search = make_search<ConnectFour>({.root = RootRule::kGumbel});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    search.reset(*play_text(ConnectFour::start(), "121212"));
    search.run(uniform, 32, 1, &rng);
    EXPECT_EQ(search.best_moves(), std::vector<Move>{0});
    search.reset(*play_text(ConnectFour::start(), "12121"));
    search.run(uniform, 100, 1, &rng);
    EXPECT_EQ(search.best_moves(), std::vector<Move>{0});
  }
}

}  // namespace
}  // namespace hardwon::reason
