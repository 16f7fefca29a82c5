#include "reason/experience_buffer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/door.h"
#include "store/needle.h"

namespace hardwon::reason {
namespace {

constexpr std::uint64_t kSnapshotLogBytes = 64U << 20;
constexpr std::size_t kSampleMax = 1'000'000;
constexpr std::size_t kNeighboursMax = 10'000;
constexpr std::chrono::seconds kIdle{1}, kSnapshotPause{30};
constexpr int kSearchAttempts = 8;
constexpr std::size_t kDerivedAtOnce = 64;
constexpr std::size_t kRestoredAtOnce = 256, kRestoredBytes = 8U << 20;

std::unexpected<Error> wrong(std::string field, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::move(field)});
}

AgingOptions aging_of(const PriorityOptions& priority) {
  return {.mode = priority.age_mode,
          .age_scale = priority.age_scale,
          .age_weight = priority.age_weight,
          .floor = priority.floor};
}

double success_rate(const PriorityOptions& priority, const ExperienceRow& row) {
  return (row.successes + priority.success_prior) / (row.retrievals + priority.success_prior);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

bool metadata_passes(const std::map<std::string, std::string>& wanted, std::string_view metadata) {
  if (wanted.empty()) return true;
  const auto json = parse_json(metadata);
  if (!json || !json->is_object()) return false;
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& field) {
    const auto found = json->find(field.first);
    return found != json->end() && text_of(*found) == field.second;
  });
}

// The trajectory is JSON as this program writes it; metadata is kept as it came, where "\u0042"
// may stand for "B".
bool holds(const BodyView& view, const store::Needle& needle) {
  if (needle.is_in(view.id) || needle.is_in(view.question) || needle.is_in(view.trajectory) ||
      needle.is_in(view.metadata)) {
    return true;
  }
  if (!view.metadata.contains('\\')) return false;
  const auto metadata = parse_json(view.metadata);
  return metadata && needle.is_in(dump_json(*metadata));
}

}  // namespace

// ---------------------------------------------------------------- opening

ExperienceBuffer::ExperienceBuffer(Parts parts)
    : options_(parts.options),
      clock_(*parts.clock),
      aging_(aging_of(options_.priority)),
      recovery_(parts.recovery),
      journal_(std::move(parts.journal)),
      index_({.visual = options_.visual_weight, .text = options_.text_weight}),
      state_(std::move(parts.state)),
      sampler_(options_.sampling == SamplingStrategy::kUniform ? uniform_sampler()
                                                               : prioritized_sampler(aging_)),
      rng_(options_.seed != 0 ? options_.seed : random_bits()),
      snapshot_sequence_(parts.recovery.snapshot) {
  if (journal_) commits_ = std::make_unique<store::GroupCommit>(*journal_, recovery_.last);
}

Result<std::unique_ptr<ExperienceBuffer>> ExperienceBuffer::create(Parts parts) {
  const std::uint64_t capacity = parts.options.capacity;
  std::unique_ptr<ExperienceBuffer> buffer(new ExperienceBuffer(std::move(parts)));
  std::uint64_t stored = 0;
  {
    const MutexLock lock(buffer->mutex_);
    for (const Slot slot : buffer->state_.in_order()) {
      buffer->underived_.push_back(buffer->state_.row(slot).number);
    }
    std::ranges::reverse(buffer->underived_);
    stored = buffer->state_.totals().capacity;
  }
  if (buffer->commits_ && stored != capacity) {
    const std::string entry = encode_capacity(capacity);
    TRY(buffer->change({&entry, 1}));
  }
  return buffer;
}

ExperienceBuffer::~ExperienceBuffer() {
  // A failure here leaves an unmarked end, which the next opening tells from damage.
  if (commits_) (void)commits_->mark_end();
}

Result<void> ExperienceBuffer::writable() const {
  if (commits_) return {};
  return fail(ErrorCode::kUnavailable, "opened for reading beside the process that owns it");
}

// ---------------------------------------------------------------- changing

Result<void> ExperienceBuffer::change(std::span<const std::string> entries) {
  TRY(writable());
  bool refused = false;
  const bool sync = options_.durability == ReplayDurability::kDurable;
  TRY(commits_->commit(entries, sync,
                       [&](store::Sequence first) { apply(entries, first, &refused); }));
  if (!refused) return {};
  return fail(ErrorCode::kConflict, "an experience would have more successes than retrievals");
}

