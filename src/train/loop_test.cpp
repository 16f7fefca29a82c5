#include "train/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "train/checkpoint.h"
#include "train/curves.h"
#include "train/run_files.h"

namespace hardwon::train {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileMax = 64 << 20;

class Training : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  // The smallest run in which everything happens: training, evictions, promotions.
  TrainConfig config(const std::string& name = "run") const {
    TrainConfig config{.game = "tic-tac-toe",
                       .directory = (folder / name).string(),
                       .iterations = 4,
                       .hidden1 = 16,
                       .hidden2 = 16};
    config.self_play.games = 40;
    config.self_play.simulations = 12;
    config.self_play.fast_simulations = 4;
    config.self_play.full_search_share = 0.7;
    config.self_play.temperature_plies = 2;
    config.buffer.capacity = 500;
    config.buffer.size_min = 30;
    config.training.batch = 16;
    config.training.steps = 12;
    config.training.learning_rate = 0.01;
    config.arena.simulations = 4;
    config.arena.opening_plies = 2;
    config.arena.openings = 12;
    config.arena.pairs_max = 16;
    config.arena.elo_low = -200;
    return config;
  }
  static std::string read(const fs::path& path) {
    const auto bytes = read_file(path, kFileMax);
    return bytes ? *bytes : "";
  }
  static std::vector<Json> lines(const fs::path& path) {
    std::vector<Json> all;
    const std::string text = read(path);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      all.push_back(*parse_json(text.substr(at, text.find('\n', at) - at)));
    }
    return all;
  }
  // All that a run leaves, without the time it took.
  static std::string outcome(const TrainConfig& config) {
    const RunFiles files{.directory = config.directory};
    std::string all;
    for (Json line : lines(files.metrics())) {
      line.erase("cpu_seconds");
      all += dump_json(line) + "\n";
    }
    all += read(files.promotions()) + read(files.best()) + read(files.latest());
    const auto checkpoint = load_checkpoint(files.checkpoint());
    EXPECT_TRUE(checkpoint);
    if (!checkpoint) return all;
    for (const ExampleError& error : checkpoint->errors) {
      all += error.id + " " + std::to_string(error.error) + "\n";
    }
    return all;
  }
  std::string run(const TrainConfig& config) {
    const auto done = run_training(config, true);
    EXPECT_TRUE(done) << done.error().message;
    return outcome(config);
  }

  fs::path folder = fs::path(::testing::TempDir()) / "hardwon_train_test";
};

TEST_F(Training, LearnsAndRecordsWhatItPromotes) {
  ASSERT_TRUE(run_training(config(), false));
  const RunFiles files{.directory = config().directory};
  const auto metrics = lines(files.metrics());
  ASSERT_EQ(metrics.size(), 4U);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    EXPECT_EQ(metrics[i]["iteration"], i + 1);
    EXPECT_EQ(metrics[i]["data_source"], "replay");
    EXPECT_EQ(metrics[i]["training"]["steps"], 12);
    EXPECT_FALSE(metrics[i]["arena"]["verdict"].is_null());
  }
  EXPECT_LT(metrics[3]["training"]["policy_loss"], metrics[0]["training"]["policy_loss"]);
  const auto promotions = lines(files.promotions());
  ASSERT_GE(promotions.size(), 2U) << "no candidate was better than a first net";
  EXPECT_EQ(promotions[0]["reason"], "first net");
  EXPECT_EQ(promotions.back()["model"], metrics[3]["best_model"]);
  EXPECT_EQ(metrics[3]["promotions"], promotions.size() - 1);
  const auto best = reason::PolicyNet::load(files.best());
  ASSERT_TRUE(best);
  const auto kept =
      reason::PolicyNet::load(files.model(promotions.back()["iteration"].get<std::int64_t>()));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->model(), best->model());
  EXPECT_TRUE(read(files.curves()).contains("<polyline"));
}

