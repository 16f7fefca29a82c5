#include "reason/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"
#include "reason/priority_tree.h"

namespace hardwon::reason {
namespace {

using std::chrono::microseconds;

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kTermMax = 1e100;  // so that sums and products of many stay finite
// Exponents, or lengths of age_scale, between the origin of g and now: e^40 · 2^-53 is far below 1.
constexpr double kSpanMax = 40;

// In microseconds, at the limits of the type where the difference has no place in it.
double elapsed(TimePoint from, TimePoint to) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(to.time_since_epoch().count(), from.time_since_epoch().count(),
                             &difference)) {
    difference = from < to ? std::numeric_limits<std::int64_t>::max()
                           : std::numeric_limits<std::int64_t>::min();
  }
  return static_cast<double>(difference);
}

// The first whole microsecond that is at least `age` after `from`; the end of time where none is.
TimePoint after(TimePoint from, double age) {
  const double whole = std::ceil(age);
  if (!(whole < 0x1p62)) return TimePoint::max();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(from.time_since_epoch().count(), static_cast<std::int64_t>(whole),
                             &sum)) {
    return TimePoint::max();
  }
  return TimePoint(microseconds(sum));
}

// e-folds (linear: parts of age_scale) in a microsecond.
double rate_of(const AgingOptions& aging) {
  const auto scale = static_cast<double>(aging.age_scale.count());
  return (aging.mode == AgeMode::kLinear ? 1 : std::numbers::ln2) / scale;
}

// p(t) = fixed + g(t) · moving until the moment `until`, when p takes another form.
struct Piece {
  double fixed = 0;
  double moving = 0;
  TimePoint until = TimePoint::max();
};

// Ages at which p leaves the floor, or falls to it.  Before the factor.
double age_off_floor(const PriorityTerms& terms, const AgingOptions& aging) {
  const double lack = aging.floor - terms.base;
  if (lack <= 0) return 0;
  if (lack >= aging.age_weight) return kNever;
  const double share = lack / aging.age_weight;
  return (aging.mode == AgeMode::kLinear ? share : -std::log1p(-share)) / rate_of(aging);
}
double age_onto_floor(const PriorityTerms& terms, const AgingOptions& aging) {
  const double lack = aging.floor - terms.base;
  if (lack <= 0) return kNever;
  if (lack >= aging.age_weight) return 0;
  return std::log(aging.age_weight / lack) / rate_of(aging);
}

// origin: where g is 1 (growth, decay: g = e^(−rate · (t − origin))) or 0 (linear:
// g = rate · (t − origin)).
Piece piece_at(const PriorityTerms& terms, const AgingOptions& aging, TimePoint origin,
               TimePoint now) {
  const auto constant = [&](TimePoint until) {
    return Piece{.fixed = priority_at(terms, aging, now), .until = until};
  };
  if (now < terms.born) return constant(terms.born);
  const double age = elapsed(terms.born, now);
  const double rate = rate_of(aging);
  const double offset = rate * elapsed(origin, terms.born);
  const double weight = terms.factor * aging.age_weight;
  Piece piece{.fixed = terms.factor * terms.base};
  if (aging.mode == AgeMode::kDecay) {
    const double end = age_onto_floor(terms, aging);
    if (age >= end) return constant(TimePoint::max());
    piece.moving = weight * std::exp(offset);
    piece.until = after(terms.born, end);
    return piece;
  }
  const double start = age_off_floor(terms, aging);
  if (age < start) return constant(after(terms.born, start));
  if (aging.mode == AgeMode::kGrowth) {
    piece.fixed += weight;
    piece.moving = -weight * std::exp(offset);
    return piece;
  }
  const auto cap = static_cast<double>(aging.age_scale.count());
  if (age >= cap) return constant(TimePoint::max());
  piece.fixed -= weight * offset;
  piece.moving = weight;
  piece.until = after(terms.born, cap);
  return piece;
}

// The moments at which slots change their form, the next one first.
//
// At most one entry of a slot counts: the earliest that it was given since it last fired.  An
// entry that comes too early is harmless, for the slot then asks for a later one; so a changed
// slot needs no search in the heap.
class Changes {
 public:
  void ask(Slot slot, TimePoint at) {
    if (slot >= asked_.size())
      asked_.resize(std::max<std::size_t>(slot + 1, asked_.size() * 2), TimePoint::max());
    if (at >= asked_[slot]) return;
    asked_[slot] = at;
    if (heap_.size() >= 64 && heap_.size() >= 2 * asked_.size()) drop_dead();
    heap_.push_back({at, slot});
    std::ranges::push_heap(heap_, later);
  }

