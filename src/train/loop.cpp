#include "train/loop.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "train/run_files.h"
#include "train/stages.h"

namespace hardwon::train {
namespace {

namespace fs = std::filesystem;
using reason::PolicyNet;

constexpr std::uint64_t kFirstNet = 1'000'000'004;
constexpr std::size_t kAddedAtOnce = 256;

std::string hex(std::uint64_t model) { return fmt::format("{:016x}", model); }

// ---------------------------------------------------------------- figures

Json json_of(const SelfPlayFigures& figures) {
  return {{"games", figures.games},
          {"first_wins", figures.first_wins},
          {"draws", figures.draws},
          {"second_wins", figures.second_wins},
          {"mean_plies", static_cast<double>(figures.plies) / static_cast<double>(figures.games)},
          {"examples", figures.examples},
          {"simulations", figures.simulations}};
}

Json json_of(const LearningFigures& figures) {
  return {{"steps", figures.steps},
          {"loss", figures.loss},
          {"policy_loss", figures.policy_loss},
          {"value_loss", figures.value_loss},
          {"gradient_norm", figures.gradient_norm},
          {"value_error", figures.value_error},
          {"learning_rate", figures.learning_rate},
          {"beta", figures.beta}};
}

Json json_of(const reason::SeatRecord& seat) {
  return {{"wins", seat.wins}, {"draws", seat.draws}, {"losses", seat.losses}};
}

Json json_of(const reason::MatchResult& match) {
  Json json = {{"verdict", reason::verdict_name(match.verdict)},
               {"score", match.score()},
               {"pairs", match.pairs.pairs},
               {"first", json_of(match.first)},
               {"second", json_of(match.second)},
               {"mean_plies", match.mean_plies()},
               {"elo", nullptr},
               {"candidate_value", nullptr},
               {"best_value", nullptr}};
  if (const auto elo = match.elo()) json["elo"] = {elo->low, elo->mean, elo->high};
  if (const auto value = match.mean_candidate_value()) json["candidate_value"] = *value;
  if (const auto value = match.mean_best_value()) json["best_value"] = *value;
  return json;
}

Json promotion_json(std::int64_t iteration, const PolicyNet& net, const Json& arena) {
  return {{"iteration", iteration},
          {"model", hex(net.model())},
          {"reason", arena.is_null() ? "first net" : "promoted by the arena"},
          {"arena", arena}};
}

// added: called after each batch.
Result<void> add_in_batches(Dataset& dataset, std::span<const Example> examples,
                            const ExampleSource& source, const std::function<void()>& added) {
  while (!examples.empty()) {
    const auto batch = examples.first(std::min(examples.size(), kAddedAtOnce));
    TRY(dataset.add(batch, source));
    examples = examples.subspan(batch.size());
    added();
  }
  return {};
}

// ---------------------------------------------------------------- the loop

template <reason::Game G>
class Loop {
 public:
  static Result<Loop> open(const TrainConfig& config, bool resume, const Watch& watch) {
    const RunFiles files{.directory = config.directory};
    TRY(make_directories(files.directory));
    std::error_code ignored;
    const bool found = fs::exists(files.checkpoint(), ignored);
    if (found && !resume) {
      return std::unexpected(Error{.code = ErrorCode::kConflict,
                                   .message = "a run is there already; --resume goes on with it",
                                   .path = files.directory.string()});
    }
    // First, since its lock keeps a second process away from all of the run.
    auto dataset = TRY(Dataset::open(files.buffer(), config.buffer,
                                     {.inputs = G::kInputs, .actions = G::kActions}));
    Checkpoint state = found ? TRY(load(config, files)) : TRY(first_state(config));
    const auto latest = TRY(PolicyNet::create(state.shape, state.latest));
    auto trainer = TRY(nets::PolicyTrainer::create(latest, trainer_options(config.training)));
    TRY(trainer.set_state(state.optimiser));
    Loop loop(config, files, std::move(dataset), std::move(state), std::move(trainer));
    loop.watch_ = watch;
    if (!found) TRY(save_checkpoint(loop.state_, files.checkpoint()));
    loop.reached("checkpoint.opened");
    TRY(loop.make_true());
    return loop;
  }

