#pragma once

// What the JSON formats besides Claude Code's share.  Include in .cpp files only.

#include <utility>

#include "import/dom.h"
#include "import/run.h"

namespace hardwon::import {

// Success at 1, failure at 0, a partial success between; a reward outside [0, 1] says nothing
// about success (a game's score, say): unknown.
Outcome outcome_of_reward(double reward);

// Parses the next object of a file; bad ones are noted.  False at the end.
class ObjectReader {
 public:
  ObjectReader(ByteSource& source, Run& run);
  Result<bool> next(Element& object, Record& record);

 private:
  ByteSource& source_;
  Run& run_;
  ValueReader values_;
  JsonParser parser_;
};

template <typename Visit>
Result<void> each_object(ByteSource& source, Run& run, Visit visit) {
  ObjectReader objects(source, run);
  Element object;
  Record record;
  while (TRY(objects.next(object, record))) TRY(visit(object, record));
  return {};
}

}  // namespace hardwon::import
