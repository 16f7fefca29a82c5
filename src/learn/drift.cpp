#include "learn/drift.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"
#include "base/rng.h"

namespace hardwon::learn {
namespace {

double total(const Choices& choices) {
  double sum = 0;
  for (const auto& [choice, n] : choices) sum += n;
  return sum;
}

// 1 - total variation distance; nullopt when one has none.
std::optional<double> overlap(const Choices& a, const Choices& b) {
  const double all_a = total(a), all_b = total(b);
  if (all_a == 0 || all_b == 0) return std::nullopt;
  double common = 0;
  for (const auto& [choice, n] : a) {
    const auto it = b.find(choice);
    if (it != b.end()) common += std::min(n / all_a, it->second / all_b);
  }
  return common;
}

std::optional<double> alike(const Aspects& a, const Aspects& b) {
  double sum = 0;
  int n = 0;
  for (const auto& [aspect, choices] : a) {
    const auto it = b.find(aspect);
    if (it == b.end()) continue;
    if (const auto one = overlap(choices, it->second)) {
      sum += *one;
      ++n;
    }
  }
  return n == 0 ? std::nullopt : std::optional(sum / n);
}

std::optional<double> weighted(const Consistency& c, const DriftWeights& w) {
  double sum = 0, weight = 0;
  const std::pair<std::optional<double>, double> parts[] = {
      {c.naming, w.naming}, {c.style, w.style}, {c.structure, w.structure}};
  for (const auto& [value, of] : parts) {
    if (!value || of <= 0) continue;
    sum += of * *value;
    weight += of;
  }
  return weight == 0 ? std::nullopt : std::optional(sum / weight);
}

class Mean {
 public:
  void add(const std::optional<double>& value) {
    if (!value) return;
    sum_ += *value;
    ++n_;
  }
  std::optional<double> value() const {
    return n_ == 0 ? std::nullopt : std::optional(sum_ / static_cast<double>(n_));
  }

 private:
  double sum_ = 0;
  std::size_t n_ = 0;
};

// The overall consistency of every pair, [n × n].
std::vector<std::optional<double>> pairwise(std::span<const OutputProfile> outputs,
                                            const DriftWeights& weights) {
  const std::size_t n = outputs.size();
  std::vector<std::optional<double>> out(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      out[i * n + j] = out[j * n + i] = consistency(outputs[i], outputs[j], weights).overall;
    }
  }
  return out;
}

std::optional<double> drift_of_drawn(const std::vector<std::optional<double>>& pairs, std::size_t n,
                                     std::span<const std::size_t> drawn) {
  Mean mean;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    for (std::size_t j = i + 1; j < drawn.size(); ++j) {
      if (drawn[i] != drawn[j]) mean.add(pairs[drawn[i] * n + drawn[j]]);
    }
  }
  const auto value = mean.value();
  return value ? std::optional(1 - *value) : std::nullopt;
}

struct Groups {
  std::vector<std::size_t> sizes;
  std::vector<std::vector<std::optional<double>>> before, after;
};

std::optional<double> reduction_of(const Groups& groups,
                                   const std::vector<std::vector<std::size_t>>& drawn) {
  Mean before, after;
  for (std::size_t g = 0; g < groups.sizes.size(); ++g) {
    before.add(drift_of_drawn(groups.before[g], groups.sizes[g], drawn[g]));
    after.add(drift_of_drawn(groups.after[g], groups.sizes[g], drawn[g]));
  }
  return drift_reduction(before.value(), after.value());
}

// ---------------------------------------------------------------- from the tree

std::string_view role_of(code::Role role) {
  switch (role) {
    case code::Role::kFunction:
    case code::Role::kMethod:
    case code::Role::kComponent:
      return "function";
    case code::Role::kVariable:
      return "variable";
    case code::Role::kConstant:
      return "constant";
    case code::Role::kParameter:
      return "parameter";
    case code::Role::kType:
      return "type";
    case code::Role::kField:
      return "field";
    case code::Role::kUnknown:
    case code::Role::kModule:
      break;
  }
  return {};
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

void add_style(const code::SyntaxTree& tree, Aspects& style) {
  const code::Indentation indentation = tree.indentation();
  if (indentation.kind == code::Indentation::Kind::kTabs) style["indentation"]["tabs"] = 1;
  if (indentation.kind == code::Indentation::Kind::kSpaces) {
    style["indentation"]["spaces " + std::to_string(indentation.width)] = 1;
  }
  // Where one kind of quote makes a string and the other a character there is nothing to choose.
  const code::Language language = tree.language();
  const bool chooses = language == code::Language::kPython ||
                       language == code::Language::kJavaScript ||
                       language == code::Language::kTypeScript || language == code::Language::kTsx;
  if (!chooses) return;
  for (const code::StringLiteral& string : tree.strings()) {
    if (string.triple || string.quote == '`') continue;
    style["quotes"][string.quote == '\'' ? "single" : "double"] += 1;
  }
}

void add_structure(const code::SyntaxTree& tree, Aspects& structure) {
  const std::vector<code::Import> imports = tree.imports();
  if (imports.size() > 1) {
    const bool sorted = std::ranges::is_sorted(imports, {}, &code::Import::module);
    structure["imports"][sorted ? "sorted" : "unsorted"] = 1;
  }
  for (const code::Unit& unit : tree.units()) {
    structure["units"][std::string(name_of(unit.kind))] += 1;
    structure["documentation"][unit.documented ? "documented" : "bare"] += 1;
  }
}

}  // namespace