  Result<void> run() {
    while (state_.iteration < config_.iterations) TRY(iterate());
    return {};
  }

 private:
  Loop(const TrainConfig& config, RunFiles files, Dataset dataset, Checkpoint state,
       nets::PolicyTrainer trainer)
      : config_(config),
        files_(std::move(files)),
        dataset_(std::move(dataset)),
        state_(std::move(state)),
        trainer_(std::move(trainer)),
        cpu_before_(state_.cpu_seconds - processor_seconds()) {}

  static reason::NetShape shape_of(const TrainConfig& config) {
    return reason::net_shape<G>(static_cast<int>(config.hidden1), static_cast<int>(config.hidden2));
  }

  static Result<Checkpoint> load(const TrainConfig& config, const RunFiles& files) {
    Checkpoint state = TRY(load_checkpoint(files.checkpoint()));
    auto same = check_resumable(config, state.config);
    if (same && state.shape != shape_of(config)) {
      same = fail(ErrorCode::kInvalidArgument, "holds nets of another shape");
    }
    if (!same) {
      same.error().path = files.checkpoint().string();
      return std::unexpected(same.error());
    }
    return state;
  }

  static Result<Checkpoint> first_state(const TrainConfig& config) {
    const auto seed = static_cast<std::uint64_t>(config.seed);
    const auto net = TRY(PolicyNet::random(shape_of(config), derived_seed(seed, kFirstNet, 0)));
    const auto trainer = TRY(nets::PolicyTrainer::create(net, {}));
    return Checkpoint{.config = config_text(config),
                      .shape = net.shape(),
                      .latest = net.weights(),
                      .best = net.weights(),
                      .optimiser = trainer.state(),
                      .promotion = dump_json(promotion_json(0, net, nullptr))};
  }

  // What the checkpoint says, in the buffer and in the other files.
  Result<void> make_true() {
    TRY(dataset_.set_errors(state_.errors));
    reached("errors.set");
    TRY(publish_figures(state_, files_));
    reached("figures.published");
    return publish_nets(state_, files_);
  }

  void reached(std::string_view step) const {
    log(LogLevel::kInfo, step, {{"iteration", state_.iteration}});
    if (watch_) watch_(step);
  }

  double cpu_seconds() const { return cpu_before_ + processor_seconds(); }

  Result<void> iterate() {
    const std::int64_t iteration = state_.iteration + 1;
    const CorrelationScope scope(fmt::format("{}/iteration-{}", run_id_, iteration));
    reached("iteration.started");
    Checkpoint next{.config = config_text(config_),
                    .shape = state_.shape,
                    .iteration = iteration,
                    .promotions = state_.promotions,
                    .best = state_.best};
    Json metrics = {{"iteration", iteration}, {"data_source", "replay"}};
    Json spent = Json::object();
    const auto timed = [&](const char* stage, const Result<Json>& figures) -> Result<void> {
      metrics[stage] = TRY(figures);
      spent[stage] = cpu_seconds() - since_;
      since_ = cpu_seconds();
      return {};
    };
    since_ = cpu_seconds();
    TRY(timed("self_play", play(iteration)));
    next.examples = dataset_.added();
    metrics["buffer"] = {{"size", dataset_.size()}, {"added", next.examples}};
    TRY(timed("training", train(iteration, &next.errors)));
    const auto latest = TRY(trainer_.net());
    next.latest = latest.weights();
    next.optimiser = trainer_.state();
    TRY(timed("arena", compete(metrics["training"].is_null(), next)));
    metrics["promoted"] = !next.promotion.empty();
    metrics["promotions"] = next.promotions;
    metrics["best_model"] = hex(TRY(PolicyNet::create(next.shape, next.best)).model());
    metrics["latest_model"] = hex(latest.model());
    spent["total"] = next.cpu_seconds = cpu_seconds();
    metrics["cpu_seconds"] = std::move(spent);
    next.metrics = dump_json(metrics);
    return commit(std::move(next));
  }

