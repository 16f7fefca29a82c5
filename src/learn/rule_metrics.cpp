#include "learn/rule_metrics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include "base/check.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/text.h"
#include "learn/grouping.h"

namespace hardwon::learn {
namespace {

std::optional<double> ratio(double part, double whole) {
  return whole == 0 ? std::nullopt : std::optional(part / whole);
}

// ---------------------------------------------------------------- slots

using Stems = std::set<std::string>;

const Stems& languages() {
  static const Stems kLanguages = {"python", "javascript", "typescript", "go",  "golang",
                                   "rust",   "java",       "c",          "cpp", "c++",
                                   "ruby",   "kotlin",     "swift",      "sql", "bash",
                                   "shell",  "php",        "scala",      "css", "html"};
  return kLanguages;
}

// Things that rules are about; what else a rule says is its value.
const Stems& targets() {
  static const Stems kTargets = [] {
    Stems stems;
    for (const char* word :
         {"variable", "function",  "method",   "class",     "constant",  "file",  "module",
          "import",   "test",      "commit",   "comment",   "string",    "quote", "indent",
          "line",     "branch",    "type",     "interface", "struct",    "enum",  "column",
          "table",    "query",     "endpoint", "handler",   "component", "error", "log",
          "message",  "name",      "code",     "parameter", "argument",  "field", "package",
          "folder",   "directory", "document", "docstring"}) {
      stems.insert(stem(word));
    }
    return stems;
  }();
  return kTargets;
}

Stems stems_in(std::string_view text) { return meaning_of(text).stems; }

Stems languages_in(std::string_view text) {
  Stems found;
  for (const std::string& word : words(text)) {
    if (word.size() > 1 && word != "go" && languages().contains(word)) found.insert(word);
  }
  return found;
}

struct StatedSlots {
  std::optional<Stems> scope, target, value;
};

StatedSlots stated_slots(const std::string& parameters_json) {
  StatedSlots stated;
  if (parameters_json.empty()) return stated;
  const auto json = parse_json(parameters_json);
  if (!json || !json->is_object()) return stated;
  const auto read = [&](const char* key) -> std::optional<Stems> {
    const auto it = json->find(key);
    if (it == json->end() || !it->is_string()) return std::nullopt;
    return stems_in(it->get<std::string>());
  };
  stated.target = read("target");
  stated.value = read("value");
  if (const auto it = json->find("scope"); it != json->end() && it->is_string()) {
    const std::string scope = ascii_lower(it->get<std::string>());
    stated.scope = scope.empty() ? Stems{} : Stems{scope};
  }
  return stated;
}

double share_said(const Stems& wanted, const Stems& said) {
  if (wanted.empty()) return 1;
  const auto n = std::ranges::count_if(wanted, [&](const auto& w) { return said.contains(w); });
  return static_cast<double>(n) / static_cast<double>(wanted.size());
}

double overlap(const Stems& a, const Stems& b) {
  if (a.empty() && b.empty()) return 1;
  Stems common;
  std::ranges::set_intersection(a, b, std::inserter(common, common.end()));
  return static_cast<double>(common.size()) /
         static_cast<double>(a.size() + b.size() - common.size());
}

// Rows <= columns: the cheapest column of every row.  `cost` is [rows × columns].
std::vector<std::size_t> cheapest_columns(std::size_t rows, std::size_t columns,
                                          const std::vector<double>& cost) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> row_price(rows + 1, 0), column_price(columns + 1, 0);
  std::vector<std::size_t> row_of(columns + 1, 0), came_from(columns + 1, 0);
  for (std::size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    std::size_t at = 0;
    std::vector<double> slack(columns + 1, kInfinity);
    std::vector<bool> seen(columns + 1, false);
    do {
      seen[at] = true;
      const std::size_t current = row_of[at];
      double least = kInfinity;
      std::size_t next = 0;
      for (std::size_t column = 1; column <= columns; ++column) {
        if (seen[column]) continue;
        const double reduced =
            cost[(current - 1) * columns + column - 1] - row_price[current] - column_price[column];
        if (reduced < slack[column]) {
          slack[column] = reduced;
          came_from[column] = at;
        }
        if (slack[column] < least) {
          least = slack[column];
          next = column;
        }
      }
      for (std::size_t column = 0; column <= columns; ++column) {
        if (seen[column]) {
          row_price[row_of[column]] += least;
          column_price[column] -= least;
        } else {
          slack[column] -= least;
        }
      }
      at = next;
    } while (row_of[at] != 0);
    for (; at != 0; at = came_from[at]) row_of[at] = row_of[came_from[at]];
  }
  std::vector<std::size_t> chosen(rows, 0);
  for (std::size_t column = 1; column <= columns; ++column) {
    if (row_of[column] != 0) chosen[row_of[column] - 1] = column - 1;
  }
  return chosen;
}

}  // namespace