void ExperienceBuffer::apply(std::span<const std::string> entries, store::Sequence first,
                             bool* refused) {
  const MutexLock lock(mutex_);
  Effects effects;
  for (const std::string& entry : entries) {
    effects.clear();
    // What this program wrote, it can apply; anything else would tear memory from journal.
    CHECK(state_.apply(first, entry, &effects).has_value());
    follow(effects, first);
    if (effects.refused && refused != nullptr) *refused = true;
    ++changes_;
    ++first;
  }
}

void ExperienceBuffer::follow(const Effects& effects, store::Sequence sequence) {
  for (const Slot slot : effects.added) {
    // Of several added by one entry, the first may have made room for the last.
    if (state_.row(slot).number != 0) derive(slot, sequence);
  }
  for (const Slot slot : effects.changed) {
    // Of one not yet derived too: that sets it once more.
    sampler_->set(slot, terms_of(state_.row(slot)), clock_.now());
  }
  for (const auto& [slot, number] : effects.gone) {
    sampler_->remove(slot);
    index_.remove(static_cast<vector::Label>(number), sequence);
  }
}

void ExperienceBuffer::derive(Slot slot, store::Sequence sequence) {
  const ExperienceRow& row = state_.row(slot);
  sampler_->set(slot, terms_of(row), clock_.now());
  const auto view = view_body(state_.body(slot));
  CHECK(view.has_value());
  if (view->visual.empty() && view->text.empty()) return;
  index_.add(static_cast<vector::Label>(row.number),
             {.visual = floats_in(view->visual), .text = floats_in(view->text)}, sequence);
}

// A few at a time, so that others get their turn.  What has gone since needs nothing.
void ExperienceBuffer::derive_all() {
  for (;;) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < kDerivedAtOnce; ++i) {
      if (underived_.empty()) return;
      const Slot slot = state_.find_number(underived_.back());
      underived_.pop_back();
      if (slot != kNoSlot) derive(slot, state_.totals().last);
    }
  }
}

PriorityTerms ExperienceBuffer::terms_of(const ExperienceRow& row) const {
  const PriorityOptions& priority = options_.priority;
  const double uncertainty = std::isnan(row.confidence) ? 1 : 1 - row.confidence;
  return {.base = priority.uncertainty_weight * uncertainty +
                  priority.reward_weight * std::min(std::abs(row.reward), priority.reward_max),
          .factor = 1 - priority.success_influence * (1 - success_rate(priority, row)),
          .born = TimePoint(std::chrono::microseconds(row.time_us))};
}

// Checked, completed, masked and encoded; `widths` are those fixed so far.
Result<std::string> ExperienceBuffer::prepare(Experience experience, Widths* widths,
                                              std::string* id) {
  TRY(check_experience(experience, widths->visual, widths->text));
  if (widths->visual == 0) widths->visual = experience.embeddings.visual.size();
  if (widths->text == 0) widths->text = experience.embeddings.text.size();
  if (!experience.time) experience.time = clock_.now();
  if (experience.id.empty()) {
    const MutexLock lock(mutex_);
    experience.id = id_text(fresh_id_bytes(clock_, rng_));
  }
  experience = masked(std::move(experience));
  const std::string body = encode_body(experience);
  if (body.size() > kBodyBytesMax) {
    return fail(ErrorCode::kResourceExhausted, "an experience of " + std::to_string(body.size()) +
                                                   " bytes, at most " +
                                                   std::to_string(kBodyBytesMax));
  }
  *id = std::move(experience.id);
  return encode_add(body);
}

