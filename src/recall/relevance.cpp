#include "recall/relevance.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace hardwon::recall {
namespace {

constexpr double kLexicalPart = 0.75, kVectorPart = 0.45;
constexpr double kLexicalAlone = 1.05;  // without vectors
constexpr double kContextBonus = 0.15;  // of the relevance, at full agreement
constexpr double kFilePart = 0.7, kErrorPart = 0.9;
constexpr double kContextAlonePart = 0.6;
constexpr std::size_t kItemBytesMax = 64 * 1024;
constexpr std::size_t kIndexedBytesMin = 48;  // full text has every word up to this
// An item's own words have no counted frequency here; this is what a telling one weighs.
constexpr double kUsualWeight = 5, kGenericWeight = 2.5;
constexpr double kSingleShare = 0.6;  // one word in common with a task of several: often chance
// BM25's constants, and the words of a usual lesson or document in place of a corpus mean.
constexpr double kSaturation = 1.2, kLengthShare = 0.75, kUsualLength = 40;
constexpr double kOwnShare = 0.8;

std::string two_places(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

std::size_t start_of(std::string_view word) {
  return word.empty() ? 0 : static_cast<unsigned char>(word[0]);
}

std::string_view text_of(const store::Item& item) {
  if (!item.text.empty()) return item.text;
  if (item.lesson) return item.lesson->statement;
  if (item.document) return item.document->content;
  if (item.segment) return item.segment->text;
  return item.episode ? std::string_view(item.episode->task) : std::string_view();
}

bool same_label(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

double tag_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> x, y;
  x.reserve(a.size());
  for (const std::string& tag : a) x.push_back(ascii_lower(tag));
  for (const std::string& tag : b) y.push_back(ascii_lower(tag));
  return x.empty() || y.empty() ? 0 : jaccard(std::move(x), std::move(y));
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// Is `tail` all of `path`, or its last whole components?
bool ends_in(std::string_view path, std::string_view tail) {
  if (tail.empty() || !path.ends_with(tail)) return false;
  return path.size() == tail.size() || path[path.size() - tail.size() - 1] == '/';
}

// Names that every folder may have tell nothing by themselves.
bool is_telling(std::string_view name) {
  constexpr std::array<std::string_view, 18> kCommon = {
      "__init__.py", "cargo.toml", "changelog.md", "cmakelists.txt", "conftest.py", "dockerfile",
      "index.html",  "index.js",   "index.ts",     "index.tsx",      "lib.rs",      "main.cpp",
      "main.go",     "main.py",    "main.rs",      "makefile",       "mod.rs",      "readme.md"};
  static_assert(std::ranges::is_sorted(kCommon));
  return !name.empty() && !std::ranges::binary_search(kCommon, ascii_lower(name));
}

double best_file_match(const Question& question, const store::Item& item) {
  std::vector<std::string_view> paths;
  if (item.lesson) {
    for (const std::string& path : item.lesson->when.paths) paths.push_back(path);
    for (const Provenance& source : item.lesson->provenance) paths.push_back(source.path);
  }
  double best = 0;
  for (const std::string& wanted : question.files) {
    for (const std::string_view given : paths) best = std::max(best, match_path(wanted, given));
    // A document or an episode that names the file in its text.
    const std::string_view name = file_name(wanted);
    if (best < 0.8 && is_telling(name) && name.size() >= 4 &&
        contains_ignoring_case(text_of(item), name)) {
      best = 0.8;
    }
  }
  return best;
}

double best_error_match(const Question& question, const store::Item& item) {
  if (question.error_lines.empty()) return 0;
  if (item.lesson && !item.lesson->when.error_signature.empty()) {
    return match_error(question.error_lines, item.lesson->when.error_signature);
  }
  // What has no signature may still quote the line: the line must be in the text.
  const std::vector<std::string> stems = stem_set(text_of(item).substr(0, kItemBytesMax));
  double best = 0;
  for (const ErrorLine& line : question.error_lines) {
    std::size_t common = 0, telling = 0;
    for (const std::string& stem : line.stems) {
      if (is_generic(stem)) continue;
      ++telling;
      common += std::ranges::binary_search(stems, stem) ? 1U : 0U;
    }
    if (telling < 3) continue;
    const double share = static_cast<double>(common) / static_cast<double>(telling);
    best = std::max(best, share >= 0.5 ? 0.8 * share : 0);
  }
  return best;
}

std::string listed(const std::vector<std::string_view>& stems) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(stems.size(), 8); ++i) {
    if (i > 0) out += ", ";
    out += stems[i];
  }
  return out;
}

bool is_stated(const TaskContext& context) {
  return !context.domain.empty() || !context.language.empty() || !context.framework.empty() ||
         !context.tags.empty();
}

// What words and vectors say together, [0, 1].
double text_part(double lexical, std::optional<double> similarity) {
  const double vector = std::clamp(similarity.value_or(0), 0.0, 1.0);
  return std::min((similarity ? kLexicalPart : kLexicalAlone) * lexical + kVectorPart * vector,
                  1.0);
}

// Whether a word with this indexed term may be generic.
bool is_generic_term(std::string_view term) {
  static const std::set<std::string, std::less<>> kTerms = [] {
    std::set<std::string, std::less<>> terms;
    for (const std::string_view stem : generic_stems()) {
      terms.emplace(stem);
      terms.insert(store::indexed_term(stem));
    }
    return terms;
  }();
  return kTerms.contains(term);
}

// Nothing is known of the task but where it happens: what was learned in this project may
// matter, what holds everywhere a little less.
double relevance_of_scope(const store::Item& item) {
  constexpr double kOfProject = 0.5, kOfUser = 0.35;
  if (!item.lesson) return kOfUser;
  return item.lesson->scope.labels.contains("project") ? kOfProject : kOfUser;
}

}  // namespace