Hits& Hits::operator+=(const Hits& other) {
  true_positive += other.true_positive;
  false_positive += other.false_positive;
  false_negative += other.false_negative;
  return *this;
}

std::optional<double> precision(const Hits& hits) {
  const auto tp = static_cast<double>(hits.true_positive);
  return ratio(tp, tp + static_cast<double>(hits.false_positive));
}

std::optional<double> recall(const Hits& hits) {
  const auto tp = static_cast<double>(hits.true_positive);
  return ratio(tp, tp + static_cast<double>(hits.false_negative));
}

std::optional<double> f1(const Hits& hits) {
  const double twice = 2 * static_cast<double>(hits.true_positive);
  return ratio(twice, twice + static_cast<double>(hits.false_positive + hits.false_negative));
}

void Confusion::add(Persistence gold, Persistence found) {
  ++counts[static_cast<std::size_t>(gold)][static_cast<std::size_t>(found)];
}

Hits Confusion::of(Persistence which) const {
  const auto w = static_cast<std::size_t>(which);
  Hits hits{.true_positive = counts[w][w]};
  for (std::size_t other = 0; other < 3; ++other) {
    if (other == w) continue;
    hits.false_positive += counts[other][w];
    hits.false_negative += counts[w][other];
  }
  return hits;
}

std::optional<double> macro_f1(const Confusion& confusion) {
  double sum = 0;
  int classes = 0;
  for (const auto which :
       {Persistence::kPersistent, Persistence::kShortTerm, Persistence::kIrrelevant}) {
    const auto one = f1(confusion.of(which));
    if (!one) continue;
    sum += *one;
    ++classes;
  }
  return ratio(sum, classes);
}

std::optional<Agreement> agreement(std::span<const std::pair<int, int>> judgements) {
  if (judgements.empty()) return std::nullopt;
  const auto n = static_cast<double>(judgements.size());
  std::map<int, double> gold, found;
  double equal = 0;
  for (const auto& [a, b] : judgements) {
    gold[a] += 1;
    found[b] += 1;
    if (a == b) equal += 1;
  }
  Agreement out{.rate = equal / n, .n = static_cast<std::int64_t>(judgements.size())};
  double chance = 0;
  for (const auto& [label, count] : gold) {
    out.majority = std::max(out.majority, count / n);
    if (const auto it = found.find(label); it != found.end()) chance += count * it->second / n / n;
  }
  if (chance < 1) out.kappa = (out.rate - chance) / (1 - chance);
  return out;
}

std::optional<Calibration> calibration(std::span<const Forecast> forecasts) {
  if (forecasts.empty()) return std::nullopt;
  constexpr std::size_t kBins = 10;
  std::array<double, kBins> said{}, seen{};
  Calibration out;
  const auto n = static_cast<double>(forecasts.size());
  for (const Forecast& forecast : forecasts) {
    const double happened = forecast.happened ? 1 : 0;
    out.brier += (forecast.probability - happened) * (forecast.probability - happened) / n;
    const double place = std::clamp(forecast.probability, 0.0, 1.0) * kBins;
    const std::size_t bin = std::min(static_cast<std::size_t>(place), kBins - 1);
    said[bin] += forecast.probability;
    seen[bin] += happened;
  }
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    out.expected_error += std::abs(said[bin] - seen[bin]) / n;
  }
  return out;
}

