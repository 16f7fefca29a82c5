#pragma once

// The files of a training run, in its directory.
//
//   checkpoint.train    where it stands (docs/formats/training-checkpoint.md)
//   buffer/             the experience buffer
//   best.policy         the best net; changes only with a line in promotions.jsonl
//   latest.policy       the net as trained last
//   models/             every net that was promoted: 00012.policy
//   metrics.jsonl       a line for each iteration
//   promotions.jsonl    a line for each promotion, the first net's included
//   curves.svg          the metrics drawn

#include <filesystem>
#include <string>
#include <string_view>

#include "train/checkpoint.h"

namespace hardwon::train {

struct RunFiles {
  std::filesystem::path directory;

  std::filesystem::path checkpoint() const { return directory / "checkpoint.train"; }
  std::filesystem::path buffer() const { return directory / "buffer"; }
  std::filesystem::path best() const { return directory / "best.policy"; }
  std::filesystem::path latest() const { return directory / "latest.policy"; }
  std::filesystem::path metrics() const { return directory / "metrics.jsonl"; }
  std::filesystem::path promotions() const { return directory / "promotions.jsonl"; }
  std::filesystem::path curves() const { return directory / "curves.svg"; }
  std::filesystem::path model(std::int64_t iteration) const;
};

// Makes the directory and those above it.
Result<void> make_directories(const std::filesystem::path& directory);

// Replaces what a file of JSON lines says about `iteration` and later, and cut lines, by one line.
Result<void> put_line(const std::filesystem::path& path, std::int64_t iteration,
                      const std::string& line);

// Make the files say what the checkpoint says.  Doing it again changes nothing.  A promotion is
// recorded with the figures, before the best net's file changes.
Result<void> publish_figures(const Checkpoint& checkpoint, const RunFiles& files);
Result<void> publish_nets(const Checkpoint& checkpoint, const RunFiles& files);

}  // namespace hardwon::train