TaskContext context_of(const store::Item& item) {
  if (item.lesson) return item.lesson->when.context;
  if (item.episode) return item.episode->context;
  TaskContext context;
  if (!item.document || item.document->metadata_json.empty()) return context;
  const auto metadata = parse_json(item.document->metadata_json);
  if (!metadata || !metadata->is_object()) return context;
  const auto text = [&](const char* key) {
    const auto field = metadata->find(key);
    return field != metadata->end() && field->is_string() ? field->get<std::string>()
                                                          : std::string();
  };
  context = {
      .domain = text("domain"), .language = text("language"), .framework = text("framework")};
  if (const auto tags = metadata->find("tags"); tags != metadata->end() && tags->is_array()) {
    for (const Json& tag : *tags) {
      if (tag.is_string()) context.tags.push_back(tag.get<std::string>());
    }
  }
  return context;
}

ContextMatch match_context(const TaskContext& wanted, const TaskContext& given) {
  // Weights of seed 000's heuristic retrieval; equality where it tested substrings, by which
  // "go" was found in "django".
  struct Part {
    std::string_view name, wanted, given;
    double weight, penalty;
  };
  const std::array<Part, 3> parts = {{
      {"domain", wanted.domain, given.domain, 1.0, 0.8},
      {"language", wanted.language, given.language, 0.8, 0.6},
      {"framework", wanted.framework, given.framework, 0.5, 0.6},
  }};
  ContextMatch match;
  double agreed = 0, asked = 0;
  for (const Part& part : parts) {
    if (part.wanted.empty()) continue;
    asked += part.weight;
    if (part.given.empty()) continue;  // says nothing: neither agrees nor contradicts
    if (same_label(part.wanted, part.given)) {
      agreed += part.weight;
      match.why.push_back("same " + std::string(part.name) + ": " + std::string(part.given));
    } else {
      match.penalty *= part.penalty;
      match.why.push_back(std::string(part.name) + " " + std::string(part.given) + ", not " +
                          std::string(part.wanted) + ": ×" + two_places(part.penalty));
    }
  }
  if (!wanted.tags.empty()) {
    asked += 0.3;
    const double overlap = tag_overlap(wanted.tags, given.tags);
    agreed += 0.3 * overlap;
    if (overlap > 0) match.why.push_back("tags in common: " + two_places(overlap));
  }
  match.share = asked > 0 ? agreed / asked : 0;
  return match;
}

