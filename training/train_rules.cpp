// Trains the sentence classifier of src/learn/rule_model.cpp from labelled sentences.
//
//   train_rules DIR WEIGHTS     reads DIR/*.jsonl, writes WEIGHTS (rule_weights.inc)
//   train_rules DIR             prints a five-fold cross-validation by source, writes nothing

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/hash.h"
#include "learn/rule_features.h"
#include "softmax.h"

namespace {
using namespace hardwon;
using namespace hardwon::training;
using Json = nlohmann::json;

constexpr std::size_t kSeenMin = 3;  // a feature of one or two sentences teaches nothing
constexpr long kQuantaMin = 2;       // of 127: less moves nothing, and is left out
// The corpus holds more rules than people say: in logs about one sentence in fifty of a person
// or an agent states one, in the corpus one in four.  Rule files are as the corpus has them.
constexpr double kSpokenRuleWeight = 0.4;
// The generated ones are many of one kind.
constexpr double kGeneratedSpecificWeight = 0.25;

struct Item {
  std::string src, speaker;
  std::vector<std::uint32_t> features;
  Persistence persistence = Persistence::kIrrelevant;
  std::optional<ActionType> action;
  std::optional<Polarity> polarity;
  bool store = false;
};

learn::Voice voice_of(const std::string& speaker) {
  if (speaker == "user") return learn::Voice::kPerson;
  return speaker == "file" ? learn::Voice::kRuleFile : learn::Voice::kAgent;
}

std::vector<Item> load(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Item> items;
  for (const auto& path : files) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      const Json json = Json::parse(line);
      const std::string text = json.at("text"), heading = json.value("heading", "");
      Item item{.src = json.at("src"), .speaker = json.at("speaker")};
      item.features =
          learn::rule_features({.voice = voice_of(item.speaker), .text = text, .heading = heading},
                               learn::form_of(text));
      item.persistence = parse_persistence(json.at("persistence").get<std::string>()).value();
      if (json.at("action").is_string()) {
        item.action = parse_action_type(json.at("action").get<std::string>());
      }
      if (json.at("polarity").is_string()) {
        item.polarity = parse_polarity(json.at("polarity").get<std::string>());
      }
      item.store = json.at("store");
      items.push_back(std::move(item));
    }
  }
  return items;
}

// The four regressions, in the order of their outputs in a row.
constexpr std::array<std::size_t, 4> kClasses = {3, 4, 3, 2};

std::optional<std::size_t> target(const Item& item, std::size_t model) {
  if (model == 0) return static_cast<std::size_t>(item.persistence);
  if (item.persistence != Persistence::kPersistent) return std::nullopt;
  if (model == 1) {
    return item.action ? std::optional(static_cast<std::size_t>(*item.action)) : std::nullopt;
  }
  if (model == 2) {
    return item.polarity ? std::optional(static_cast<std::size_t>(*item.polarity)) : std::nullopt;
  }
  return item.store ? 1U : 0U;
}

// What sentences of other hands need: written ones are more regular than real ones, and a model
// that fits them closely errs on real text.  The kind of action hangs on single words more.
constexpr std::array<double, 4> kL2 = {3e-4, 3e-4, 4e-4, 8e-4};

using Models = std::array<Softmax, 4>;

Models train(const std::vector<const Item*>& items) {
  std::vector<std::size_t> seen(learn::kRuleFeatureBuckets);
  for (const Item* item : items) {
    for (const std::uint32_t f : item->features) ++seen[f];
  }
  std::vector<std::vector<std::uint32_t>> kept(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const std::uint32_t f : items[i]->features) {
      if (seen[f] >= kSeenMin) kept[i].push_back(f);
    }
  }
  Models models;
  for (std::size_t m = 0; m < models.size(); ++m) {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto t = target(*items[i], m);
      if (!t) continue;
      const bool spoken_rule = m == 0 && *t == 0 && items[i]->speaker != "file";
      const double weight = spoken_rule         ? kSpokenRuleWeight
                            : m != 3            ? 1
                            : !items[i]->action ? kGeneratedSpecificWeight
                                                : 1;
      examples.push_back({kept[i], *t, weight});
    }
    models[m] = train_softmax(examples, kClasses[m], learn::kRuleFeatureBuckets, {.l2 = kL2[m]});
  }
  return models;
}

