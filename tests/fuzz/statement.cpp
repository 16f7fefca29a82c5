// Any text as a turn or a rule file: its sentences are views of it on their lines, and each is
// read to probabilities, a span inside it and patterns that RE2 takes.

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "learn/rules.h"

namespace {

using hardwon::learn::Reading;
using hardwon::learn::Sentence;
using hardwon::learn::Voice;

void check_reading(Voice voice, std::string_view text, std::string_view heading) {
  const Reading reading =
      hardwon::learn::read_statement({.voice = voice, .text = text, .heading = heading});
  const auto& p = reading.probabilities;
  CHECK(std::abs(p[0] + p[1] + p[2] - 1) < 1e-9);
  CHECK(reading.confidence >= 0 && reading.confidence <= 1);
  CHECK(reading.from <= reading.to && reading.to <= text.size());
  for (const hardwon::Rule& rule : reading.rules) {
    CHECK(!hardwon::is_valid_utf8(text) || hardwon::is_valid_utf8(rule.text));
    CHECK(rule.match.type != hardwon::MatchType::kPattern ||
          RE2(rule.match.value, RE2::Quiet).ok());
    const auto score = hardwon::learn::storage_score(rule, reading, {});
    CHECK(score.total >= 0 && score.total <= 1 + 1e-9);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const char* at = text.data();
  for (const Sentence& sentence : hardwon::learn::sentences_in(text)) {
    const char* const from = sentence.text.data();
    CHECK(!sentence.text.empty() && from >= at);
    CHECK(from + sentence.text.size() <= text.data() + text.size());
    CHECK(sentence.line == 1 + std::count(text.data(), from, '\n'));
    at = from + sentence.text.size();
    check_reading(Voice::kPerson, sentence.text, sentence.heading);
    check_reading(Voice::kRuleFile, sentence.text, sentence.heading);
  }
  check_reading(Voice::kAgent, text, {});
  return 0;
}