Result<std::vector<std::string>> ExperienceBuffer::add(std::span<const Experience> experiences) {
  TRY(writable());
  std::vector<std::string> entries, ids(experiences.size());
  Widths widths = fixed_widths();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < experiences.size(); ++i) {
    auto entry = prepare(experiences[i], &widths, &ids[i]);
    if (!entry) {
      Error error = std::move(entry).error();
      if (experiences.size() > 1) error.field = std::to_string(i) + "/" + error.field;
      return std::unexpected(std::move(error));
    }
    bytes += entry->size();
    entries.push_back(*std::move(entry));
  }
  if (bytes > store::kBatchBytesMax) {
    return fail(ErrorCode::kResourceExhausted, "experiences of " + std::to_string(bytes) +
                                                   " bytes together, at most " +
                                                   std::to_string(store::kBatchBytesMax));
  }
  if (entries.empty()) return ids;
  TRY(claim(ids, widths));
  const auto changed = change(entries);
  release(ids);
  TRY(changed);
  return ids;
}

ExperienceBuffer::Widths ExperienceBuffer::fixed_widths() {
  const MutexLock lock(mutex_);
  return {.visual = std::max<std::size_t>(claimed_.visual, state_.totals().visual_dim),
          .text = std::max<std::size_t>(claimed_.text, state_.totals().text_dim)};
}

// Nobody else may add these ids, or fix other widths, until the journal has decided.
Result<void> ExperienceBuffer::claim(const std::vector<std::string>& ids, const Widths& widths) {
  const MutexLock lock(mutex_);
  const auto fixed = [](std::size_t stored, std::size_t claimed, std::size_t wanted) {
    const std::size_t width = std::max(stored, claimed);
    return width == 0 || wanted == 0 || width == wanted;
  };
  const StateTotals& totals = state_.totals();
  if (!fixed(totals.visual_dim, claimed_.visual, widths.visual) ||
      !fixed(totals.text_dim, claimed_.text, widths.text)) {
    return wrong("embeddings", "another width was added at the same time");
  }
  std::unordered_set<std::string_view> own;
  for (const std::string& id : ids) {
    if (!own.insert(id).second || adding_.contains(id) || state_.find(id) != kNoSlot) {
      return std::unexpected(Error{.code = ErrorCode::kConflict,
                                   .message = "there is already an experience '" + id + "'",
                                   .field = "id"});
    }
  }
  adding_.insert(ids.begin(), ids.end());
  claimed_ = {.visual = std::max(claimed_.visual, widths.visual),
              .text = std::max(claimed_.text, widths.text)};
  return {};
}

void ExperienceBuffer::release(const std::vector<std::string>& ids) {
  const MutexLock lock(mutex_);
  for (const std::string& id : ids) adding_.erase(id);
}

Result<std::vector<std::uint64_t>> ExperienceBuffer::numbers_of(std::span<const std::string> ids) {
  const MutexLock lock(mutex_);
  std::vector<std::uint64_t> numbers;
  for (const std::string& id : ids) {
    const Slot slot = state_.find(store::door_text(id, nullptr));
    if (slot == kNoSlot) return fail(ErrorCode::kNotFound, "there is no experience '" + id + "'");
    numbers.push_back(state_.row(slot).number);
  }
  return numbers;
}

Result<void> ExperienceBuffer::remove(std::span<const std::string> ids) {
  TRY(writable());
  const auto numbers = TRY(numbers_of(ids));
  if (numbers.empty()) return {};
  const std::string entry = encode_numbers(EntryKind::kRemove, numbers);
  return change({&entry, 1});
}

Result<void> ExperienceBuffer::mark_success(std::span<const std::string> ids) {
  TRY(writable());
  const auto numbers = TRY(numbers_of(ids));
  if (numbers.empty()) return {};
  const std::string entry = encode_numbers(EntryKind::kSucceeded, numbers);
  return change({&entry, 1});
}

Result<void> ExperienceBuffer::update(std::span<const ExperienceUpdate> updates) {
  TRY(writable());
  std::vector<std::string> ids;
  for (const ExperienceUpdate& update : updates) {
    if (update.confidence && !(*update.confidence >= 0 && *update.confidence <= 1)) {
      return wrong("confidence",
                   "found " + std::to_string(*update.confidence) + ", expected 0 to 1");
    }
    if (update.reward && !std::isfinite(*update.reward)) return wrong("reward", "is not finite");
    ids.push_back(update.id);
  }
  const auto numbers = TRY(numbers_of(ids));
  if (numbers.empty()) return {};
  std::vector<EntryUpdate> rows;
  rows.reserve(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    rows.push_back({.number = numbers[i],
                    .confidence = updates[i].confidence,
                    .reward = updates[i].reward,
                    .status = updates[i].status});
  }
  const std::string entry = encode_updates(rows);
  return change({&entry, 1});
}

