// `hardwon lab …`: games, tree search and exact solvers.  Needs no store.

#include <fmt/format.h>

#include <array>
#include <memory>
#include <ostream>

#include "apps/operations.h"
#include "apps/views.h"
#include "base/text.h"
#include "reason/connect_four.h"
#include "reason/connect_four_solver.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"
#include "reason/nim.h"
#include "reason/othello.h"
#include "reason/tic_tac_toe.h"

namespace hardwon::apps {
namespace {

using reason::ConnectFour;
using reason::ConnectFourSolver;
using reason::Evaluator;
using reason::Game;
using reason::Mcts;
using reason::Move;
using reason::MoveVisits;
using reason::NetEvaluator;
using reason::Nim;
using reason::Othello;
using reason::PolicyNet;
using reason::RolloutEvaluator;
using reason::RootRule;
using reason::Solution;
using reason::TicTacToe;
using reason::UniformEvaluator;

constexpr std::size_t kLineBytesMax = 1 << 20;

// ---------------------------------------------------------------- games by name

// Calls body.operator()<G>() for the game that was asked for.
template <typename Body>
auto with_game(const Json& request, Body body) {
  const std::string game = text_of(request, "game");
  if (game == TicTacToe::kName) return body.template operator()<TicTacToe>();
  if (game == Nim::kName) return body.template operator()<Nim>();
  if (game == ConnectFour::kName) return body.template operator()<ConnectFour>();
  if (text_of(request, "size", "8") == "6") return body.template operator()<Othello<6>>();
  return body.template operator()<Othello<8>>();
}

Result<void> check_size(const Json& request) {
  if (!request.contains("size") || text_of(request, "game") == "othello") return {};
  return bad_option("size", "only othello is played on boards of several sizes");
}

template <Game G>
Result<std::unique_ptr<Evaluator<G>>> make_evaluator(const Json& request) {
  const auto rollouts = integer_of(request, "rollouts", 0);
  if (const std::string path = text_of(request, "model"); !path.empty()) {
    if (rollouts > 0) return bad_option("rollouts", "a model evaluates: give one of the two");
    auto net = std::make_shared<const PolicyNet>(TRY(PolicyNet::load(path)));
    return std::make_unique<NetEvaluator<G>>(TRY(NetEvaluator<G>::create(std::move(net))));
  }
  if (rollouts > 0) {
    const auto seed = static_cast<std::uint64_t>(integer_of(request, "seed", 0));
    return std::make_unique<RolloutEvaluator<G>>(static_cast<int>(rollouts), seed);
  }
  return std::make_unique<UniformEvaluator<G>>();
}

// A search as the options say, ready for one position after another.
template <Game G>
class Searcher {
 public:
  static Result<Searcher> create(const Json& request) {
    const bool gumbel = text_of(request, "rule", "puct") == "gumbel";
    Searcher searcher(TRY(Mcts<G>::create(
        {.root = gumbel ? RootRule::kGumbel : RootRule::kPuct, .nodes_max = 1 << 27})));
    searcher.evaluator_ = TRY(make_evaluator<G>(request));
    searcher.simulations_ = integer_of(request, "sims", 800);
    searcher.seed_ = static_cast<std::uint64_t>(integer_of(request, "seed", 0));
    // A batch costs a net less for each position, and the search a little of its precision.
    searcher.leaves_ = searcher.evaluator_->has_policy() ? 8 : 1;
    return searcher;
  }
  const Mcts<G>& run(const G& position) {
    Rng rng(seed_);  // for each position anew: answers do not depend on their order
    search_.reset(position);
    search_.run(*evaluator_, simulations_, leaves_, &rng);
    return search_;
  }

 private:
  explicit Searcher(Mcts<G> search) : search_(std::move(search)) {}

  Mcts<G> search_;
  std::unique_ptr<Evaluator<G>> evaluator_;
  std::int64_t simulations_ = 0;
  std::uint64_t seed_ = 0;
  int leaves_ = 1;
};

template <Game G>
Json move_texts(const std::vector<Move>& moves) {
  Json texts = Json::array();
  for (const Move move : moves) texts.push_back(G::move_text(move));
  return texts;
}

// ---------------------------------------------------------------- lines of positions

struct PositionLine {
  Json id;
  std::string moves;
};

std::unexpected<Error> bad_line_field(std::string field, std::string expected) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = "expected " + std::move(expected),
                               .field = std::move(field)});
}

Result<PositionLine> parse_position(const std::string& text) {
  if (text.size() > kLineBytesMax) return bad_line_field("", "a line of at most 1 MiB");
  const Json json = TRY(parse_json(text));
  if (!json.is_object()) return bad_line_field("", "a JSON object");
  PositionLine line;
  bool moves = false;
  for (const auto& [key, value] : json.items()) {
    if (key == "id") {
      line.id = value;
    } else if (key == "moves") {
      if (!value.is_string()) return bad_line_field("/moves", "a text");
      line.moves = value.get<std::string>();
      moves = true;
    } else {
      return bad_line_field("/" + key, "no field of this name (known: id, moves)");
    }
  }
  if (!moves) return bad_line_field("/moves", "the moves played so far, such as \"4453\"");
  return line;
}