// Dies at the n-th step of its process.
void die_at(const TrainConfig& config, int n) {
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, STDERR_FILENO);
  int steps = 0;
  const auto done = run_training(config, true, [&](std::string_view) {
    if (++steps == n) ::kill(::getpid(), SIGKILL);
  });
  ::_exit(done ? 0 : 1);
}

// kill -9 at every step of a run there is, once each, in one long suffering run and in runs of
// their own.
TEST_F(Training, KilledAnywhereItEndsAsIfNothingHadHappened) {
  const std::string whole = run(config("whole"));
  ASSERT_FALSE(whole.empty());
  const auto suffer = [](const TrainConfig& of, int at) {
    const pid_t child = ::fork();
    if (child == 0) die_at(of, at);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
  };
  int kills = 0;
  for (int at = 1; suffer(config("once"), at); ++at, ++kills) {
    EXPECT_EQ(run(config("once")), whole) << "killed at step " << at;
    fs::remove_all(config("once").directory);
  }
  EXPECT_GT(kills, 30);
  // A process comes no farther than six steps, and the run is done all the same.
  const TrainConfig often = config("often");
  for (int i = 0; suffer(often, 6 + i % 5); ++i) ASSERT_LT(i, 100);
  EXPECT_EQ(outcome(often), whole);
}

TEST_F(Training, ARunIsNotOverwrittenAndGoesOnOnlyWithItsOwnConfiguration) {
  TrainConfig first = config();
  first.iterations = 1;
  ASSERT_TRUE(run_training(first, false));
  EXPECT_EQ(run_training(first, false).error().code, ErrorCode::kConflict);
  TrainConfig other = first;
  other.training.steps = 13;
  const auto refused = run_training(other, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "training.steps");
  other = first;
  other.hidden1 = 32;
  EXPECT_EQ(run_training(other, true).error().field, "net.hidden1");
  other = first;
  other.game = "connect-four";
  EXPECT_EQ(run_training(other, true).error().field, "game");
  for (const auto stage : {run_self_play, run_learning, run_arena}) {
    EXPECT_EQ(stage(first).error().code, ErrorCode::kConflict);
  }
}