std::string_view case_of(std::string_view name) {
  while (name.starts_with('_')) name.remove_prefix(1);
  while (name.ends_with('_')) name.remove_suffix(1);
  if (name.empty()) return {};
  const bool upper = std::ranges::any_of(name, is_upper);
  const bool lower = std::ranges::any_of(name, is_lower);
  if (name.contains('-')) return "kebab";
  if (name.contains('_')) return upper && !lower ? "screaming" : upper ? "" : "snake";
  if (!upper || !lower) return {};
  return is_upper(name[0]) ? "pascal" : "camel";
}

OutputProfile profile_of(const code::SyntaxTree& tree) {
  OutputProfile profile;
  std::set<std::pair<std::string_view, std::string_view>> seen;  // a name counts once in a role
  for (const code::Identifier& identifier : tree.identifiers()) {
    const std::string_view role = role_of(identifier.role), form = case_of(identifier.name);
    if (!identifier.definition || identifier.kept || role.empty() || form.empty()) continue;
    if (!seen.emplace(role, identifier.name).second) continue;
    profile.naming[std::string(role)][std::string(form)] += 1;
  }
  add_style(tree, profile.style);
  add_structure(tree, profile.structure);
  return profile;
}

Consistency consistency(const OutputProfile& a, const OutputProfile& b,
                        const DriftWeights& weights) {
  Consistency out{.naming = alike(a.naming, b.naming),
                  .style = alike(a.style, b.style),
                  .structure = alike(a.structure, b.structure)};
  out.overall = weighted(out, weights);
  return out;
}

Consistency consistency(std::span<const OutputProfile> outputs, const DriftWeights& weights) {
  Mean naming, style, structure, overall;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = i + 1; j < outputs.size(); ++j) {
      const Consistency pair = consistency(outputs[i], outputs[j], weights);
      naming.add(pair.naming);
      style.add(pair.style);
      structure.add(pair.structure);
      overall.add(pair.overall);
    }
  }
  return {naming.value(), style.value(), structure.value(), overall.value()};
}

std::optional<double> drift(const Consistency& consistency) {
  return consistency.overall ? std::optional(1 - *consistency.overall) : std::nullopt;
}

std::optional<double> drift_reduction(std::optional<double> before, std::optional<double> after) {
  constexpr double kNone = 1e-9;
  if (!before || !after || *before < kNone) return std::nullopt;
  return (*before - *after) / *before;
}

Reduction measure_reduction(std::span<const std::vector<OutputProfile>> before,
                            std::span<const std::vector<OutputProfile>> after,
                            const DriftWeights& weights, std::uint64_t seed) {
  CHECK(before.size() == after.size());
  Groups groups;
  Mean drift_before, drift_after;
  std::vector<std::vector<std::size_t>> drawn;
  for (std::size_t g = 0; g < before.size(); ++g) {
    CHECK(before[g].size() == after[g].size());
    const std::size_t n = before[g].size();
    groups.sizes.push_back(n);
    groups.before.push_back(pairwise(before[g], weights));
    groups.after.push_back(pairwise(after[g], weights));
    auto& all = drawn.emplace_back();
    for (std::size_t i = 0; i < n; ++i) all.push_back(i);
    drift_before.add(drift_of_drawn(groups.before[g], n, all));
    drift_after.add(drift_of_drawn(groups.after[g], n, all));
  }
  Reduction out{.before = drift_before.value(), .after = drift_after.value()};
  out.reduction = drift_reduction(out.before, out.after);
  if (!out.reduction) return out;
  Rng rng(seed);
  // bootstrap95() draws one list of groups; here each group draws its own runs.
  out.interval = bootstrap95(
      2,
      [&](std::span<const std::size_t>) {
        for (auto& list : drawn) {
          for (std::size_t& run : list) run = rng.below(list.size());
        }
        return reduction_of(groups, drawn);
      },
      seed);
  return out;
}

std::optional<double> adherence(const OutputProfile& output,
                                std::span<const Convention> conventions) {
  Mean mean;
  for (const Convention& convention : conventions) {
    for (const Aspects* aspects : {&output.naming, &output.style, &output.structure}) {
      const auto it = aspects->find(convention.aspect);
      if (it == aspects->end()) continue;
      const auto chosen = it->second.find(convention.choice);
      const double share = (chosen == it->second.end() ? 0 : chosen->second) / total(it->second);
      mean.add(convention.avoid ? 1 - share : share);
    }
  }
  return mean.value();
}

}  // namespace hardwon::learn