  Result<void> commit(Checkpoint next) {
    TRY(dataset_.flush());
    TRY(save_checkpoint(next, files_.checkpoint()));
    state_ = std::move(next);
    reached("checkpoint.saved");
    TRY(make_true());
    log(LogLevel::kInfo, "iteration.done",
        {{"iteration", state_.iteration},
         {"promoted", !state_.promotion.empty()},
         {"cpu_seconds", state_.cpu_seconds}});
    return {};
  }

  // Plays the iteration's games; the examples that a killed process had added already stay.
  Result<Json> play(std::int64_t iteration) {
    const bool best = config_.self_play.model == "best";
    const auto net = TRY(PolicyNet::create(state_.shape, best ? state_.best : state_.latest));
    SelfPlayFigures figures;
    const std::vector<Example> examples = TRY(self_play<G>(config_, net, iteration, figures));
    reached("self_play.done");
    const std::uint64_t added = dataset_.added();
    if (added < state_.examples || added - state_.examples > examples.size()) {
      return std::unexpected(
          Error{.code = ErrorCode::kCorruption,
                .message = fmt::format("the buffer was given {} examples, the checkpoint knows of "
                                       "{}: it is not this run's",
                                       added, state_.examples),
                .path = files_.buffer().string()});
    }
    const ExampleSource source{.iteration = iteration, .model = hex(net.model())};
    TRY(add_in_batches(dataset_, std::span(examples).subspan(added - state_.examples), source,
                       [this] { reached("examples.added"); }));
    Json json = json_of(figures);
    json["model"] = hex(net.model());
    return json;
  }

  // null while the buffer is not ready: the next iteration plays on.
  Result<Json> train(std::int64_t iteration, std::vector<ExampleError>* errors) {
    if (const auto ready = dataset_.ready(); !ready) {
      log(LogLevel::kInfo, "training.not_ready", {{"why", ready.error().message}});
      return Json(nullptr);
    }
    const LearningJob job{.iteration = iteration, .progress = progress_bar("training")};
    Json json = json_of(TRY(learn(dataset_, trainer_, symmetries<G>(), config_, job, errors)));
    reached("training.done");
    return json;
  }

  // null when it is not time for a match.
  Result<Json> compete(bool untrained, Checkpoint& next) {
    if (untrained || next.iteration % config_.arena.interval != 0) return Json(nullptr);
    const auto latest = TRY(PolicyNet::create(next.shape, next.latest));
    const auto best = TRY(PolicyNet::create(next.shape, next.best));
    const auto match = TRY(play_arena<G>(config_, latest, best, next.iteration));
    Json json = json_of(match);
    reached("arena.done");
    if (match.verdict != reason::Verdict::kPromote) return json;
    next.best = next.latest;
    ++next.promotions;
    next.promotion = dump_json(promotion_json(next.iteration, latest, json));
    return json;
  }

