#pragma once

// What stands behind the door: the parts that the faces in apps/ also use.
//
// Lock order: Recorder's mutex, then the database's; the index mutex alone.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/rng.h"
#include "engine/recorder.h"
#include "hardwon/engine.h"
#include "store/database.h"
#include "store/records.h"
#include "vector/exact_index.h"

namespace hardwon {

struct Engine::Impl {
  EngineOptions options;
  SystemClock clock;
  engine::SharedRng rng;
  std::string user;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<engine::Recorder> recorder;
  Mutex index_mutex;
  std::shared_ptr<const vector::ExactIndex> index GUARDED_BY(index_mutex);

  explicit Impl(EngineOptions from) : options(std::move(from)), rng(options.seed) {}
};

}  // namespace hardwon