  bool is_due(TimePoint now) const { return !heap_.empty() && heap_.front().at <= now; }

  // The next slot, or none where the entry was replaced.  is_due() must hold.
  bool pop(Slot* slot) {
    const Change change = heap_.front();
    std::ranges::pop_heap(heap_, later);
    heap_.pop_back();
    if (asked_[change.slot] != change.at) return false;
    asked_[change.slot] = TimePoint::max();
    *slot = change.slot;
    return true;
  }

 private:
  struct Change {
    TimePoint at;
    Slot slot;
  };
  // Ties by slot, so that the order does not depend on the standard library.
  static bool later(const Change& a, const Change& b) {
    return a.at != b.at ? a.at > b.at : a.slot > b.slot;
  }
  void drop_dead() {
    std::erase_if(heap_, [&](const Change& c) { return asked_[c.slot] != c.at; });
    std::ranges::make_heap(heap_, later);
  }

  std::vector<Change> heap_;
  std::vector<TimePoint> asked_;  // [slots]
};

class PrioritizedSampler final : public Sampler {
 public:
  explicit PrioritizedSampler(const AgingOptions& aging) : aging_(aging), rate_(rate_of(aging)) {
    CHECK(aging.age_scale.count() > 0);
    CHECK(aging.age_weight >= 0 && aging.age_weight <= kTermMax);
    CHECK(aging.floor >= 0 && aging.floor <= kTermMax);
  }

  void set(Slot slot, const PriorityTerms& terms, TimePoint now) override {
    CHECK(terms.base >= 0 && terms.base <= kTermMax);
    CHECK(terms.factor > 0 && terms.factor <= kTermMax);
    advance(now);
    if (slot >= terms_.size()) {
      terms_.resize(std::max<std::size_t>(slot + std::size_t{1}, terms_.size() * 2));
      is_present_.resize(terms_.size());
    }
    if (!is_present_[slot]) ++size_;
    is_present_[slot] = true;
    __builtin_prefetch(&terms_[slot], 1);
    tree_.expect(slot);
    waiting_.push_back({slot, terms});
    if (waiting_.size() >= kWaitingMax) write_waiting();
  }

  void remove(Slot slot) override {
    if (slot >= terms_.size() || !is_present_[slot]) return;
    write_waiting();
    is_present_[slot] = false;
    tree_.write(slot, 0, 0);
    --size_;
  }

  std::size_t size() const override { return size_; }

  void sample(std::size_t count, TimePoint now, Rng& rng, std::vector<Draw>* draws) override {
    advance(now);
    write_waiting();
    const double g = growth();
    const double total = tree_.total(g);
    if (!(total > 0) || count == 0) return;
    const double share = total / static_cast<double>(count);
    targets_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      targets_[i] = (static_cast<double>(i) + rng.uniform()) * share;
    }
    hits_.clear();
    tree_.find(g, targets_, &hits_);
    for (const TreeHit& hit : hits_) {
      if (hit.value > 0) draws->push_back({hit.slot, std::min(hit.value / total, 1.0)});
    }
  }

  double probability(Slot slot, TimePoint now) override {
    advance(now);
    write_waiting();
    const double g = growth();
    const double total = tree_.total(g);
    return total > 0 ? std::min(tree_.value(slot, g) / total, 1.0) : 0;
  }

 private:
  // Terms that were set wait here while their lines come from memory.  A million slots are more
  // than a cache holds: written at once, each would wait for its own.
  static constexpr std::size_t kWaitingMax = 32;
  struct Waiting {
    Slot slot;
    PriorityTerms terms;
  };

  double growth() const {
    const double span = rate_ * elapsed(origin_, now_);
    return aging_.mode == AgeMode::kLinear ? span : std::exp(-span);
  }

  void place(Slot slot, const PriorityTerms& terms) {
    const Piece piece = piece_at(terms, aging_, origin_, now_);
    tree_.write(slot, piece.fixed, piece.moving);
    // Where rounding put the moment at or before now, the next microsecond will do: p is
    // continuous there.
    if (piece.until < TimePoint::max() && now_ < TimePoint::max()) {
      changes_.ask(slot, std::max(piece.until, now_ + microseconds(1)));
    }
  }

  void write_waiting() {
    for (const Waiting& one : waiting_) {
      terms_[one.slot] = one.terms;
      place(one.slot, one.terms);
    }
    waiting_.clear();
  }

  void advance(TimePoint now) {
    if (!is_started_) {
      is_started_ = true;
      origin_ = now_ = now;
    }
    now_ = std::max(now_, now);
    // A slot whose new terms wait is placed by its old ones here, and anew before the next answer.
    if (rate_ * elapsed(origin_, now_) > kSpanMax) {
      origin_ = now_;
      for (std::size_t slot = 0; slot < terms_.size(); ++slot) {
        if (is_present_[slot]) place(static_cast<Slot>(slot), terms_[slot]);
      }
    }
    while (changes_.is_due(now_)) {
      Slot slot = 0;
      if (changes_.pop(&slot) && is_present_[slot]) place(slot, terms_[slot]);
    }
  }

  AgingOptions aging_;
  double rate_;
  bool is_started_ = false;
  TimePoint origin_{};
  TimePoint now_{};
  std::size_t size_ = 0;
  std::vector<PriorityTerms> terms_;  // [slots]
  // Beside the terms, which are too many for the cache: set() reads nothing that it must wait for.
  std::vector<bool> is_present_;  // [slots]
  std::vector<Waiting> waiting_;
  Changes changes_;
  PriorityTree tree_;
  std::vector<double> targets_;
  std::vector<TreeHit> hits_;
};