double match_path(std::string_view wanted, std::string_view given) {
  const auto cleaned = [](std::string_view path) {
    while (path.starts_with("./")) path.remove_prefix(2);
    return path;
  };
  wanted = cleaned(wanted);
  given = cleaned(given);
  if (wanted.empty() || given.empty()) return 0;
  if (wanted == given) return 1;
  const std::string_view name = file_name(wanted);
  if (ends_in(wanted, given) || ends_in(given, wanted)) {
    const bool several = wanted.contains('/') && given.contains('/');
    return several ? 1 : is_telling(name) ? 0.8 : 0;
  }
  if (given.find_first_of("*?[") != std::string_view::npos) {
    const std::string pattern(given), path(wanted), last(name);
    const bool covers = ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0 ||
                        ::fnmatch(pattern.c_str(), last.c_str(), 0) == 0;
    return covers ? 0.6 : 0;
  }
  if (name == file_name(given) && is_telling(name)) return 0.8;
  const std::string_view here = folder(wanted), there = folder(given);
  if (!here.empty() && (ends_in(here, there) || ends_in(there, here))) return 0.3;
  return 0;
}

double match_error(const std::vector<ErrorLine>& lines, std::string_view signature) {
  const std::vector<std::string> wanted = stem_set(signature);
  if (wanted.empty()) return 0;
  double best = 0;
  for (const ErrorLine& line : lines) {
    std::size_t common = 0;
    for (const std::string& stem : wanted) {
      common += std::ranges::binary_search(line.stems, stem) ? 1U : 0U;
    }
    if (common < std::min<std::size_t>(2, wanted.size())) continue;
    best = std::max(best, static_cast<double>(common) / static_cast<double>(wanted.size()));
  }
  return best >= 0.5 ? best : 0;
}

Judge::Judge(const Question& question) : question_(question) {
  for (std::size_t i = 0; i < question_.terms.size(); ++i) {
    by_stem_.emplace(question_.terms[i].stem, i);
    starts_.set(start_of(question_.terms[i].stem));
    Indexed& indexed = by_indexed_term_[store::indexed_term(question_.terms[i].stem)];
    indexed.weight += question_.terms[i].weight;
    ++indexed.terms;
  }
  words_alone_ = question_.has_topic && question_.files.empty() && question_.error_lines.empty() &&
                 std::ranges::all_of(question_.terms, [](const Term& term) {
                   return term.stem.size() <= kIndexedBytesMin;
                 });
}

double Judge::at_most(std::string_view indexed_terms, std::optional<double> similarity) const {
  if (!words_alone_) return 1;
  Match found;
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < indexed_terms.size();) {
    const std::size_t end = std::min(indexed_terms.find(' ', at), indexed_terms.size());
    all.push_back(indexed_terms.substr(at, end - at));
    at = end + 1;
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  std::string key;
  for (const std::string_view term : all) {
    // An entry has no more terms than its text has distinct words, and none weighs less.
    found.own_weight += is_generic_term(term) ? kGenericWeight : kUsualWeight;
    const auto match = by_indexed_term_.find(key.assign(term));
    if (match == by_indexed_term_.end()) continue;
    found.weight += match->second.weight;
    found.terms += match->second.terms;
  }
  const double context = is_stated(question_.context) ? 1 + kContextBonus : 1;
  return context * text_part(lexical(found), similarity);
}

