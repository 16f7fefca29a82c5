#include "vector/hybrid_index.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "vector/dot.h"
#include "vector/top_hits.h"

namespace hardwon::vector {
namespace {

constexpr std::size_t kKinds = 2;  // of embeddings: visual, text
constexpr std::array<std::string_view, kKinds> kKindNames = {"visual", "text"};
using Widths = std::array<std::size_t, kKinds>;  // 0: no row has had one yet
// Of a row or a query: unit length or, where absent, empty.
using Units = std::array<std::span<const float>, kKinds>;

constexpr std::size_t kChunkRows = 1'024;
constexpr std::size_t kSegments = 40;  // more than memory holds

constexpr std::size_t kRebuildRowsMin = 1'024;
// A rebuild replays without the lock until so few changes are left, or so often.  Copying a row
// costs less than adding it, so the first limit is met but for a starved thread.
constexpr std::size_t kLastChanges = 64;
constexpr int kReplaysMax = 16;

Units units_of(const HybridVectors& vectors) { return {vectors.visual, vectors.text}; }

Error bad_vector(std::size_t kind, std::string message) {
  const std::string name(kKindNames[kind]);
  return Error{.code = ErrorCode::kInvalidArgument,
               .message = name + " embedding: " + std::move(message),
               .field = name};
}

Result<void> check_vector(std::size_t kind, std::span<const float> vector, std::size_t dim) {
  if (dim != 0 && vector.size() != dim) {
    return std::unexpected(bad_vector(kind, "found " + std::to_string(vector.size()) +
                                                " components, expected " + std::to_string(dim)));
  }
  const auto strange = std::ranges::find_if(vector, [](float x) { return !std::isfinite(x); });
  if (strange != vector.end()) {
    return std::unexpected(bad_vector(
        kind, "component " + std::to_string(strange - vector.begin()) + " is " +
                  (std::isnan(*strange) ? "NaN" : "infinite") + ", expected a finite number"));
  }
  if (std::ranges::all_of(vector, [](float x) { return x == 0; })) {
    return std::unexpected(bad_vector(kind, "all components are 0, expected a direction"));
  }
  return {};
}

// Unit copies of vectors that check_vectors() accepted.
class Normalised {
 public:
  explicit Normalised(const Units& vectors) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      double squares = 0;  // in double no float over- or underflows
      for (const float x : vectors[kind]) squares += static_cast<double>(x) * x;
      const double scale = 1 / std::sqrt(squares);
      owned_[kind].reserve(vectors[kind].size());
      for (const float x : vectors[kind]) owned_[kind].push_back(static_cast<float>(x * scale));
    }
  }
  Units units() const { return {owned_[0], owned_[1]}; }

 private:
  std::array<std::vector<float>, kKinds> owned_;
};

// The number of rows of a generation, and of deaths among them, in one word: what is published
// by one store, and rises with each change.
using Moment = std::uint64_t;
constexpr unsigned kDeathBits = 32;
constexpr Moment kNever = std::numeric_limits<Moment>::max();
constexpr std::size_t kRowsMax = (std::size_t{1} << kDeathBits) - 1;

std::size_t rows_at(Moment moment) { return moment >> kDeathBits; }

struct Chunk {
  Chunk() {
    for (auto& died : died_at) died.store(kNever, std::memory_order_relaxed);
  }

  std::array<Label, kChunkRows> labels;
  std::array<std::uint8_t, kChunkRows> has;              // bit i: an embedding of kind i
  std::array<std::atomic<Moment>, kChunkRows> died_at;   // also set while the chunk is searched
  std::array<std::unique_ptr<float[]>, kKinds> vectors;  // [kChunkRows, width] once a row has one
};

// What a query asks of each row, ready made.
struct Probe {
  Units units;
  std::array<double, kKinds> weights{};
  std::uint8_t has = 0;
  Widths widths{};
};