Result<std::size_t> ExperienceBuffer::restore(const BufferState& from) {
  TRY(writable());
  const std::vector<Slot> slots = from.in_order();
  for (std::size_t first = 0; first < slots.size();) {
    std::size_t last = first, bytes = 0;
    while (last < slots.size() && last - first < kRestoredAtOnce && bytes < kRestoredBytes) {
      bytes += from.body(slots[last++]).size();
    }
    TRY(restore(from, std::span(slots).subspan(first, last - first)));
    first = last;
  }
  return slots.size();
}

// The bodies hold what was added; what has changed since can name its experience only once the
// journal has given that a number.
Result<void> ExperienceBuffer::restore(const BufferState& from, std::span<const Slot> slots) {
  std::vector<std::string> added, ids;
  for (const Slot slot : slots) {
    added.push_back(encode_add(from.body(slot)));
    const auto view = view_body(from.body(slot));
    CHECK(view.has_value());
    ids.emplace_back(view->id);
  }
  TRY(change(added));
  const std::vector<std::uint64_t> numbers = TRY(numbers_of(ids));
  std::vector<EntryUpdate> updates;
  std::vector<EntryCounts> counts;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const ExperienceRow& row = from.row(slots[i]);
    updates.push_back({.number = numbers[i], .reward = row.reward, .status = row.status});
    if (!std::isnan(row.confidence)) updates.back().confidence = row.confidence;
    counts.push_back({numbers[i], row.retrievals, row.successes});
  }
  const std::string changes[] = {encode_updates(updates), encode_counts(counts)};
  return change(changes);
}

// ---------------------------------------------------------------- reading

ExperienceRecord ExperienceBuffer::describe(const RowCopy& copy, double priority) const {
  auto experience = decode_body(copy.body());
  CHECK(experience.has_value());
  ExperienceRecord record{.experience = *std::move(experience),
                          .number = copy.row.number,
                          .retrievals = copy.row.retrievals,
                          .successes = copy.row.successes,
                          .priority = priority};
  record.experience.confidence.reset();
  if (!std::isnan(copy.row.confidence)) record.experience.confidence = copy.row.confidence;
  record.experience.trajectory.reward = copy.row.reward;
  record.experience.status = copy.row.status;
  if (copy.row.retrievals > 0) record.success_rate = success_rate(options_.priority, copy.row);
  return record;
}

Result<ExperienceRecord> ExperienceBuffer::get(const std::string& id) {
  RowCopy copy;
  double priority = 0;
  {
    const MutexLock lock(mutex_);
    const Slot slot = state_.find(store::door_text(id, nullptr));
    if (slot == kNoSlot) return fail(ErrorCode::kNotFound, "there is no experience '" + id + "'");
    copy = state_.copy(slot);
    priority = priority_at(terms_of(copy.row), aging_, clock_.now());
  }
  return describe(copy, priority);
}

// Looks at one body after the other: others get their turn while a large buffer is searched.
std::vector<std::string> ExperienceBuffer::ids(std::string_view text) {
  const store::Needle needle(text);
  std::vector<std::uint64_t> numbers;
  {
    const MutexLock lock(mutex_);
    for (const Slot slot : state_.in_order()) numbers.push_back(state_.row(slot).number);
  }
  std::vector<std::string> ids;
  for (const std::uint64_t number : numbers) {
    RowCopy copy;
    {
      const MutexLock lock(mutex_);
      const Slot slot = state_.find_number(number);
      if (slot == kNoSlot) continue;
      copy = state_.copy(slot);
    }
    const auto view = view_body(copy.body());
    CHECK(view.has_value());
    if (text.empty() || holds(*view, needle)) ids.emplace_back(view->id);
  }
  return ids;
}

