#pragma once

// A sentence of a rule file, made to stand on its own: joined with the line its list hangs from,
// the heading, or its label, where it says too little without them.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learn/rules.h"
#include "learn/sentence_form.h"

namespace hardwon::learn {

struct Completed {
  std::string text;        // what to read and to keep
  std::string condition;   // "When reading issues"; empty when nothing around it says one
  bool forbidden = false;  // by the line it hangs from
  // Why it cannot stand on its own; empty when it can.
  std::string_view why_not;
};

inline constexpr std::string_view kOpensList = "only opens a list";
inline constexpr std::string_view kAnExample = "an example";
inline constexpr std::string_view kListing = "only a listing";
inline constexpr std::string_view kOnlyFact = "only says how things are";
inline constexpr std::string_view kSaidAbove = "said with the line above it";
inline constexpr std::string_view kNotAlone = "not understood without what stands around it";

// "It breaks the build", "Anything else is rejected": speaks of what the sentence before it named.
bool leans_back(const SentenceForm& form);

// One for each sentence of a file.  Deterministic.  Cost: some microseconds a sentence.
std::vector<Completed> complete(std::span<const Sentence> sentences);

}  // namespace hardwon::learn