// Rows in the order they came.  One thread appends and kills; any reads beside it.  A published
// row never moves and never changes, but that it dies: reading needs no lock.  Deaths carry the
// moment, not a mark: with marks a slow search saw rows die that it had not read yet, but not
// the rows that came for them, and could find nothing in an index that was never empty.
class Generation {
 public:
  explicit Generation(const Widths& widths) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) widths_[kind] = widths[kind];
  }

  std::size_t append(Label label, const Units& units) {
    const Moment before = now_.load(std::memory_order_relaxed);
    const std::size_t row = rows_at(before);
    CHECK(row < kRowsMax);
    std::unique_ptr<Chunk>& slot = slot_of(row / kChunkRows);
    if (slot == nullptr) slot = std::make_unique<Chunk>();
    const std::size_t at = row % kChunkRows;
    slot->labels[at] = label;
    slot->has[at] = 0;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      const std::size_t width = units[kind].size();
      if (width == 0) continue;
      widths_[kind].store(width, std::memory_order_relaxed);
      std::unique_ptr<float[]>& vectors = slot->vectors[kind];
      if (vectors == nullptr) {
        vectors = std::make_unique_for_overwrite<float[]>(kChunkRows * width);
        bytes_.fetch_add(kChunkRows * width * sizeof(float), std::memory_order_relaxed);
      }
      std::ranges::copy(units[kind], vectors.get() + at * width);
      slot->has[at] = static_cast<std::uint8_t>(slot->has[at] | 1U << kind);
    }
    now_.store(before + (Moment{1} << kDeathBits), std::memory_order_release);
    return row;
  }

  void kill(std::size_t row) {
    const Moment moment = now_.load(std::memory_order_relaxed) + 1;
    chunk(row).died_at[row % kChunkRows].store(moment, std::memory_order_relaxed);
    now_.store(moment, std::memory_order_release);
  }

  Moment now() const { return now_.load(std::memory_order_acquire); }
  // Of the rows of an earlier now(), or of later ones.
  Widths widths() const {
    return {widths_[0].load(std::memory_order_relaxed), widths_[1].load(std::memory_order_relaxed)};
  }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  bool alive(std::size_t row, Moment moment) const {
    return alive(chunk(row), row % kChunkRows, moment);
  }
  Label label(std::size_t row) const { return chunk(row).labels[row % kChunkRows]; }
  Units units(std::size_t row) const {
    const Chunk& in = chunk(row);
    const std::size_t at = row % kChunkRows;
    const Widths width = widths();
    Units units;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if ((in.has[at] >> kind & 1U) == 0) continue;
      units[kind] = {in.vectors[kind].get() + at * width[kind], width[kind]};
    }
    return units;
  }

  // offer(Hit) for each row alive at `moment` that shares a kind with the probe.
  template <typename Offer>
  void scan(const Probe& probe, Moment moment, const Offer& offer) const {
    const DotFunction dot = best_dot().dot;
    const std::size_t rows = rows_at(moment);
    for (std::size_t first = 0; first < rows; first += kChunkRows) {
      const Chunk& in = chunk(first);
      const std::size_t count = std::min(kChunkRows, rows - first);
      for (std::size_t at = 0; at < count; ++at) {
        const auto shared = static_cast<std::uint8_t>(in.has[at] & probe.has);
        if (shared == 0 || !alive(in, at, moment)) continue;
        offer(Hit{in.labels[at], similarity(dot, in, at, probe, shared)});
      }
    }
  }

 private:
  using Segment = std::unique_ptr<std::unique_ptr<Chunk>[]>;

  // Segment s holds the 2^s chunks from 2^s − 1 on: a directory that grows without moving.
  static std::size_t segment_of(std::size_t chunk) {
    return static_cast<std::size_t>(std::bit_width(chunk + 1)) - 1;
  }
  std::unique_ptr<Chunk>& slot_of(std::size_t chunk) {
    const std::size_t segment = segment_of(chunk);
    const std::size_t size = std::size_t{1} << segment;
    if (segments_[segment] == nullptr) {
      segments_[segment] = std::make_unique<std::unique_ptr<Chunk>[]>(size);
    }
    return segments_[segment][chunk + 1 - size];
  }
  Chunk& chunk(std::size_t row) const {
    const std::size_t chunk = row / kChunkRows, segment = segment_of(chunk);
    return *segments_[segment][chunk + 1 - (std::size_t{1} << segment)];
  }
  // Deaths up to the moment happen before it was read; later ones, seen or not, are later.
  static bool alive(const Chunk& in, std::size_t at, Moment moment) {
    return in.died_at[at].load(std::memory_order_relaxed) > moment;
  }

  static float similarity(DotFunction dot, const Chunk& in, std::size_t at, const Probe& probe,
                          std::uint8_t shared) {
    double sum = 0, weights = 0;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if ((shared >> kind & 1U) == 0) continue;
      const std::size_t width = probe.widths[kind];
      const double cosine =
          dot(probe.units[kind].data(), in.vectors[kind].get() + at * width, width);
      sum += probe.weights[kind] * cosine;
      weights += probe.weights[kind];
    }
    return std::clamp(static_cast<float>(sum / weights), -1.0F, 1.0F);  // units are rounded
  }

  std::array<Segment, kSegments> segments_;
  std::atomic<Moment> now_ = 0;
  std::array<std::atomic<std::size_t>, kKinds> widths_{};
  std::atomic<std::size_t> bytes_ = 0;
};