void cross_validate(const std::vector<Item>& items) {
  std::map<std::string, std::array<int, 3>> counts;  // speaker -> true pos., false pos., false neg.
  std::array<int, 4> right{}, asked{};
  std::array<std::array<int, 2>, 4> by_action{};  // right, asked
  for (std::uint64_t fold = 0; fold < 5; ++fold) {
    std::vector<const Item*> train_part;
    for (const Item& item : items) {
      if (hash64(item.src) % 5 != fold) train_part.push_back(&item);
    }
    const Models models = train(train_part);
    for (const Item& item : items) {
      if (hash64(item.src) % 5 != fold) continue;
      for (std::size_t m = 0; m < models.size(); ++m) {
        const auto t = target(item, m);
        if (!t) continue;
        const auto p = models[m].probabilities(item.features);
        const auto best = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
        ++asked[m];
        right[m] += best == *t ? 1 : 0;
        if (m == 1) by_action[*t][0] += best == *t ? 1 : 0, ++by_action[*t][1];
        if (m != 0) continue;
        for (const std::string& group : {std::string("all"), item.speaker}) {
          if (best == 0 && *t == 0) ++counts[group][0];
          if (best == 0 && *t != 0) ++counts[group][1];
          if (best != 0 && *t == 0) ++counts[group][2];
        }
      }
    }
  }
  for (const auto& [group, n] : counts) {
    fmt::print("{:<10} persistent F1 {:.3f}  precision {:.3f}  recall {:.3f}\n", group,
               2.0 * n[0] / (2.0 * n[0] + n[1] + n[2]), 1.0 * n[0] / (n[0] + n[1]),
               1.0 * n[0] / (n[0] + n[2]));
  }
  constexpr std::array<const char*, 4> kNames = {"persistence", "action", "polarity", "actionable"};
  for (std::size_t m = 0; m < 4; ++m) {
    fmt::print("{:<12} accuracy {:.3f} of {}\n", kNames[m], 1.0 * right[m] / asked[m], asked[m]);
  }
  for (std::size_t a = 0; a < by_action.size(); ++a) {
    const auto [found, all] = by_action[a];
    fmt::print("  {:<10} {:.3f} of {}\n", name_of(static_cast<ActionType>(a)), 1.0 * found / all,
               all);
  }
}

// A softmax is the same when one class's weights are taken from all: the last one's become 0 and
// are not written.  Models in the order of their outputs, "actionable" with its classes swapped.
// rule_model.cpp says how the rows are written.
void write_weights(const Models& models, const std::filesystem::path& path) {
  struct Output {
    std::size_t model, plus, minus;  // of the classes
  };
  constexpr std::array<Output, 8> kOutputs = {
      {{0, 0, 2}, {0, 1, 2}, {3, 1, 0}, {2, 0, 2}, {2, 1, 2}, {1, 0, 3}, {1, 1, 3}, {1, 2, 3}}};
  const auto weight = [&](const Output& o, std::size_t f) {
    const Softmax& s = models[o.model];
    return static_cast<double>(s.weights[o.plus * s.buckets + f] -
                               s.weights[o.minus * s.buckets + f]);
  };
  std::array<double, 4> scale{};  // by model
  for (const Output& output : kOutputs) {
    for (std::size_t f = 0; f < learn::kRuleFeatureBuckets; ++f) {
      scale[output.model] = std::max(scale[output.model], std::abs(weight(output, f)) / 127);
    }
  }
  std::string rows;
  std::size_t before = 0;
  for (std::size_t f = 0; f < learn::kRuleFeatureBuckets; ++f) {
    std::string weights;
    unsigned mask = 0;
    for (std::size_t i = 0; i < kOutputs.size(); ++i) {
      const long value = std::lround(weight(kOutputs[i], f) / scale[kOutputs[i].model]);
      if (std::abs(value) < kQuantaMin) continue;
      mask |= 1U << i;
      weights += static_cast<char>(value);
    }
    if (mask == 0) continue;
    std::size_t distance = f - before;
    before = f;
    for (; distance >= 128; distance >>= 7U) rows += static_cast<char>(distance % 128 + 128);
    rows += static_cast<char>(distance);
    rows += static_cast<char>(mask);
    rows += weights;
  }
  std::ofstream out(path);
  out << "// Written by train_rules; not edited by hand.\n// clang-format off\n";
  out << fmt::format("inline constexpr int kFeatureVersion = {};\n", learn::kRuleFeatureVersion);
  out << fmt::format("inline constexpr double kScale[4] = {{{:.9g}, {:.9g}, {:.9g}, {:.9g}}};\n",
                     scale[0], scale[3], scale[2], scale[1]);
  // Compilers need not take string literals of more than 65,536 characters.
  constexpr std::size_t kLine = 96, kLines = 600;
  out << "inline constexpr const char* kRows[] = {";
  const std::string text = encode_base64(rows);
  for (std::size_t at = 0; at < text.size(); at += kLine) {
    if (at > 0 && at % (kLine * kLines) == 0) out << ',';
    out << "\n\"" << text.substr(at, kLine) << '"';
  }
  out << "};\n// clang-format on\n";
}

int run(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: train_rules DIR [WEIGHTS]\n");
    return 2;
  }
  const std::vector<Item> items = load(argv[1]);
  if (argc == 2) {
    cross_validate(items);
    return 0;
  }
  std::vector<const Item*> all;
  for (const Item& item : items) all.push_back(&item);
  write_weights(train(all), argv[2]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_rules: {}\n", error.what());
    return 2;
  }
}