// The id of a line whose other fields are wrong, so that its error finds its question.
Json id_of(const std::string& text) {
  const auto json = text.size() > kLineBytesMax ? Result<Json>(Json()) : parse_json(text);
  return json && json->is_object() && json->contains("id") ? (*json)["id"] : Json(nullptr);
}

std::string text_of_answer(const Json& answer) {
  const std::string id =
      answer["id"].is_string() ? answer["id"].get<std::string>() : dump_json(answer["id"]);
  if (answer.contains("error")) {
    const Json& error = answer["error"];
    return fmt::format("{}: {}\n", error["line"].get<std::int64_t>(),
                       error["message"].get<std::string>());
  }
  std::string best;
  for (const Json& move : answer["best"]) best += " " + move.get<std::string>();
  return fmt::format("{}: {}, value {:+.3g}\n", id,
                     best.empty() ? "the game is over" : "best" + best,
                     answer["value"].get<double>());
}

// answer(position): the object without its id, or an error of this line alone; the others are
// answered all the same.
template <Game G, typename Answer>
Result<Reply> answer_lines(Context& context, const Json& request, Answer answer) {
  const std::string path = text_of(request, "positions");
  bool all = true;
  const auto take = [&](std::int64_t number, const std::string& text) -> Result<void> {
    Json json = {{"id", nullptr}};
    const auto answered = [&]() -> Result<void> {
      const PositionLine line = TRY(parse_position(text));
      json["id"] = line.id;
      auto position = reason::play_text(G::start(), line.moves);
      if (!position) {
        position.error().field = "/moves";
        return std::unexpected(std::move(position).error());
      }
      json.update(TRY(answer(*position)));
      return {};
    }();
    if (!answered) {
      Error error = answered.error();
      error.path = path;
      error.line = number;
      json = {{"id", id_of(text)}};
      json.update(error_json(error));
      all = false;
    }
    *context.output << (context.json ? dump_json(json) + "\n" : text_of_answer(json));
    return {};
  };
  TRY(each_line(context, path, take));
  return Reply{.exit_code = all ? 0 : 2};
}

// ---------------------------------------------------------------- search and solve

template <Game G>
Json search_json(const Mcts<G>& search) {
  Json visits = Json::array();
  for (const MoveVisits& move : search.visits()) {
    visits.push_back({{"move", G::move_text(move.move)}, {"n", move.visits}});
  }
  return {{"best", move_texts<G>(search.best_moves())},
          {"visits", std::move(visits)},
          {"value", search.value()},
          {"proven", search.proven_value().has_value()}};
}

Result<Reply> search_positions(Context& context, const Json& request) {
  TRY(check_size(request));
  return with_game(request, [&]<Game G>() -> Result<Reply> {
    auto searcher = TRY(Searcher<G>::create(request));
    return answer_lines<G>(context, request, [&](const G& position) -> Result<Json> {
      return search_json(searcher.run(position));
    });
  });
}

Result<Reply> solve_positions(Context& context, const Json& request) {
  const auto megabytes = static_cast<std::size_t>(integer_of(request, "table_mb", 64));
  auto solver = TRY(ConnectFourSolver::create({.table_bytes = megabytes << 20}));
  return answer_lines<ConnectFour>(
      context, request, [&](const ConnectFour& position) -> Result<Json> {
        const Solution solution = TRY(solver.solve(position));
        return Json{{"value", solution.value}, {"best", move_texts<ConnectFour>(solution.best)}};
      });
}

// ---------------------------------------------------------------- play

// One game between the search and whoever writes moves to stdin.
template <Game G>
class Table {
 public:
  Table(Context& context, Searcher<G> searcher, bool person_first)
      : context_(context), searcher_(std::move(searcher)), person_first_(person_first) {}

  Result<Reply> run() {
    show();
    while (!position_.over()) {
      if (person_to_move()) {
        if (!read_move()) {  // the input has ended
          finish(nullptr);
          return Reply{.exit_code = 1};
        }
      } else {
        const Mcts<G>& search = searcher_.run(position_);
        const std::vector<Move> best = search.best_moves();
        if (best.empty()) return fail(ErrorCode::kConflict, "the search found no move");
        const float value = search.value();
        play(best.front(), "search", &value);
      }
      show();
    }
    const int result = person_to_move() ? position_.result() : -position_.result();
    finish(result > 0 ? "win" : result < 0 ? "loss" : "draw");
    return Reply{};
  }

 private:
  bool person_to_move() const { return position_.first_to_move() == person_first_; }

  void show() {
    if (context_.json) return;
    *context_.output << '\n' << position_.text();
    if (person_to_move() && !position_.over()) *context_.output << "your move> ";
    context_.output->flush();
  }

  void play(Move move, const char* by, const float* value) {
    position_.play(move);
    moves_ += G::move_text(move);
    if (!context_.json) {
      if (value != nullptr) *context_.output << "search plays " << G::move_text(move) << '\n';
      return;
    }
    Json line = {{"ply", ++ply_}, {"by", by}, {"move", G::move_text(move)}};
    if (value != nullptr) line["value"] = *value;
    *context_.output << dump_json(line) << std::endl;
  }

