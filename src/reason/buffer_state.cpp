#include "reason/buffer_state.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "base/check.h"
#include "base/hash.h"

namespace hardwon::reason {

struct BodyBlock {
  explicit BodyBlock(std::size_t size) : bytes(new char[size]), capacity(size) {}
  std::unique_ptr<char[]> bytes;  // [capacity]; what was written never changes
  std::size_t capacity;
};

std::string_view RowCopy::body() const { return {block->bytes.get() + row.offset, row.bytes}; }

namespace {

using RowBlock = StateView::RowBlock;

constexpr std::size_t kBodyBlockBytes = 1 << 20;
constexpr std::size_t kChunkBytes = 1 << 20;
constexpr std::size_t kBodyAlignment = 8;
constexpr Slot kRowsPerBlock = 1024;

std::unexpected<Error> damaged(std::string message) {
  return fail(ErrorCode::kCorruption, std::move(message));
}

// ---------------------------------------------------------------- chunks of a snapshot

struct ChunkHeader {
  std::uint32_t magic = 0x48575253;  // "SRWH"
  std::uint32_t version = 2;
  StateTotals totals;
  std::uint64_t size = 0;
};
static_assert(sizeof(ChunkHeader) == 72);

// Before each body in a chunk.
struct ChunkRow {
  std::uint64_t number;
  double confidence, reward;
  std::int64_t time_us;
  std::uint32_t retrievals, successes, bytes, status;
  Slot slot, zero;  // from version 2 on
};
static_assert(sizeof(ChunkRow) == 56);
constexpr std::size_t kFirstChunkRowBytes = 48;
constexpr Slot kSlotMax = 100'000'000;  // what the largest capacity takes

template <typename T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// ---------------------------------------------------------------- ids

// Open addressing over slots.  A cell keeps half of the id's hash, enough to place it again when
// the table grows without looking at the id, which lies somewhere else in memory.
class IdTable {
 public:
  template <typename SameId>
  Slot find(std::uint64_t hash, const SameId& same) const {
    if (cells_.empty()) return kNoSlot;
    for (std::size_t at = home(tag(hash)); cells_[at].slot != kNoSlot; at = next(at)) {
      if (cells_[at].tag == tag(hash) && same(cells_[at].slot)) return cells_[at].slot;
    }
    return kNoSlot;
  }

  void insert(std::uint64_t hash, Slot slot) {
    if ((used_ + 1) * 2 > cells_.size()) grow();
    place({slot, tag(hash)});
    ++used_;
  }

  // Closes the gap, so that no markers of the removed pile up.
  void erase(std::uint64_t hash, Slot slot) {
    std::size_t gap = home(tag(hash));
    while (cells_[gap].slot != slot) gap = next(gap);
    for (std::size_t at = next(gap); cells_[at].slot != kNoSlot; at = next(at)) {
      const std::size_t from = home(cells_[at].tag);
      if (((at - from) & mask()) < ((at - gap) & mask())) continue;
      cells_[gap] = cells_[at];
      gap = at;
    }
    cells_[gap] = {};
    --used_;
  }

 private:
  struct Cell {
    Slot slot = kNoSlot;
    std::uint32_t tag = 0;
  };
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  std::size_t mask() const { return cells_.size() - 1; }
  std::size_t home(std::uint32_t tag) const { return tag & mask(); }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  void place(const Cell& cell) {
    std::size_t at = home(cell.tag);
    while (cells_[at].slot != kNoSlot) at = next(at);
    cells_[at] = cell;
  }
  void grow() {
    std::vector<Cell> old(std::max<std::size_t>(64, cells_.size() * 2));
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.slot != kNoSlot) place(cell);
    }
  }

  std::vector<Cell> cells_;  // a power of two of them, at most half used
  std::size_t used_ = 0;
};

