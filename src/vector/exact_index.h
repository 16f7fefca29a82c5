#pragma once

// Exact nearest neighbours over unit vectors: the oracle of every later index, and the one
// in use.  A published file is immutable, named by the change it covers, renamed into place
// and mapped by readers, who add the tail themselves (docs/formats/exact-index.md).
//
// Threads: a built or opened index is immutable; search() is safe from any thread.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hardwon/error.h"

namespace hardwon::vector {

using Label = std::int64_t;  // store::ItemRow

// Also the layout on disk.
struct Row {
  Label label = 0;
  std::int64_t scope = 0;  // row id of its scope
  std::uint8_t kind = 0;   // hardwon::ItemKind
};

struct Hit {
  Label label = 0;
  float similarity = 0;  // inner product of unit vectors, [-1, 1]
};

class ExactIndex {
 public:
  // rows and vectors in step, labels distinct; vectors: [rows, dim] row-major, unit length.
  // Rows are kept in ascending label order.
  static std::shared_ptr<const ExactIndex> build(std::vector<Row> rows, std::vector<float> vectors,
                                                 std::size_t dim, std::int64_t covers);
  // The newest published index of `directory` made by `embedder`; nullptr when there is none
  // or it is damaged (derived data: the caller rebuilds).  Reads the header only.
  static std::shared_ptr<const ExactIndex> open(const std::filesystem::path& directory,
                                                std::string_view embedder);
  // Reads the newest published index whole, payload checksum included.  A directory without
  // one is sound.  Errors: kCorruption with path, what was found and what was expected.
  static Result<void> verify(const std::filesystem::path& directory, std::string_view embedder);
  // Writes exact-<covers>.idx by temporary file, fsync and rename; removes older ones.
  // embedder: at most 47 bytes.  Errors: kIo with path.
  Result<void> publish(const std::filesystem::path& directory, std::string_view embedder) const;
  ~ExactIndex();

  std::size_t size() const;
  std::size_t dim() const;
  std::int64_t covers() const;  // change_seq
  // Best first (ties: smaller label first), at most k, only rows that `wanted` accepts.
  // A query of another dimension or with a NaN finds nothing.  O(size · dim).
  std::vector<Hit> search(std::span<const float> query, std::size_t k,
                          const std::function<bool(const Row&)>& wanted) const;
  // Inner product with the row of that label, as search() gives it; nullopt for an unknown label,
  // and where search() would find nothing.  O(log size + dim).
  std::optional<float> similarity(std::span<const float> query, Label label) const;
  std::span<const Row> rows() const;
  std::span<const float> vector(std::size_t row) const;  // [dim]

  // The instruction set that search() uses on this machine: "avx2" or "baseline".
  // The sums are the same bits on each.
  static std::string_view isa();

 private:
  struct Impl;
  explicit ExactIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardwon::vector