  // A move that cannot be played is answered with its error, and asked for again.
  bool read_move() {
    std::string text;
    while (std::getline(*context_.input, text)) {
      const std::string_view typed = trim(text);
      if (typed.empty()) continue;
      const auto token = G::read_move(typed);
      if (token && token->size == typed.size() && reason::is_legal(position_, token->move)) {
        play(token->move, "you", nullptr);
        return true;
      }
      const Error error = reason::move_error(typed, 0, std::min<std::size_t>(typed.size(), 40),
                                             reason::legal_move_texts(position_));
      if (context_.json) {
        *context_.output << dump_json(error_json(error)) << std::endl;
      } else {
        *context_.output << error.message << "\nyour move> " << std::flush;
      }
    }
    return false;
  }

  void finish(const char* result) {
    if (!context_.json) {
      *context_.output << (result == nullptr ? std::string("unfinished\n")
                                             : fmt::format("you: {}\n", result));
      return;
    }
    *context_.output << dump_json({{"result", result == nullptr ? Json(nullptr) : Json(result)},
                                   {"moves", moves_}})
                     << std::endl;
  }

  Context& context_;
  Searcher<G> searcher_;
  bool person_first_;
  G position_ = G::start();
  std::string moves_;
  int ply_ = 0;
};

Result<Reply> play_game(Context& context, const Json& request) {
  TRY(check_size(request));
  return with_game(request, [&]<Game G>() -> Result<Reply> {
    return Table<G>(context, TRY(Searcher<G>::create(request)), !flag_of(request, "second")).run();
  });
}

// ---------------------------------------------------------------- the table

// The answer has been written line by line.
std::string no_text(const Reply&) { return ""; }

constexpr std::string_view kGroup = "Lab";
constexpr std::string_view kGames = "tic-tac-toe|connect-four|othello|nim";

constexpr Param kGame = {
    .name = "game", .help = "what is played", .required = true, .choices = kGames};
constexpr Param kPositions = {.name = "positions",
                              .help = "JSON lines {\"id\",\"moves\"}; - for standard input",
                              .required = true};
constexpr Param kSize = {
    .name = "size", .help = "board of othello", .choices = "6|8", .fallback = "8"};
constexpr Param kSims = {.name = "sims",
                         .type = ParamType::kInteger,
                         .help = "simulations a move",
                         .low = 1,
                         .high = 5'000'000,
                         .fallback = "800"};
constexpr Param kModel = {.name = "model", .help = "a policy-value net that evaluates (*.policy)"};
constexpr Param kSeed = {.name = "seed",
                         .type = ParamType::kInteger,
                         .help = "of rollouts and of gumbel",
                         .low = 0,
                         .high = 9e15,
                         .fallback = "0"};
constexpr Param kRollouts = {.name = "rollouts",
                             .type = ParamType::kInteger,
                             .help = "random games a leaf instead of value 0",
                             .low = 0,
                             .high = 1000,
                             .fallback = "0"};
constexpr Param kRule = {
    .name = "rule", .help = "choice at the root", .choices = "puct|gumbel", .fallback = "puct"};

constexpr std::array kSearchParams = {kGame,  kPositions, kSize,     kSims,
                                      kModel, kSeed,      kRollouts, kRule};
constexpr std::array kPlayParams = {
    kGame, kSize,
    kSims, kModel,
    kSeed, kRollouts,
    kRule, Param{.name = "second", .type = ParamType::kFlag, .help = "the search moves first"}};
constexpr std::array kSolveParams = {
    Param{.name = "game", .help = "what is solved", .required = true, .choices = "connect-four"},
    kPositions,
    Param{.name = "table-mb",
          .type = ParamType::kInteger,
          .help = "memory of the solver's table in MiB",
          .low = 1,
          .high = 16384,
          .fallback = "64"}};

}  // namespace

const Operation kLabSearch = {
    .name = "lab search",
    .group = kGroup,
    .summary = "Search the best move of positions",
    .details =
        "A position is the moves that led to it: connect-four columns 1 to 7, tic-tac-toe "
        "cells 1 to 9,\nothello squares d3c4 (pass: --), nim heap and number b3.\n\n"
        "  echo '{\"id\":1,\"moves\":\"4453\"}' | hardwon lab search --game connect-four "
        "--positions -",
    .params = kSearchParams,
    .run = search_positions,
    .text = no_text,
    .streams = true};
const Operation kLabSolve = {.name = "lab solve",
                             .group = kGroup,
                             .summary = "Exact values and every best move",
                             .params = kSolveParams,
                             .run = solve_positions,
                             .text = no_text,
                             .streams = true};
const Operation kLabPlay = {.name = "lab play",
                            .group = kGroup,
                            .summary = "Play a game against the search",
                            .params = kPlayParams,
                            .run = play_game,
                            .text = no_text,
                            .streams = true};

}  // namespace hardwon::apps