// The rows, in blocks that are copied before a change while a view may hold them.
class Rows {
 public:
  const ExperienceRow& at(Slot slot) const {
    return (*blocks_[slot / kRowsPerBlock].rows)[slot % kRowsPerBlock];
  }
  ExperienceRow& writable(Slot slot) {
    Block& block = blocks_[slot / kRowsPerBlock];
    if (block.epoch < epoch_) {
      block.rows = std::make_shared<RowBlock>(*block.rows);
      block.epoch = epoch_;
    }
    return (*block.rows)[slot % kRowsPerBlock];
  }
  // Takes the smallest free slot: which one depends on the slots in use alone.
  Slot insert(const ExperienceRow& row) {
    while (holds(below_)) ++below_;
    Slot slot = below_;
    if (!free_.empty()) {
      std::ranges::pop_heap(free_, std::greater());
      slot = free_.back();
      free_.pop_back();
    }
    put(slot, row);
    return slot;
  }
  // Into a slot that is not in use, and was not since the rows were made.
  void put(Slot slot, const ExperienceRow& row) {
    while (blocks_.size() <= slot / kRowsPerBlock) blocks_.emplace_back();
    Block& block = blocks_[slot / kRowsPerBlock];
    if (block.rows == nullptr) block = {std::make_shared<RowBlock>(), epoch_};
    writable(slot) = row;
  }
  bool holds(Slot slot) const {
    const Slot block = slot / kRowsPerBlock;
    return block < blocks_.size() && blocks_[block].rows != nullptr && at(slot).number != 0;
  }
  void erase(Slot slot) {
    writable(slot) = {};
    if (slot >= below_) return;
    free_.push_back(slot);
    std::ranges::push_heap(free_, std::greater());
  }
  std::vector<std::shared_ptr<const RowBlock>> view() {
    ++epoch_;
    std::vector<std::shared_ptr<const RowBlock>> blocks;
    blocks.reserve(blocks_.size());
    for (const Block& block : blocks_) blocks.push_back(block.rows);
    return blocks;
  }

 private:
  struct Block {
    std::shared_ptr<RowBlock> rows;
    std::uint64_t epoch = 0;  // of the newest view that may hold this copy, or later
  };
  std::vector<Block> blocks_;
  std::uint64_t epoch_ = 0;  // raised by each view
  Slot below_ = 0;           // all free slots below it are in free_
  std::vector<Slot> free_;   // a heap, the smallest first
};

// The bodies, one after the other in blocks that are freed when all in them are gone.
class Bodies {
 public:
  std::string_view at(const ExperienceRow& row) const {
    return {blocks_[row.block].bytes->bytes.get() + row.offset, row.bytes};
  }
  std::shared_ptr<const BodyBlock> block(const ExperienceRow& row) const {
    return blocks_[row.block].bytes;
  }
  // Sets where the body lies.
  void insert(std::string_view bytes, ExperienceRow* row) {
    if (!fits(bytes.size())) start_block(bytes.size());
    Block& block = blocks_[filling_];
    std::memcpy(block.bytes->bytes.get() + block.used, bytes.data(), bytes.size());
    row->block = filling_;
    row->offset = static_cast<std::uint32_t>(block.used);
    row->bytes = static_cast<std::uint32_t>(bytes.size());
    ++block.live;
    block.used += (bytes.size() + kBodyAlignment - 1) & ~(kBodyAlignment - 1);
  }
  void erase(const ExperienceRow& row) {
    if (--blocks_[row.block].live == 0 && row.block != filling_) free_block(row.block);
  }
  std::vector<std::shared_ptr<const BodyBlock>> view() const {
    std::vector<std::shared_ptr<const BodyBlock>> blocks;
    blocks.reserve(blocks_.size());
    for (const Block& block : blocks_) blocks.push_back(block.bytes);
    return blocks;
  }

 private:
  struct Block {
    std::shared_ptr<BodyBlock> bytes;  // nullptr: free
    std::size_t used = 0;
    std::size_t live = 0;  // experiences
  };

  bool fits(std::size_t bytes) const {
    if (filling_ >= blocks_.size() || blocks_[filling_].bytes == nullptr) return false;
    return blocks_[filling_].used + bytes <= blocks_[filling_].bytes->capacity;
  }
  void start_block(std::size_t bytes) {
    const bool left_empty = filling_ < blocks_.size() && blocks_[filling_].live == 0;
    if (left_empty && blocks_[filling_].bytes != nullptr) free_block(filling_);
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(blocks_.size()));
      blocks_.emplace_back();
    }
    filling_ = free_.back();
    free_.pop_back();
    blocks_[filling_] = {.bytes = std::make_shared<BodyBlock>(std::max(kBodyBlockBytes, bytes))};
  }
  void free_block(std::uint32_t block) {
    blocks_[block] = {};
    free_.push_back(block);
  }

  std::vector<Block> blocks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t filling_ = 0;  // block that takes the next body
};

