#pragma once

// What a sentence asks for, and for how long: rules out of what persons say and write (seed 001).
//
//   read_statement()  one sentence with its speaker and heading -> how long it holds, what it says
//   storage_score()   is a rule worth keeping: the seed's four weighted criteria
//   sentences_in()    a turn or a rule file -> sentences and list items with their headings
//
// Invariants
//   1. Nothing here receives a label: what was judged beforehand cannot reach the extractor.
//   2. Each statement is read alone; order and neighbours change nothing.
//   3. Deterministic on every machine: integer features, weights of the repository, no threads.
// Threads: pure functions, safe from any thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hardwon/types.h"

namespace hardwon::learn {

// Who says it.  A rule file counts as a person only where persons wrote it.
enum class Voice : std::uint8_t { kPerson, kAgent, kRuleFile };

struct Statement {
  Voice voice = Voice::kPerson;
  std::string_view text;     // one sentence or list item; longer ones are split by sentences_in()
  std::string_view heading;  // the nearest Markdown heading; may be empty
};

// The seed's criteria, each in [0, 1], and their weighted mean.
struct StorageScore {
  double cross_session = 0;  // speaks of more than this moment
  double stability = 0;      // will hold: how sure the reading is, and nothing contradicts it
  double triggers = 0;       // a situation in which it applies can be recognised
  double inconsistency = 0;  // keeping it makes results more alike
  double total = 0;
};

// The seed's weights and threshold; they must sum to 1.
struct StorageOptions {
  double cross_session = 0.4, stability = 0.3, triggers = 0.2, inconsistency = 0.1;
  double threshold = 0.7;
  // kInvalidArgument naming the field: weights outside [0, 1], a sum off by more than 1e-6.
  Result<void> validate() const;
};

struct Reading {
  Persistence persistence = Persistence::kIrrelevant;
  double confidence = 0;                  // of that persistence, in [0, 1]
  std::array<double, 3> probabilities{};  // in the order of Persistence
  // That a persistent sentence is specific enough to act on as it stands, in [0, 1].
  double actionable = 0;
  bool empty_advice = false;     // "write clean code": true of every repository
  std::vector<Rule> rules;       // empty unless persistent
  std::size_t from = 0, to = 0;  // bytes of `text` that say it, without list mark and label
};

// Cost: tens of microseconds a sentence; text beyond 2,000 bytes is not looked at.
Reading read_statement(const Statement& statement);

// rule: as read; reading: where it comes from; contradicted: something stored says the opposite
// in the same scope.
StorageScore storage_score(const Rule& rule, const Reading& reading, const StorageOptions& options,
                           bool contradicted = false);

// The seed's confidence of an extracted rule, in [0.5, 1]: .5, .3 if labelled persistent or .1 if
// short-term, .1 each for a person's words, naming or style, and a universal word.  No label
// reaches us: the reading's probabilities stand for it.  (Its default threshold .7 was made for
// this scale.)
double extraction_confidence(const Rule& rule, const Reading& reading, Voice voice);

// "stored: speaks of later work (.9), …"; names the criterion that decided.
std::string justification(const StorageScore& score, const StorageOptions& options);

// One sentence or list item of a longer text, and where it stands there.
struct Sentence {
  std::string_view text;  // within the text that was given
  std::string heading;    // the nearest above; under "Do NOT" of an item's first sentence only
  std::int64_t line = 0;  // 1-based, in the text
  // The headings above it, the nearest first, without the title of the file.
  std::vector<std::string> above;
  // The line a list hangs from, without its ':' ("When reading issues"), or the item above a
  // nested one; empty when there is none.
  std::string lead;
  bool lead_opens = false;  // that line ends in ':'
  std::string label;        // "Storage" of an item "**Storage**: One. Two.", from its second on
  std::string command;      // the only line of a code fence right below it
  bool item = false;        // of a list
  bool numbered = false;    // "1. …"
  bool first = true;        // of its item or paragraph
  bool opens_list = false;  // ends in ':'
};
// Of Markdown: headings, front matter, code fences, tables and quotations state nothing and are
// left out; list items and paragraphs are cut at sentence ends, wrapped lines joined.
std::vector<Sentence> sentences_in(std::string_view text);

// What a list hangs from, as `Sentence::lead` holds it: without mark, emphasis and ':'.
std::string lead_text(std::string_view line);

// The paths that a rule file's front matter speaks of (`globs`, `paths`, `applyTo`); empty when it
// speaks of all.
std::vector<std::string> globs_in(std::string_view text);

}  // namespace hardwon::learn