Result<std::vector<SampledExperience>> ExperienceBuffer::sample(const SampleRequest& request) {
  if (request.count < 1 || request.count > kSampleMax) {
    return wrong("count", "found " + std::to_string(request.count) + ", expected 1 to 1,000,000");
  }
  if (!(request.beta >= 0 && request.beta <= 1)) {
    return wrong("beta", "found " + std::to_string(request.beta) + ", expected 0 to 1");
  }
  derive_all();
  const TimePoint now = clock_.now();
  std::vector<Draw> draws;
  std::vector<RowCopy> copies;
  {
    const MutexLock lock(mutex_);
    Rng own(request.seed.value_or(0));
    sampler_->sample(request.count, now, request.seed ? own : rng_, &draws);
    copies.reserve(draws.size());
    for (const Draw& draw : draws) copies.push_back(state_.copy(draw.slot));
  }
  const std::vector<double> weights = importance_weights(draws, request.beta);
  std::vector<SampledExperience> sampled;
  sampled.reserve(draws.size());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double priority = priority_at(terms_of(copies[i].row), aging_, now);
    sampled.push_back({.record = describe(copies[i], priority),
                       .probability = draws[i].probability,
                       .weight = weights[i]});
  }
  return sampled;
}

bool ExperienceBuffer::passes(const ExperienceFilter& filter, std::uint64_t number) {
  RowCopy copy;
  {
    const MutexLock lock(mutex_);
    const Slot slot = state_.find_number(number);
    if (slot == kNoSlot) return false;
    copy = state_.copy(slot);
  }
  const TimePoint time{std::chrono::microseconds(copy.row.time_us)};
  if (filter.status && copy.row.status != *filter.status) return false;
  if (filter.reward_min && copy.row.reward < *filter.reward_min) return false;
  if ((filter.since && time < *filter.since) || (filter.until && time >= *filter.until)) {
    return false;
  }
  const auto view = view_body(copy.body());
  CHECK(view.has_value());
  return metadata_passes(filter.metadata, view->metadata);
}

std::vector<Neighbour> ExperienceBuffer::describe_hits(const std::vector<vector::Hit>& hits,
                                                       NeighbourMetric metric) {
  const TimePoint now = clock_.now();
  std::vector<Neighbour> found;
  for (const vector::Hit& hit : hits) {
    RowCopy copy;
    {
      const MutexLock lock(mutex_);
      const Slot slot = state_.find_number(static_cast<std::uint64_t>(hit.label));
      if (slot == kNoSlot) continue;
      copy = state_.copy(slot);
    }
    const double similarity = hit.similarity;
    found.push_back({.record = describe(copy, priority_at(terms_of(copy.row), aging_, now)),
                     .similarity = similarity});
    if (metric == NeighbourMetric::kL2) {
      found.back().distance = std::sqrt(std::max(0.0, 2 - 2 * similarity));
    }
  }
  return found;
}

Result<std::vector<Neighbour>> ExperienceBuffer::neighbours(const NeighbourRequest& request) {
  if (request.count < 1 || request.count > kNeighboursMax) {
    return wrong("count", "found " + std::to_string(request.count) + ", expected 1 to 10,000");
  }
  const Widths widths = fixed_widths();
  const vector::HybridVectors query{.visual = request.embeddings.visual,
                                    .text = request.embeddings.text};
  TRY(vector::check_vectors(query, widths.visual, widths.text));
  derive_all();
  const bool filtered = request.filter != ExperienceFilter{};
  const auto wanted = [&](vector::Label label) {
    return passes(request.filter, static_cast<std::uint64_t>(label));
  };
  std::vector<Neighbour> found;
  // What was removed since a search began would leave fewer than there are: search again.
  for (int attempt = 0; attempt < kSearchAttempts; ++attempt) {
    const auto hits = filtered ? index_.search(query, request.count, wanted)
                               : index_.search(query, request.count);
    found = describe_hits(hits, request.metric);
    if (found.size() == hits.size()) break;
  }
  std::vector<std::uint64_t> numbers;
  numbers.reserve(found.size());
  for (const Neighbour& neighbour : found) numbers.push_back(neighbour.record.number);
  if (request.counts && commits_ && !numbers.empty()) count_retrievals(numbers);
  return found;
}

// Nobody waits for the disk to be told what was looked up; a failure is in stats().
void ExperienceBuffer::count_retrievals(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> entries = {encode_numbers(EntryKind::kRetrieved, numbers)};
  const std::vector<std::string> same = entries;
  commits_->post(std::move(entries),
                 [this, same](store::Sequence first) { apply(same, first, nullptr); });
}