// Numbers and their slots, oldest first; the gone are dropped now and then.
class Order {
 public:
  void push(std::uint64_t number, Slot slot) { entries_.push_back({number, slot}); }
  std::uint64_t newest() const { return entries_.empty() ? 0 : entries_.back().number; }
  Slot oldest() const { return entries_[head_].slot; }
  Slot find(std::uint64_t number) const {
    const std::size_t at = index(number);
    return at < entries_.size() && entries_[at].number == number ? entries_[at].slot : kNoSlot;
  }
  void erase(std::uint64_t number) {
    entries_[index(number)].slot = kNoSlot;
    ++gone_;
    while (head_ < entries_.size() && entries_[head_].slot == kNoSlot) ++head_;
    if (gone_ < 1024 || gone_ * 2 < entries_.size()) return;
    std::erase_if(entries_, [](const Entry& entry) { return entry.slot == kNoSlot; });
    head_ = gone_ = 0;
  }
  std::vector<Slot> slots() const {
    std::vector<Slot> slots;
    slots.reserve(entries_.size() - gone_);
    for (std::size_t i = head_; i < entries_.size(); ++i) {
      if (entries_[i].slot != kNoSlot) slots.push_back(entries_[i].slot);
    }
    return slots;
  }

 private:
  struct Entry {
    std::uint64_t number;
    Slot slot;  // kNoSlot: gone
  };
  // Of the first entry whose number is at least `number`.
  std::size_t index(std::uint64_t number) const {
    const auto found = std::lower_bound(
        entries_.begin() + static_cast<std::ptrdiff_t>(head_), entries_.end(), number,
        [](const Entry& entry, std::uint64_t wanted) { return entry.number < wanted; });
    return static_cast<std::size_t>(found - entries_.begin());
  }

  std::vector<Entry> entries_;
  std::size_t head_ = 0, gone_ = 0;
};

}  // namespace

struct BufferState::Impl {
  StateTotals totals;
  std::size_t size = 0;
  std::uint64_t loading = 0;          // experiences that the chunks still owe
  std::uint32_t loading_version = 0;  // 0: no header yet
  Rows rows;
  Bodies bodies;
  Order order;
  IdTable ids;

  // The id stands at a fixed place of the body.
  std::string_view id(Slot slot) const {
    const std::string_view bytes = bodies.at(rows.at(slot));
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    return bytes.substr(64, length);
  }
  Slot find(std::string_view wanted) const {
    return ids.find(hash64(wanted), [&](Slot slot) { return id(slot) == wanted; });
  }

  Slot insert(ExperienceRow row, std::string_view bytes, Slot slot = kNoSlot);
  void drop(Slot slot, Effects* effects);
  void evict(Effects* effects);

  Result<void> add(std::uint64_t sequence, std::string_view bytes, Effects* effects);
  Result<void> fix_widths(const BodyView& view);
  void count(const Entry& entry, Effects* effects);
  void update(const EntryUpdate& change, Effects* effects);
  void set_counts(const EntryCounts& counts, Effects* effects);
  Result<void> load_header(std::string_view* rest);
};

// slot: kNoSlot where any will do.
Slot BufferState::Impl::insert(ExperienceRow row, std::string_view bytes, Slot slot) {
  bodies.insert(bytes, &row);
  if (slot == kNoSlot) {
    slot = rows.insert(row);
  } else {
    rows.put(slot, row);
  }
  order.push(row.number, slot);
  ids.insert(hash64(id(slot)), slot);
  ++size;
  return slot;
}

void BufferState::Impl::drop(Slot slot, Effects* effects) {
  const ExperienceRow gone = rows.at(slot);
  ids.erase(hash64(id(slot)), slot);
  order.erase(gone.number);
  bodies.erase(gone);
  rows.erase(slot);
  --size;
  if (effects != nullptr) effects->gone.emplace_back(slot, gone.number);
}

void BufferState::Impl::evict(Effects* effects) {
  while (size > totals.capacity) {
    ++totals.evicted;
    drop(order.oldest(), effects);
  }
}

// ---------------------------------------------------------------- entries

Result<void> BufferState::Impl::fix_widths(const BodyView& view) {
  const auto fix = [](std::uint64_t* dim, std::size_t bytes, const char* name) -> Result<void> {
    const std::uint64_t found = bytes / sizeof(float);
    if (found == 0 || found == *dim) return {};
    if (*dim != 0) {
      return damaged(std::string("an experience whose ") + name + " embedding has " +
                     std::to_string(found) + " numbers, expected " + std::to_string(*dim));
    }
    *dim = found;
    return {};
  };
  TRY(fix(&totals.visual_dim, view.visual.size(), "visual"));
  return fix(&totals.text_dim, view.text.size(), "text");
}