  TrainConfig config_;
  RunFiles files_;
  Dataset dataset_;
  Checkpoint state_;
  nets::PolicyTrainer trainer_;
  Watch watch_;
  double cpu_before_, since_ = 0;
  std::string run_id_ = fmt::format("train-{:08x}", random_bits() >> 32);
};

// ---------------------------------------------------------------- single stages

Result<RunFiles> stage_files(const TrainConfig& config) {
  const RunFiles files{.directory = config.directory};
  TRY(make_directories(files.directory));
  std::error_code ignored;
  if (!fs::exists(files.checkpoint(), ignored)) return files;
  return std::unexpected(Error{.code = ErrorCode::kConflict,
                               .message = "a run lives here; single stages need a directory of "
                                          "their own",
                               .path = files.directory.string()});
}

// The net of a file, or a first net where there is none.
template <reason::Game G>
Result<PolicyNet> net_or_first(const TrainConfig& config, const fs::path& path) {
  std::error_code ignored;
  const auto shape =
      reason::net_shape<G>(static_cast<int>(config.hidden1), static_cast<int>(config.hidden2));
  if (!fs::exists(path, ignored)) {
    return PolicyNet::random(shape,
                             derived_seed(static_cast<std::uint64_t>(config.seed), kFirstNet, 0));
  }
  auto net = TRY(PolicyNet::load(path));
  if (net.shape() == shape) return net;
  return std::unexpected(
      Error{.code = ErrorCode::kInvalidArgument,
            .message = fmt::format("holds a net for {} of {} and {} units, "
                                   "expected {} of {} and {}",
                                   net.shape().game, net.shape().hidden1, net.shape().hidden2,
                                   shape.game, shape.hidden1, shape.hidden2),
            .path = path.string(),
            .field = "net"});
}

}  // namespace

Result<void> run_training(const TrainConfig& config, bool resume, const Watch& watch) {
  return with_game(config.game, [&]<reason::Game G>() -> Result<void> {
    return TRY(Loop<G>::open(config, resume, watch)).run();
  });
}

Result<std::string> run_self_play(const TrainConfig& config) {
  const RunFiles files = TRY(stage_files(config));
  return with_game(config.game, [&]<reason::Game G>() -> Result<std::string> {
    const auto net = TRY(net_or_first<G>(config, files.best()));
    auto dataset = TRY(Dataset::open(files.buffer(), config.buffer,
                                     {.inputs = G::kInputs, .actions = G::kActions}));
    // No two calls play the same games, nor use the same ids.
    const auto iteration = static_cast<std::int64_t>(dataset.added()) + 1;
    SelfPlayFigures figures;
    const auto examples = TRY(self_play<G>(config, net, iteration, figures));
    TRY(add_in_batches(dataset, examples, {.iteration = iteration, .model = hex(net.model())},
                       [] {}));
    TRY(dataset.flush());
    return dump_json(json_of(figures));
  });
}

Result<std::string> run_learning(const TrainConfig& config) {
  const RunFiles files = TRY(stage_files(config));
  return with_game(config.game, [&]<reason::Game G>() -> Result<std::string> {
    auto dataset = TRY(Dataset::open(files.buffer(), config.buffer,
                                     {.inputs = G::kInputs, .actions = G::kActions}));
    auto trainer = TRY(nets::PolicyTrainer::create(TRY(net_or_first<G>(config, files.latest())),
                                                   trainer_options(config.training)));
    std::vector<ExampleError> errors;
    const LearningJob job{.progress = progress_bar("training")};
    const auto figures = TRY(learn(dataset, trainer, symmetries<G>(), config, job, &errors));
    TRY(TRY(trainer.net()).save(files.latest()));
    TRY(dataset.set_errors(errors));
    return dump_json(json_of(figures));
  });
}

Result<std::string> run_arena(const TrainConfig& config) {
  const RunFiles files = TRY(stage_files(config));
  return with_game(config.game, [&]<reason::Game G>() -> Result<std::string> {
    const auto candidate = TRY(net_or_first<G>(config, files.latest()));
    const auto best = TRY(net_or_first<G>(config, files.best()));
    const Json json = json_of(TRY(play_arena<G>(config, candidate, best, 1)));
    if (json["verdict"] == reason::verdict_name(reason::Verdict::kPromote)) {
      TRY(append_line(files.promotions(), dump_json(promotion_json(0, candidate, json)),
                      {.durable = true}));
      TRY(candidate.save(files.best()));
    }
    return dump_json(json);
  });
}

}  // namespace hardwon::train