ReplayStats ExperienceBuffer::stats() {
  ReplayStats stats;
  const vector::HybridFigures index = index_.figures();
  stats.index_covers = index.covers;
  stats.index_generation = index.generation;
  stats.index_live = index.live;
  stats.index_dead = index.dead;
  stats.snapshot_sequence = snapshot_sequence_;
  if (commits_) {
    const store::JournalFigures figures = journal_->figures();
    stats.log_bytes = figures.log_bytes;
    stats.snapshot_bytes = figures.snapshot_bytes;
    stats.written_bytes = figures.bytes;
    stats.fsyncs = figures.fsyncs;
    stats.poisoned = journal_->poisoned();
    stats.counts_dropped = commits_->posts_failed();
  }
  const TimePoint now = clock_.now();
  const MutexLock lock(mutex_);
  const StateTotals& totals = state_.totals();
  stats.index_pending = underived_.size();
  stats.size = state_.size();
  stats.capacity = totals.capacity;
  stats.added = totals.added;
  stats.evicted = totals.evicted;
  stats.removed = totals.removed;
  stats.visual_dim = totals.visual_dim;
  stats.text_dim = totals.text_dim;
  stats.sequence = totals.last;
  double sum = 0;
  for (const Slot slot : state_.in_order()) {
    const ExperienceRow& row = state_.row(slot);
    stats.retrievals += row.retrievals;
    stats.successes += row.successes;
    sum += priority_at(terms_of(row), aging_, now);
  }
  if (stats.size > 0) stats.priority_mean = sum / static_cast<double>(stats.size);
  return stats;
}

// ---------------------------------------------------------------- looking after

Result<void> ExperienceBuffer::flush() { return commits_ ? commits_->sync() : Result<void>(); }

Result<void> ExperienceBuffer::snapshot(bool erase) {
  TRY(writable());
  const MutexLock one_at_a_time(snapshot_mutex_);
  StateView view;
  std::unique_ptr<store::SnapshotWriter> writer;
  TRY(commits_->run_alone([&](store::Sequence last) -> Result<void> {
    const MutexLock lock(mutex_);
    view = state_.view();
    CHECK(view.totals().last == last);
    writer = TRY(journal_->start_snapshot(last));
    changes_ = 0;
    return {};
  }));
  TRY(view.write_chunks([&](std::string_view chunk) { return writer->add(chunk); }));
  TRY(writer->publish(erase ? 0 : options_.snapshots_kept));
  snapshot_sequence_ = view.totals().last;
  return {};
}

bool ExperienceBuffer::snapshot_due() {
  const store::JournalFigures figures = journal_->figures();
  if (figures.log_bytes > std::max(kSnapshotLogBytes, figures.snapshot_bytes / 2)) return true;
  const MutexLock lock(mutex_);
  return options_.snapshot_interval != 0 && changes_ >= options_.snapshot_interval;
}

Result<void> ExperienceBuffer::maintain() {
  derive_all();
  if (index_.rebuild_due()) index_.rebuild();
  if (!commits_) return {};
  const auto now = clock_.steady();
  if (!commits_->unsynced()) unsynced_since_.reset();
  if (commits_->unsynced() && !unsynced_since_) unsynced_since_ = now;
  // Half of the interval: the first unsynced write is noticed up to a poll after it was made.
  if (options_.durability == ReplayDurability::kBuffered && unsynced_since_ &&
      now - *unsynced_since_ >= options_.flush_interval / 2) {
    TRY(commits_->sync());
    unsynced_since_.reset();
  }
  if (now >= snapshot_after_ && snapshot_due()) {
    const auto done = snapshot(false);
    // A full disk is not filled four times a second.
    if (!done) snapshot_after_ = now + kSnapshotPause;
    TRY(done);
  }
  const store::Sequence last = commits_->last();
  if (last != idle_sequence_) {
    idle_sequence_ = last;
    idle_since_ = now;
  } else if (now - idle_since_ >= kIdle) {
    TRY(commits_->mark_end());
    idle_since_ = now;
  }
  return {};
}

}  // namespace hardwon::reason