Result<void> BufferState::Impl::add(std::uint64_t sequence, std::string_view bytes,
                                    Effects* effects) {
  const BodyView view = TRY(view_body(bytes));
  if (find(view.id) != kNoSlot) return damaged("an experience was added twice");
  TRY(fix_widths(view));
  const Slot slot =
      insert({.number = sequence,
              .confidence = view.confidence.value_or(std::numeric_limits<double>::quiet_NaN()),
              .reward = view.reward,
              .time_us = view.time.time_since_epoch().count(),
              .status = view.status},
             bytes);
  ++totals.added;
  if (effects != nullptr) effects->added.push_back(slot);
  evict(effects);
  return {};
}

// A number whose experience is gone by now is passed over.
void BufferState::Impl::count(const Entry& entry, Effects* effects) {
  std::vector<Slot> slots;
  for (const std::uint64_t number : entry.numbers) {
    const Slot slot = order.find(number);
    if (slot != kNoSlot) slots.push_back(slot);
  }
  if (entry.kind == EntryKind::kRetrieved) {
    for (const Slot slot : slots) ++rows.writable(slot).retrievals;
  } else {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      ExperienceRow& counted = rows.writable(slots[i]);
      if (counted.successes < counted.retrievals) {
        ++counted.successes;
        continue;
      }
      for (std::size_t undo = 0; undo < i; ++undo) --rows.writable(slots[undo]).successes;
      if (effects != nullptr) effects->refused = true;
      return;
    }
  }
  if (effects != nullptr) {
    effects->changed.insert(effects->changed.end(), slots.begin(), slots.end());
  }
}

void BufferState::Impl::update(const EntryUpdate& change, Effects* effects) {
  const Slot slot = order.find(change.number);
  if (slot == kNoSlot) return;
  ExperienceRow& changed = rows.writable(slot);
  if (change.confidence) changed.confidence = *change.confidence;
  if (change.reward) changed.reward = *change.reward;
  if (change.status) changed.status = *change.status;
  if (effects != nullptr) effects->changed.push_back(slot);
}

void BufferState::Impl::set_counts(const EntryCounts& counts, Effects* effects) {
  const Slot slot = order.find(counts.number);
  if (slot == kNoSlot) return;
  ExperienceRow& changed = rows.writable(slot);
  changed.retrievals = counts.retrievals;
  changed.successes = counts.successes;
  if (effects != nullptr) effects->changed.push_back(slot);
}

BufferState::BufferState() : impl_(std::make_unique<Impl>()) {}
BufferState::~BufferState() = default;
BufferState::BufferState(BufferState&&) noexcept = default;
BufferState& BufferState::operator=(BufferState&&) noexcept = default;

Result<void> BufferState::apply(std::uint64_t sequence, std::string_view bytes, Effects* effects) {
  const Entry entry = TRY(decode_entry(bytes));
  switch (entry.kind) {
    case EntryKind::kAdd:
      TRY(impl_->add(sequence, entry.body, effects));
      break;
    case EntryKind::kRemove:
      for (const std::uint64_t number : entry.numbers) {
        const Slot slot = impl_->order.find(number);
        if (slot == kNoSlot) continue;
        ++impl_->totals.removed;
        impl_->drop(slot, effects);
      }
      break;
    case EntryKind::kRetrieved:
    case EntryKind::kSucceeded:
      impl_->count(entry, effects);
      break;
    case EntryKind::kUpdate:
      for (const EntryUpdate& change : entry.updates) impl_->update(change, effects);
      break;
    case EntryKind::kCapacity:
      impl_->totals.capacity = entry.capacity;
      impl_->evict(effects);
      break;
    case EntryKind::kCounts:
      for (const EntryCounts& counts : entry.counts) impl_->set_counts(counts, effects);
      break;
  }
  impl_->totals.last = sequence;
  return {};
}

// ---------------------------------------------------------------- snapshots

Result<void> BufferState::Impl::load_header(std::string_view* rest) {
  ChunkHeader header;
  if (rest->size() < sizeof(header)) return damaged("a snapshot without its header");
  std::memcpy(static_cast<void*>(&header), rest->data(), sizeof(header));
  if (header.magic != ChunkHeader{}.magic) return damaged("a snapshot of something else");
  if (header.version < 1 || header.version > ChunkHeader{}.version) {
    return fail(ErrorCode::kUnavailable, "snapshot version " + std::to_string(header.version) +
                                             ", this program knows 1 and 2");
  }
  rest->remove_prefix(sizeof(header));
  totals = header.totals;
  loading = header.size;
  loading_version = header.version;
  return {};
}

