#include "train/evaluate.h"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

#include "base/file.h"
#include "base/json.h"
#include "reason/connect_four_solver.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"
#include "train/stages.h"

namespace hardwon::train {
namespace {

using reason::ConnectFour;
using reason::Move;

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

struct Phase {
  const char* name;
  int first, last;  // plies
};
constexpr std::array kPhases = {Phase{"8-15", 8, 15}, Phase{"16-25", 16, 25},
                                Phase{"26-41", 26, 41}};

struct Judged {
  std::size_t phase = 0;
  ConnectFour position;
  std::string moves;
  int value = 0;
  std::vector<Move> best;
};

struct Share {
  std::int64_t kept = 0, all = 0;
  void count(bool is_kept) {
    kept += is_kept ? 1 : 0;
    ++all;
  }
  Json json() const {
    if (all == 0) return nullptr;
    return static_cast<double>(kept) / static_cast<double>(all);
  }
};

struct Tally {
  std::int64_t positions = 0, choices = 0;  // choices: some legal move loses value
  Share net, search, net_choices, search_choices;

  Json json() const {
    return {{"positions", positions},
            {"net", net.json()},
            {"search", search.json()},
            {"with_a_choice", choices},
            {"net_with_a_choice", net_choices.json()},
            {"search_with_a_choice", search_choices.json()}};
  }
};

bool contains(const std::vector<Move>& moves, Move move) {
  return std::ranges::find(moves, move) != moves.end();
}

Result<std::vector<Judged>> make_positions(const EvaluateOptions& options) {
  Rng rng(static_cast<std::uint64_t>(options.seed));
  std::unordered_set<std::uint64_t> seen;
  std::vector<Judged> positions;
  for (std::size_t phase = 0; phase < kPhases.size(); ++phase) {
    const auto span = static_cast<std::uint64_t>(kPhases[phase].last - kPhases[phase].first + 1);
    for (std::int64_t made = 0; made < options.count;) {
      Judged one{.phase = phase};
      const int plies = kPhases[phase].first + static_cast<int>(rng.below(span));
      Move moves[ConnectFour::kMovesMax];
      for (int ply = 0; ply < plies && !one.position.over(); ++ply) {
        const auto count = static_cast<std::uint64_t>(one.position.moves(moves));
        const Move move = moves[rng.below(count)];
        one.moves += ConnectFour::move_text(move);
        one.position.play(move);
      }
      if (one.position.over() || !seen.insert(one.position.key()).second) continue;
      positions.push_back(std::move(one));
      ++made;
    }
  }
  auto solver = TRY(reason::ConnectFourSolver::create({.table_bytes = std::size_t{256} << 20}));
  const auto progress = progress_bar("solving");
  std::int64_t done = 0;
  for (Judged& one : positions) {
    reason::Solution solution = TRY(solver.solve(one.position));
    one.value = solution.value;
    one.best = std::move(solution.best);
    if (progress) progress(++done, std::ssize(positions));
  }
  return positions;
}

Json json_of(const Judged& one) {
  std::string best;
  for (const Move move : one.best) best += ConnectFour::move_text(move);
  return {{"phase", kPhases[one.phase].name},
          {"moves", one.moves},
          {"value", one.value},
          {"best", best}};
}

Result<Judged> parse_judged(std::string_view text) {
  const Json json = TRY(parse_json(text));
  const auto wrong = [] {
    return fail(ErrorCode::kInvalidArgument,
                "expected {\"phase\",\"moves\",\"value\",\"best\"} as `evaluate` writes them");
  };
  if (!json.is_object()) return wrong();
  for (const char* field : {"phase", "moves", "best"}) {
    if (!json.contains(field) || !json[field].is_string()) return wrong();
  }
  if (!json.contains("value") || !json["value"].is_number_integer()) return wrong();
  Judged one{.moves = json["moves"].get<std::string>(), .value = json["value"].get<int>()};
  const auto phase = std::ranges::find_if(
      kPhases, [&](const Phase& p) { return json["phase"].get<std::string>() == p.name; });
  if (phase == kPhases.end()) return wrong();
  one.phase = static_cast<std::size_t>(phase - kPhases.begin());
  one.position = TRY(reason::play_text(ConnectFour::start(), one.moves));
  for (const char c : json["best"].get<std::string>()) {
    const auto token = ConnectFour::read_move({&c, 1});
    if (!token || !reason::is_legal(one.position, token->move)) return wrong();
    one.best.push_back(token->move);
  }
  if (one.best.empty()) return wrong();
  return one;
}

Result<std::vector<Judged>> positions_of(const EvaluateOptions& options) {
  std::error_code ignored;
  if (options.positions.empty() || !std::filesystem::exists(options.positions, ignored)) {
    auto positions = TRY(make_positions(options));
    if (options.positions.empty()) return positions;
    std::string text;
    for (const Judged& one : positions) text += dump_json(json_of(one)) + "\n";
    TRY(write_file_atomically(options.positions, text));
    return positions;
  }
  const std::string text = TRY(read_file(options.positions, kFileBytesMax));
  std::vector<Judged> positions;
  std::int64_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    auto one = parse_judged(std::string_view(text).substr(at, end - at));
    ++line;
    if (!one) {
      one.error().path = options.positions.string();
      one.error().line = line;
      return std::unexpected(one.error());
    }
    positions.push_back(*std::move(one));
    at = end + 1;
  }
  return positions;
}

// The legal move of the highest logit.
Move best_of_net(reason::Evaluator<ConnectFour>& evaluator, const ConnectFour& position) {
  float value = 0, logits[ConnectFour::kActions];
  evaluator.evaluate({&position, 1}, {&value, 1}, logits);
  Move moves[ConnectFour::kMovesMax];
  const int count = position.moves(moves);
  return *std::max_element(moves, moves + count,
                           [&](Move a, Move b) { return logits[a] < logits[b]; });
}

}  // namespace

Result<std::string> evaluate(const EvaluateOptions& options) {
  const auto net = std::make_shared<reason::PolicyNet>(TRY(reason::PolicyNet::load(options.model)));
  auto evaluator = TRY(reason::NetEvaluator<ConnectFour>::create(net));
  auto search = TRY(reason::Mcts<ConnectFour>::create({}));
  const std::vector<Judged> positions = TRY(positions_of(options));
  std::array<Tally, kPhases.size() + 1> tallies;  // the last one: over all
  const auto progress = progress_bar("searching");
  std::int64_t done = 0;
  for (const Judged& one : positions) {
    const bool net_keeps = contains(one.best, best_of_net(evaluator, one.position));
    search.reset(one.position);
    search.run(evaluator, options.simulations, static_cast<int>(options.leaves));
    const std::vector<Move> best = search.best_moves();
    const bool search_keeps = !best.empty() && contains(one.best, best.front());
    Move moves[ConnectFour::kMovesMax];
    const bool choice = std::ssize(one.best) < one.position.moves(moves);
    for (Tally* tally : {&tallies[one.phase], &tallies.back()}) {
      ++tally->positions;
      tally->net.count(net_keeps);
      tally->search.count(search_keeps);
      if (!choice) continue;
      ++tally->choices;
      tally->net_choices.count(net_keeps);
      tally->search_choices.count(search_keeps);
    }
    if (progress) progress(++done, std::ssize(positions));
  }
  Json json = {{"model", options.model.string()}, {"simulations", options.simulations}};
  for (std::size_t phase = 0; phase < kPhases.size(); ++phase) {
    json["plies " + std::string(kPhases[phase].name)] = tallies[phase].json();
  }
  json["all"] = tallies.back().json();
  return dump_json(json);
}

}  // namespace hardwon::train