Judge::Match Judge::match(std::string_view text) const {
  Match found;
  std::vector<std::string> all = words(text.substr(0, kItemBytesMax));
  std::ranges::sort(all);
  std::array<double, kTermsMax> counts{};
  double length = 0;
  for (std::size_t from = 0, to = 0; from < all.size(); from = to) {
    while (to < all.size() && all[to] == all[from]) ++to;
    const std::string& word = all[from];
    if (is_stop_word(word)) continue;
    found.own_weight += is_generic(word) ? kGenericWeight : kUsualWeight;
    length += static_cast<double>(to - from);
    // Stemming is the cost here, and it hardly ever changes how a word starts.
    if (!starts_.test(start_of(word))) continue;
    const auto term = by_stem_.find(stem(word));
    if (term != by_stem_.end()) counts[term->second] += static_cast<double>(to - from);
  }
  for (std::size_t i = 0; i < question_.terms.size(); ++i) {
    if (counts[i] == 0) continue;
    const double norm = kSaturation * (1 - kLengthShare + kLengthShare * length / kUsualLength);
    const double weight = question_.terms[i].weight;
    found.weight += weight;
    found.strength += weight * counts[i] * (1 + kSaturation) / (counts[i] + norm);
    ++found.terms;
    found.stems.push_back(question_.terms[i].stem);
  }
  return found;
}

// Matched weight over the weight of the question; or, for a short item under a long prompt,
// over the weight of the item: a rule of four words is all about the two that the task has.
double Judge::lexical(const Match& match) const {
  if (question_.mass <= 0 || match.terms == 0) return 0;
  double share = match.weight / question_.mass;
  if (match.terms == 1 && question_.terms.size() >= 3) share *= kSingleShare;
  const double own = kOwnShare * match.weight / std::max(match.own_weight, match.weight);
  return std::clamp(std::max(share, own), 0.0, 1.0);
}

void Judge::explain_match(const Match& match, Relevance& relevance) const {
  if (match.terms > 0) {
    relevance.why.push_back("has " + std::to_string(match.terms) + " of " +
                            std::to_string(question_.terms.size()) + " words of the task (" +
                            listed(match.stems) + "): lexical " +
                            two_places(relevance.matched.lexical));
  }
  if (relevance.matched.vector > 0) {
    relevance.why.push_back("vector similarity " + two_places(relevance.matched.vector));
  }
  if (relevance.file > 0) {
    relevance.why.push_back("speaks of a file of the task: " + two_places(relevance.file));
  }
  if (relevance.error > 0) {
    relevance.why.push_back("its error is the one given: " + two_places(relevance.error));
  }
}

Relevance Judge::judge(const store::Item& item, std::optional<double> similarity,
                       bool explain) const {
  Relevance relevance;
  ContextMatch context = match_context(question_.context, context_of(item));
  relevance.matched.context = context.share;
  if (!question_.has_topic) {
    relevance.value = is_stated(question_.context)
                          ? kContextAlonePart * context.share * context.penalty
                          : relevance_of_scope(item);
    relevance.strength = relevance.value;
    if (explain) relevance.why = std::move(context.why);
    return relevance;
  }
  const Match found = match(text_of(item));
  relevance.matched.lexical = lexical(found);
  relevance.matched.vector = std::clamp(similarity.value_or(0), 0.0, 1.0);
  relevance.file = best_file_match(question_, item);
  relevance.error = best_error_match(question_, item);
  const double lexical_part = similarity ? kLexicalPart : kLexicalAlone;
  const double vector_part = kVectorPart * relevance.matched.vector;
  const auto combined = [&](double text) {
    const double others = (1 - kFilePart * relevance.file) * (1 - kErrorPart * relevance.error);
    return (1 - (1 - text) * others) * (1 + kContextBonus * context.share) * context.penalty;
  };
  const double text = text_part(relevance.matched.lexical, similarity);
  relevance.value = std::clamp(combined(text), 0.0, 1.0);
  const double strength = question_.mass > 0 ? found.strength / question_.mass : 0;
  relevance.strength = std::max(combined(lexical_part * strength + vector_part), 0.0);
  if (explain) {
    explain_match(found, relevance);
    std::ranges::move(context.why, std::back_inserter(relevance.why));
  }
  return relevance;
}

}  // namespace hardwon::recall