Result<void> BufferState::load_chunk(std::string_view chunk) {
  if (impl_->loading_version == 0) TRY(impl_->load_header(&chunk));
  const bool has_slots = impl_->loading_version >= 2;
  const std::size_t row_bytes = has_slots ? sizeof(ChunkRow) : kFirstChunkRowBytes;
  while (!chunk.empty()) {
    ChunkRow stored{};
    if (chunk.size() < row_bytes) return damaged("a snapshot's row is cut off");
    std::memcpy(&stored, chunk.data(), row_bytes);
    chunk.remove_prefix(row_bytes);
    if (chunk.size() < stored.bytes) return damaged("a snapshot's experience is cut off");
    const std::string_view body = chunk.substr(0, stored.bytes);
    chunk.remove_prefix(stored.bytes);
    const BodyView view = TRY(view_body(body));
    const std::uint64_t newest = impl_->order.newest();
    const bool share =
        std::isnan(stored.confidence) || (stored.confidence >= 0 && stored.confidence <= 1);
    if (impl_->loading == 0 || stored.number <= newest || stored.number > impl_->totals.last ||
        stored.status > 3 || !share || !std::isfinite(stored.reward) ||
        stored.successes > stored.retrievals || impl_->find(view.id) != kNoSlot ||
        (has_slots && (stored.slot > kSlotMax || impl_->rows.holds(stored.slot)))) {
      return damaged("a snapshot's row " + std::to_string(stored.number) + " is out of range");
    }
    TRY(impl_->fix_widths(view));
    --impl_->loading;
    impl_->insert({.number = stored.number,
                   .confidence = stored.confidence,
                   .reward = stored.reward,
                   .time_us = stored.time_us,
                   .retrievals = stored.retrievals,
                   .successes = stored.successes,
                   .status = static_cast<ExperienceStatus>(stored.status)},
                  body, has_slots ? stored.slot : kNoSlot);
  }
  return {};
}

Result<void> BufferState::finish_loading() const {
  if (impl_->loading_version == 0) return damaged("a snapshot without its header");
  if (impl_->loading == 0) return {};
  return damaged("a snapshot lacks " + std::to_string(impl_->loading) + " experiences");
}

StateView BufferState::view() {
  StateView view;
  view.totals_ = impl_->totals;
  view.order_ = in_order();
  view.rows_ = impl_->rows.view();
  view.bodies_ = impl_->bodies.view();
  return view;
}

Result<void> StateView::write_chunks(
    const std::function<Result<void>(std::string_view)>& add) const {
  ChunkHeader header;
  header.totals = totals_;
  header.size = order_.size();
  std::string chunk;
  append(chunk, header);
  for (const Slot slot : order_) {
    const ExperienceRow& row = (*rows_[slot / kRowsPerBlock])[slot % kRowsPerBlock];
    const std::size_t bytes = sizeof(ChunkRow) + row.bytes;
    if (chunk.size() + bytes > kChunkBytes) {
      TRY(add(chunk));
      chunk.clear();
    }
    append(chunk, ChunkRow{.number = row.number,
                           .confidence = row.confidence,
                           .reward = row.reward,
                           .time_us = row.time_us,
                           .retrievals = row.retrievals,
                           .successes = row.successes,
                           .bytes = row.bytes,
                           .status = static_cast<std::uint32_t>(row.status),
                           .slot = slot,
                           .zero = 0});
    chunk.append(bodies_[row.block]->bytes.get() + row.offset, row.bytes);
  }
  return chunk.empty() ? Result<void>() : add(chunk);
}

// ---------------------------------------------------------------- reading

const StateTotals& BufferState::totals() const { return impl_->totals; }
std::size_t BufferState::size() const { return impl_->size; }
Slot BufferState::find(std::string_view id) const { return impl_->find(id); }
Slot BufferState::find_number(std::uint64_t number) const { return impl_->order.find(number); }
const ExperienceRow& BufferState::row(Slot slot) const { return impl_->rows.at(slot); }
std::string_view BufferState::body(Slot slot) const {
  return impl_->bodies.at(impl_->rows.at(slot));
}

RowCopy BufferState::copy(Slot slot) const {
  const ExperienceRow& row = impl_->rows.at(slot);
  return {row, impl_->bodies.block(row)};
}

std::vector<Slot> BufferState::in_order() const { return impl_->order.slots(); }

}  // namespace hardwon::reason