// A generation and what only its writer needs.
struct Table {
  std::shared_ptr<Generation> generation;
  std::unordered_map<Label, std::size_t> row_of;  // live ones

  std::size_t add(Label label, const Units& units) {
    const std::size_t row = generation->append(label, units);
    CHECK(row_of.emplace(label, row).second);
    return row;
  }
  bool remove(Label label) {  // false: absent
    const auto found = row_of.find(label);
    if (found == row_of.end()) return false;
    generation->kill(found->second);
    row_of.erase(found);
    return true;
  }
};

struct Change {
  static constexpr std::size_t kRemoved = SIZE_MAX;
  Label label = 0;
  std::size_t row = kRemoved;  // in the old generation, of what was added
};

void replay(const std::vector<Change>& changes, const Generation& old, Table* table) {
  for (const Change& change : changes) {
    if (change.row == Change::kRemoved) {
      CHECK(table->remove(change.label));
    } else {
      table->add(change.label, old.units(change.row));
    }
  }
}

std::vector<Hit> best_of_all(const Generation& generation, const Probe& probe, Moment moment,
                             std::size_t k) {
  TopHits best(k);
  generation.scan(probe, moment, [&](const Hit& hit) { best.offer(hit); });
  return best.take();
}

// Asks `wanted` best first: it may look into a store, and of a long list the first few suffice.
std::vector<Hit> best_wanted(const Generation& generation, const Probe& probe, Moment moment,
                             std::size_t k, const std::function<bool(Label)>& wanted) {
  std::vector<Hit> left;  // a heap, the best first
  generation.scan(probe, moment, [&](const Hit& hit) { left.push_back(hit); });
  const auto worse = [](const Hit& a, const Hit& b) { return better(b, a); };
  std::ranges::make_heap(left, worse);
  std::vector<Hit> best;
  while (best.size() < k && !left.empty()) {
    std::ranges::pop_heap(left, worse);
    if (wanted(left.back().label)) best.push_back(left.back());
    left.pop_back();
  }
  return best;
}

}  // namespace

Result<void> check_vectors(const HybridVectors& vectors, std::size_t visual_dim,
                           std::size_t text_dim) {
  const Units units = units_of(vectors);
  const Widths dims = {visual_dim, text_dim};
  if (units[0].empty() && units[1].empty()) {
    return std::unexpected(bad_vector(0, "absent, and the text embedding too; expected one"));
  }
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (!units[kind].empty()) TRY(check_vector(kind, units[kind], dims[kind]));
  }
  return {};
}

struct HybridIndex::Impl {
  std::array<double, kKinds> weights{};

  // The writer's; held for one change, and for the last few of a rebuild.  Taken before
  // `hand_over`.
  mutable Mutex mutex;
  Table table GUARDED_BY(mutex);
  std::uint64_t covers GUARDED_BY(mutex) = 0;
  std::uint64_t generations GUARDED_BY(mutex) = 0;  // rebuilt so far
  bool rebuilding GUARDED_BY(mutex) = false;
  std::vector<Change> changes GUARDED_BY(mutex);  // that the rebuild under way has not seen

  // The generation of `table`, for searches: they wait for nothing but a copy of the pointer.
  mutable Mutex hand_over;
  std::shared_ptr<const Generation> current GUARDED_BY(hand_over);

  std::shared_ptr<const Generation> load() const EXCLUDES(hand_over) {
    const MutexLock lock(hand_over);
    return current;
  }
  void publish(std::shared_ptr<const Generation> next) EXCLUDES(hand_over) {
    const MutexLock lock(hand_over);
    current.swap(next);
  }
  void advance(std::uint64_t sequence) REQUIRES(mutex) {
    CHECK(sequence >= covers);
    covers = sequence;
  }
};

