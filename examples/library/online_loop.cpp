// An online learner over the experience buffer: answer, look back, vote, update only when sure, and
// say what helped.
//
// The task: a noisy sensor shows one of four signals, each with its own right answer.  The model
// begins knowing nothing.  Until the buffer holds enough (cold start) it only records.  Then
// each question is answered by a vote of its neighbours; a vote that is sure enough is learned
// (gated update), and the neighbours that gave the right answer are marked.  In the end the
// misleading experiences are drawn less often than the helpful ones.
//
//   online_loop DIRECTORY        prints one JSON line with what happened; exit 0 if it learned

#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "hardwon/replay.h"

namespace hardwon {
namespace {

constexpr std::size_t kColdStart = 40;
constexpr double kConfidenceToLearn = 0.7;
constexpr std::chrono::microseconds kDay = std::chrono::hours(24);

// How sure the model is of each answer to each signal.
struct Model {
  std::array<std::array<double, 4>, 4> weights{};

  double confidence(std::size_t signal, std::size_t answer) const {
    double sum = 0;
    for (const double weight : weights[signal]) sum += std::exp(weight);
    return std::exp(weights[signal][answer]) / sum;
  }
  std::size_t answer(std::size_t signal) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < 4; ++i) {
      if (weights[signal][i] > weights[signal][best]) best = i;
    }
    return best;
  }
  // One step of gradient ascent on the answer's log-probability.
  void learn(std::size_t signal, std::size_t answer, double rate) {
    for (std::size_t i = 0; i < 4; ++i) {
      weights[signal][i] += rate * ((i == answer ? 1 : 0) - confidence(signal, i));
    }
  }
};

std::vector<float> observe(std::size_t signal, std::mt19937& random) {
  std::normal_distribution<float> noise(0, 0.15F);
  std::vector<float> seen(4);
  for (std::size_t i = 0; i < 4; ++i) seen[i] = (i == signal ? 1.0F : 0.0F) + noise(random);
  return seen;
}

Experience experience_of(const std::vector<float>& seen, std::size_t answer, bool right,
                         double confidence) {
  Experience experience;
  experience.question = "which signal is this?";
  experience.embeddings.visual = seen;
  experience.trajectory.actions = {
      {.type = TrajectoryActionType::kAnswer, .operation = "name the signal"}};
  experience.trajectory.final_answer_json = std::to_string(answer);
  experience.trajectory.reward = right ? 1 : 0;
  experience.confidence = confidence;
  return experience;
}

Result<Vote> vote_of(const std::vector<Neighbour>& neighbours) {
  std::vector<Ballot> ballots;
  for (const Neighbour& neighbour : neighbours) {
    const ExperienceRecord& record = neighbour.record;
    ballots.push_back({.answer_json = record.experience.trajectory.final_answer_json,
                       .confidence = record.experience.confidence.value_or(0),
                       .similarity = neighbour.similarity,
                       .rate = record.success_rate});
  }
  return vote(ballots, 3, kDay);
}

struct Tally {
  int asked = 0, right = 0, learned = 0, kept_back = 0;
};

// One question after the cold start.
Result<void> ask(Replay& replay, Model& model, std::size_t signal, std::mt19937& random,
                 Tally* tally) {
  const std::vector<float> seen = observe(signal, random);
  const auto neighbours =
      TRY(replay.neighbours({.embeddings = {.visual = seen, .text = {}}, .count = 7}));
  const auto decided = vote_of(neighbours);
  ++tally->asked;
  if (!decided) {
    ++tally->kept_back;
    return {};
  }
  const auto answer = static_cast<std::size_t>(std::stoul(decided->answer_json));
  const bool right = answer == signal;
  tally->right += right ? 1 : 0;
  if (decided->confidence >= kConfidenceToLearn) {
    model.learn(signal, answer, 0.5 * decided->confidence);
    ++tally->learned;
  } else {
    ++tally->kept_back;
  }
  // The world answers: those who said what was right have helped.
  std::vector<std::string> helped;
  for (const Neighbour& neighbour : neighbours) {
    const Experience& experience = neighbour.record.experience;
    if (experience.trajectory.final_answer_json == std::to_string(signal)) {
      helped.push_back(experience.id);
    }
  }
  return replay.mark_success(helped);
}

// Mean priority of the misleading and of the helpful ones that were looked up.
Result<std::array<double, 2>> priorities(Replay& replay, const std::vector<std::string>& misleading,
                                         const std::vector<std::string>& helpful) {
  std::array<double, 2> means{};
  for (std::size_t side = 0; side < 2; ++side) {
    const auto& ids = side == 0 ? misleading : helpful;
    for (const std::string& id : ids) means[side] += TRY(replay.get(id)).priority;
    if (!ids.empty()) means[side] /= static_cast<double>(ids.size());
  }
  return means;
}

Result<int> run(const char* directory) {
  auto replay = TRY(Replay::open(directory, {.capacity = 500, .seed = 1}));
  std::mt19937 random(1);
  Model model;
  // Cold start: every fifth record is wrong, and as sure of itself as the others.
  std::vector<std::string> misleading, helpful;
  for (std::size_t i = 0; i < kColdStart; ++i) {
    const std::size_t signal = i % 4;
    const bool wrong = i % 5 == 0;
    const std::size_t answer = wrong ? (signal + 1) % 4 : signal;
    const Experience one = experience_of(observe(signal, random), answer, true, 0.9);
    (wrong ? misleading : helpful).push_back(TRY(replay->add({&one, 1})).front());
  }
  const auto before = TRY(priorities(*replay, misleading, helpful));
  Tally tally;
  for (int i = 0; i < 200; ++i) {
    TRY(ask(*replay, model, static_cast<std::size_t>(i) % 4, random, &tally));
  }
  const auto after = TRY(priorities(*replay, misleading, helpful));
  int model_right = 0;
  for (std::size_t signal = 0; signal < 4; ++signal) {
    model_right += model.answer(signal) == signal ? 1 : 0;
  }
  std::printf(
      "{\"asked\":%d,\"right\":%d,\"learned\":%d,\"kept_back\":%d,\"model_right\":%d,"
      "\"priority_misleading\":[%.4f,%.4f],\"priority_helpful\":[%.4f,%.4f]}\n",
      tally.asked, tally.right, tally.learned, tally.kept_back, model_right, before[0], after[0],
      before[1], after[1]);
  const bool demoted = after[0] < before[0] && after[0] < after[1];
  return model_right == 4 && tally.right > 180 && demoted ? 0 : 1;
}

}  // namespace
}  // namespace hardwon

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: online_loop DIRECTORY\n");
    return 2;
  }
  const auto done = hardwon::run(arguments[1]);
  if (!done) {
    std::fprintf(stderr, "online_loop: %s\n", done.error().message.c_str());
    return 4;
  }
  return *done;
}