std::optional<Interval> bootstrap95(std::size_t groups, const GroupStatistic& statistic,
                                    std::uint64_t seed, std::size_t draws) {
  if (groups < 2 || draws == 0) return std::nullopt;
  Rng rng(seed);
  std::vector<double> values;
  std::vector<std::size_t> drawn(groups);
  for (std::size_t draw = 0; draw < draws; ++draw) {
    for (std::size_t& group : drawn) group = rng.below(groups);
    if (const auto value = statistic(drawn)) values.push_back(*value);
  }
  if (values.size() * 2 < draws) return std::nullopt;
  std::ranges::sort(values);
  // The nearest rank, so that the bound is a value that was seen.
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return Interval{at(0.025), at(0.975)};
}

RuleSlots slots_of(const Rule& rule) {
  RuleSlots slots{.type = rule.action, .polarity = rule.polarity};
  slots.words = stems_in(rule.text);
  StatedSlots stated = stated_slots(rule.parameters_json);
  slots.scope = stated.scope ? *std::move(stated.scope) : languages_in(rule.text);
  if (stated.target) {
    slots.target = *std::move(stated.target);
  } else {
    std::ranges::set_intersection(slots.words, targets(),
                                  std::inserter(slots.target, slots.target.end()));
  }
  if (stated.value) {
    slots.value = *std::move(stated.value);
  } else {
    for (const std::string& word : slots.words) {
      if (!targets().contains(word) && !slots.scope.contains(word)) slots.value.insert(word);
    }
  }
  return slots;
}

double slot_similarity(const RuleSlots& gold, const RuleSlots& found) {
  double sum = 0;
  if (gold.type == found.type) sum += 0.1;
  if (gold.polarity == found.polarity) sum += 0.15;
  if (gold.scope == found.scope) sum += 0.1;
  sum += 0.15 * share_said(gold.target, found.words);
  sum += 0.3 * share_said(gold.value, found.words);
  sum += 0.2 * overlap(gold.words, found.words);
  return sum;
}

std::vector<std::pair<std::size_t, std::size_t>> best_assignment(std::size_t rows,
                                                                 std::size_t columns,
                                                                 std::span<const double> values) {
  CHECK(values.size() == rows * columns);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  if (rows == 0 || columns == 0) return pairs;
  const bool turned = rows > columns;
  const std::size_t low = std::min(rows, columns), high = std::max(rows, columns);
  std::vector<double> cost(low * high);
  const auto value = [&](std::size_t row, std::size_t column) {
    return std::max(0.0, values[row * columns + column]);
  };
  for (std::size_t i = 0; i < low; ++i) {
    for (std::size_t j = 0; j < high; ++j)
      cost[i * high + j] = -(turned ? value(j, i) : value(i, j));
  }
  const std::vector<std::size_t> chosen = cheapest_columns(low, high, cost);
  for (std::size_t i = 0; i < low; ++i) {
    const auto pair = turned ? std::pair(chosen[i], i) : std::pair(i, chosen[i]);
    if (value(pair.first, pair.second) > 0) pairs.push_back(pair);
  }
  std::ranges::sort(pairs);
  return pairs;
}

std::vector<std::pair<std::size_t, std::size_t>> match_rules(std::span<const RuleSlots> gold,
                                                             std::span<const RuleSlots> found) {
  std::vector<double> values;
  values.reserve(gold.size() * found.size());
  for (const RuleSlots& a : gold) {
    for (const RuleSlots& b : found) {
      const double similarity = slot_similarity(a, b);
      values.push_back(similarity >= kSameRule ? similarity : 0);
    }
  }
  return best_assignment(gold.size(), found.size(), values);
}

}  // namespace hardwon::learn