TEST_F(Training, ADamagedCheckpointAndALostBufferAreErrorsAndTheBestNetStays) {
  TrainConfig config = this->config();
  ASSERT_TRUE(run_training(config, false));
  config.iterations = 6;
  const RunFiles files{.directory = config.directory};
  const std::string best = read(files.best()), checkpoint = read(files.checkpoint());
  ASSERT_TRUE(write_file_atomically(files.checkpoint(), checkpoint.substr(0, 5000)));
  EXPECT_EQ(run_training(config, true).error().code, ErrorCode::kCorruption);
  ASSERT_TRUE(write_file_atomically(files.checkpoint(), "something else"));
  EXPECT_EQ(run_training(config, true).error().code, ErrorCode::kCorruption);
  ASSERT_TRUE(write_file_atomically(files.checkpoint(), checkpoint));
  fs::rename(files.buffer(), folder / "aside");
  EXPECT_EQ(run_training(config, true).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(read(files.best()), best);
  fs::remove_all(files.buffer());
  fs::rename(folder / "aside", files.buffer());
  EXPECT_TRUE(run_training(config, true));
}

TEST_F(Training, AFullDiskIsAnErrorAndLosesNothing) {
  const std::string whole = run(config("whole"));
  const TrainConfig config = this->config();
  const RunFiles files{.directory = config.directory};
  std::string best;
  int trained = 0;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto previous = ::signal(SIGXFSZ, SIG_IGN);
  const auto refused = run_training(config, true, [&](std::string_view step) {
    if (step != "training.done" || ++trained != 3) return;
    best = read(files.best());
    const rlimit full{.rlim_cur = 4096, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, previous);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_TRUE(refused.error().message.contains("disk full")) << refused.error().message;
  EXPECT_EQ(read(files.best()), best);
  EXPECT_EQ(run(config), whole);
}

TEST_F(Training, ABufferThatIsNotReadyIsPlayedFullBeforeTraining) {
  TrainConfig config = this->config();
  config.buffer.size_min = 300;
  ASSERT_TRUE(run_training(config, false));
  const auto metrics = lines(RunFiles{.directory = config.directory}.metrics());
  EXPECT_TRUE(metrics[0]["training"].is_null());
  EXPECT_TRUE(metrics[0]["arena"].is_null());
  EXPECT_FALSE(metrics[3]["training"].is_null());
}

TEST_F(Training, StagesWorkAlone) {
  TrainConfig config = this->config("stages");
  const auto early = run_learning(config);
  ASSERT_FALSE(early);
  EXPECT_TRUE(early.error().message.contains("not ready")) << early.error().message;
  ASSERT_TRUE(run_self_play(config));
  const auto again = run_self_play(config);  // other games, other ids
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*parse_json(*again))["games"], 40);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(run_learning(config));
  const auto match = run_arena(config);
  ASSERT_TRUE(match) << match.error().message;
  const RunFiles files{.directory = config.directory};
  const bool promoted = (*parse_json(*match))["verdict"] == "promote";
  EXPECT_EQ(fs::exists(files.best()), promoted);
  EXPECT_EQ(lines(files.promotions()).size(), promoted ? 1U : 0U);
  config.hidden1 = 32;
  EXPECT_EQ(run_arena(config).error().field, "net");
}

// A key and another value of it, with which a run ends differently.
struct Change {
  std::string_view key, value;
  std::string_view needed_key = {}, needed_value = {};  // without which it has no effect
};
constexpr Change kChanges[] = {{"game", "connect-four"},
                               {"seed", "2"},
                               {"iterations", "3"},
                               {"net.hidden1", "32"},
                               {"net.hidden2", "32"},
                               {"self_play.games", "31"},
                               {"self_play.simulations", "20"},
                               {"self_play.fast_simulations", "9"},
                               {"self_play.full_search_share", "0.3"},
                               {"self_play.leaves", "1"},
                               {"self_play.root", "gumbel"},
                               {"self_play.considered_moves", "2", "self_play.root", "gumbel"},
                               {"self_play.exploration", "3"},
                               {"self_play.noise_alpha", "0.2"},
                               {"self_play.noise_share", "0.5"},
                               {"self_play.temperature", "0.3"},
                               {"self_play.temperature_final", "0"},
                               {"self_play.temperature_plies", "0"},
                               {"self_play.random_plies_max", "5"},
                               {"self_play.root_value_share", "0.1"},
                               {"self_play.reuse_tree", "false"},
                               {"self_play.model", "latest", "arena.interval", "2"},
                               {"buffer.capacity", "50"},
                               {"buffer.size_min", "300"},
                               {"buffer.priority_exponent", "1"},
                               {"buffer.beta", "0.9"},
                               {"buffer.beta_final", "0.2"},
                               {"training.batch", "8"},
                               {"training.steps", "5"},
                               {"training.learning_rate", "0.02"},
                               {"training.learning_rate_final", "0.009"},
                               {"training.weight_decay", "0.3"},
                               {"training.gradient_norm_max", "0.05"},
                               {"training.value_weight", "3"},
                               {"training.augment", "false"},
                               {"arena.interval", "2"},
                               {"arena.rule", "threshold"},
                               {"arena.simulations", "9"},
                               {"arena.opening_plies", "1"},
                               {"arena.openings", "2"},
                               {"arena.pairs_min", "14"},
                               {"arena.pairs_max", "9", "arena.rule", "threshold"},
                               {"arena.threshold", "0.01", "arena.rule", "threshold"},
                               {"arena.elo_low", "-900", "arena.pairs_min", "1"},
                               {"arena.elo_high", "900"}};

// Keys that say where, or change the speed only (self_play_test.cpp), or who computes the same.
constexpr std::string_view kWithoutEffect[] = {"directory", "self_play.parallel_games",
                                               "self_play.evaluator"};

void set(TrainConfig& config, std::string_view name, const std::string& value) {
  for (const ConfigKey& key : config_keys(config)) {
    if (key.name != name) continue;
    if (auto* const* text = std::get_if<std::string*>(&key.target)) **text = value;
    if (auto* const* number = std::get_if<double*>(&key.target)) **number = std::stod(value);
    if (auto* const* whole = std::get_if<std::int64_t*>(&key.target)) **whole = std::stoll(value);
    if (auto* const* flag = std::get_if<bool*>(&key.target)) **flag = value == "true";
  }
}

// A key without an effect would be a lie in the documentation.
TEST_F(Training, EveryKeyChangesTheResult) {
  const auto outcome_with = [&](const Change& change, bool changed) {
    TrainConfig with = config(changed ? "changed" : "plain");
    with.iterations = 2;
    if (!change.needed_key.empty()) {
      set(with, change.needed_key, std::string(change.needed_value));
    }
    if (changed) set(with, change.key, std::string(change.value));
    std::string result = run(with);
    fs::remove_all(with.directory);
    return result;
  };
  const std::string plain = outcome_with({}, false);
  TrainConfig any;
  for (const ConfigKey& key : config_keys(any)) {
    if (std::ranges::find(kWithoutEffect, key.name) != std::end(kWithoutEffect)) continue;
    const auto* const change = std::ranges::find(kChanges, key.name, &Change::key);
    ASSERT_NE(change, std::end(kChanges)) << key.name;
    const std::string before = change->needed_key.empty() ? plain : outcome_with(*change, false);
    EXPECT_NE(outcome_with(*change, true), before) << key.name;
  }
}

TEST_F(Training, TheTorchEvaluatorPlaysToo) {
  TrainConfig config = this->config("torch");
  config.iterations = 1;
  config.self_play.evaluator = "torch";
  ASSERT_TRUE(run_training(config, false));
  const auto metrics = lines(RunFiles{.directory = config.directory}.metrics());
  EXPECT_EQ(metrics[0]["self_play"]["games"], 40);
}

TEST_F(Training, LinesOfLaterIterationsAndCutLinesAreReplaced) {
  const fs::path path = folder / "metrics.jsonl";
  ASSERT_TRUE(write_file_atomically(
      path, "{\"iteration\":1,\"a\":1}\n{\"iteration\":2}\nnoise\n{\"iteration\":3}\n{\"iter"));
  ASSERT_TRUE(put_line(path, 2, "{\"iteration\":2,\"b\":1}"));
  EXPECT_EQ(read(path), "{\"iteration\":1,\"a\":1}\n{\"iteration\":2,\"b\":1}\n");
  ASSERT_TRUE(put_line(path, 2, "{\"iteration\":2,\"b\":1}"));
  EXPECT_EQ(read(path), "{\"iteration\":1,\"a\":1}\n{\"iteration\":2,\"b\":1}\n");
}

TEST(Curves, DrawWhatThereIsAndNothingElse) {
  const std::string empty = curves_svg("");
  EXPECT_TRUE(empty.starts_with("<svg"));
  EXPECT_FALSE(empty.contains("polyline"));
  const std::string some = curves_svg(
      "{\"iteration\":1,\"training\":{\"policy_loss\":2}}\nnoise\n"
      "{\"iteration\":2,\"training\":null}\n{\"iteration\":3,\"training\":{\"policy_loss\":1}}\n");
  EXPECT_TRUE(some.contains("points=\"0.0,0.0 360.0,180.0 \"")) << some;
  EXPECT_TRUE(some.ends_with("</svg>\n"));
}

}  // namespace
}  // namespace hardwon::train
