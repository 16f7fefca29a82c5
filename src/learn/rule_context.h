#pragma once

// A sentence of a rule file, made to stand on its own: joined with the line its list hangs from,
// the heading, or its label, where it says too little without them.

#include <string>
#include <string_view>

#include "learn/rules.h"
#include "learn/sentence_form.h"

namespace hardwon::learn {

struct Completed {
  std::string text;       // what to read and to keep
  std::string condition;  // "When reading issues"; empty when nothing around it says one
  // Why it cannot stand on its own; empty when it can.
  std::string_view why_not;
};

inline constexpr std::string_view kOpensList = "only opens a list";
inline constexpr std::string_view kAnExample = "an example";
inline constexpr std::string_view kNotAlone = "not understood without what stands around it";

// "It breaks the build", "Anything else is rejected": speaks of what the sentence before it named.
bool leans_back(const SentenceForm& form);

// Reads nothing but the sentence; deterministic.  Cost: some microseconds.
Completed stand_alone(const Sentence& sentence);

}  // namespace hardwon::learn