HybridIndex::HybridIndex(const HybridWeights& weights) : impl_(std::make_unique<Impl>()) {
  CHECK(std::isfinite(weights.visual) && std::isfinite(weights.text));
  const double largest = std::max(weights.visual, weights.text);
  CHECK(weights.visual >= 0 && weights.text >= 0 && largest > 0);
  impl_->weights = {weights.visual / largest, weights.text / largest};  // their sum is finite
  const auto first = std::make_shared<Generation>(Widths{});
  const MutexLock lock(impl_->mutex);
  impl_->table.generation = first;
  impl_->publish(first);
}

HybridIndex::~HybridIndex() = default;

void HybridIndex::add(Label label, const HybridVectors& vectors, std::uint64_t sequence) {
  const Widths widths = impl_->load()->widths();  // fixed by this thread
  CHECK(check_vectors(vectors, widths[0], widths[1]));
  const Normalised normalised(units_of(vectors));
  const MutexLock lock(impl_->mutex);
  impl_->advance(sequence);
  const std::size_t row = impl_->table.add(label, normalised.units());
  if (impl_->rebuilding) impl_->changes.push_back({.label = label, .row = row});
}

void HybridIndex::remove(Label label, std::uint64_t sequence) {
  const MutexLock lock(impl_->mutex);
  impl_->advance(sequence);
  if (!impl_->table.remove(label)) return;
  if (impl_->rebuilding) impl_->changes.push_back({.label = label});
}

std::vector<Hit> HybridIndex::search(const HybridVectors& query, std::size_t k,
                                     const std::function<bool(Label)>& wanted) const {
  const std::shared_ptr<const Generation> generation = impl_->load();
  const Moment moment = generation->now();
  const Widths widths = generation->widths();
  if (k == 0 || !check_vectors(query, widths[0], widths[1])) return {};
  const Normalised normalised(units_of(query));
  Probe probe{.units = normalised.units(), .weights = impl_->weights, .widths = widths};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (probe.units[kind].empty() || probe.weights[kind] == 0) continue;
    probe.has = static_cast<std::uint8_t>(probe.has | 1U << kind);
  }
  return wanted ? best_wanted(*generation, probe, moment, k, wanted)
                : best_of_all(*generation, probe, moment, k);
}

bool HybridIndex::rebuild_due() const {
  const HybridFigures now = figures();
  return now.live + now.dead >= kRebuildRowsMin && now.dead * 4 > now.live + now.dead;
}

void HybridIndex::rebuild(const std::function<void()>& copied) {
  std::shared_ptr<const Generation> old;
  Moment moment = 0;
  {
    const MutexLock lock(impl_->mutex);
    CHECK(!impl_->rebuilding);
    impl_->rebuilding = true;
    old = impl_->table.generation;
    moment = old->now();
  }
  Table next{.generation = std::make_shared<Generation>(old->widths()), .row_of = {}};
  for (std::size_t row = 0; row < rows_at(moment); ++row) {
    if (old->alive(row, moment)) next.add(old->label(row), old->units(row));
  }
  if (copied) copied();
  for (int i = 0; i < kReplaysMax; ++i) {
    std::vector<Change> changes;
    {
      const MutexLock lock(impl_->mutex);
      if (impl_->changes.size() <= kLastChanges) break;
      changes.swap(impl_->changes);
    }
    replay(changes, *old, &next);
  }
  const MutexLock lock(impl_->mutex);
  replay(impl_->changes, *old, &next);
  impl_->changes.clear();
  impl_->rebuilding = false;
  ++impl_->generations;
  std::swap(impl_->table, next);  // the old one goes after the lock, with its last reader
  impl_->publish(impl_->table.generation);
}

HybridFigures HybridIndex::figures() const {
  const Impl& impl = *impl_;
  const MutexLock lock(impl.mutex);
  const std::size_t live = impl.table.row_of.size();
  return {.live = live,
          .dead = rows_at(impl.table.generation->now()) - live,
          .covers = impl.covers,
          .generation = impl.generations,
          .bytes = impl.table.generation->bytes()};
}

}  // namespace hardwon::vector