// A dense list; a removed slot's place is taken by the last one.
class UniformSampler final : public Sampler {
 public:
  void set(Slot slot, const PriorityTerms&, TimePoint) override {
    if (slot >= places_.size()) {
      places_.resize(std::max<std::size_t>(slot + std::size_t{1}, places_.size() * 2), kNowhere);
    }
    if (places_[slot] != kNowhere) return;
    places_[slot] = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(slot);
  }

  void remove(Slot slot) override {
    if (slot >= places_.size() || places_[slot] == kNowhere) return;
    const std::uint32_t place = places_[slot];
    slots_[place] = slots_.back();
    places_[slots_[place]] = place;
    slots_.pop_back();
    places_[slot] = kNowhere;
  }

  std::size_t size() const override { return slots_.size(); }

  void sample(std::size_t count, TimePoint, Rng& rng, std::vector<Draw>* draws) override {
    if (slots_.empty()) return;
    const auto size = static_cast<double>(slots_.size());
    const double share = size / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double target = (static_cast<double>(i) + rng.uniform()) * share;
      const std::size_t place = std::min(static_cast<std::size_t>(target), slots_.size() - 1);
      draws->push_back({slots_[place], 1 / size});
    }
  }

  double probability(Slot slot, TimePoint) override {
    if (slot >= places_.size() || places_[slot] == kNowhere) return 0;
    return 1 / static_cast<double>(slots_.size());
  }

 private:
  static constexpr std::uint32_t kNowhere = 0xffffffff;

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> places_;  // [slots]
};

}  // namespace

double priority_at(const PriorityTerms& terms, const AgingOptions& aging, TimePoint now) {
  const double age = std::max(elapsed(terms.born, now), 0.0);
  const double span = rate_of(aging) * age;
  double share = 0;
  switch (aging.mode) {
    case AgeMode::kGrowth:
      share = -std::expm1(-span);
      break;
    case AgeMode::kDecay:
      share = std::exp(-span);
      break;
    case AgeMode::kLinear:
      share = std::min(span, 1.0);
      break;
  }
  return terms.factor * std::max(terms.base + aging.age_weight * share, aging.floor);
}

std::unique_ptr<Sampler> uniform_sampler() { return std::make_unique<UniformSampler>(); }

std::unique_ptr<Sampler> prioritized_sampler(const AgingOptions& aging) {
  return std::make_unique<PrioritizedSampler>(aging);
}

// Of (size · p)^−beta divided by the largest, which is that of the smallest p, `size` cancels.
std::vector<double> importance_weights(const std::vector<Draw>& draws, double beta) {
  std::vector<double> weights(draws.size());
  double smallest = 1;
  for (const Draw& draw : draws) smallest = std::min(smallest, draw.probability);
  for (std::size_t i = 0; i < draws.size(); ++i) {
    weights[i] = std::exp(beta * std::log(smallest / draws[i].probability));  // pow takes longer
  }
  return weights;
}

}  // namespace hardwon::reason
