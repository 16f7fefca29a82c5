#pragma once

// Hash -> position, for one entry a log line: 12 to 30 bytes an entry where the standard map
// takes 50, which decides whether a gigabyte of short lines fits the memory target.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace hardwon::import {

// Open addressing with linear probing; keys are hashes already.  Nothing is ever removed.
class HashIndex {
 public:
  // The value now stored under the key, and whether it is the new one.
  std::pair<std::uint32_t, bool> insert(std::uint64_t key, std::uint32_t value) {
    if ((size_ + 1) * 4 > keys_.size() * 3) grow();
    const std::size_t at = place(key == 0 ? 1 : key);
    const bool is_new = keys_[at] == 0;
    if (is_new) {
      keys_[at] = key == 0 ? 1 : key;
      values_[at] = value;
      ++size_;
    }
    return {values_[at], is_new};
  }

  std::optional<std::uint32_t> find(std::uint64_t key) const {
    if (keys_.empty()) return std::nullopt;
    const std::size_t at = place(key == 0 ? 1 : key);
    if (keys_[at] == 0) return std::nullopt;
    return values_[at];
  }

  // Every value, in no stated order.
  template <typename Visit>
  void each_value(Visit visit) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] != 0) visit(values_[i]);
    }
  }

 private:
  std::size_t place(std::uint64_t key) const {
    const std::size_t mask = keys_.size() - 1;
    std::size_t at = static_cast<std::size_t>(key) & mask;
    while (keys_[at] != 0 && keys_[at] != key) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    const std::size_t larger = keys_.empty() ? 64 : keys_.size() * 2;
    const auto old_keys = std::exchange(keys_, std::vector<std::uint64_t>(larger));
    const auto old_values = std::exchange(values_, std::vector<std::uint32_t>(larger));
    for (std::size_t i = 0; i < old_keys.size(); ++i) {
      if (old_keys[i] == 0) continue;
      const std::size_t at = place(old_keys[i]);
      keys_[at] = old_keys[i];
      values_[at] = old_values[i];
    }
  }

  std::vector<std::uint64_t> keys_;  // 0: free
  std::vector<std::uint32_t> values_;
  std::size_t size_ = 0;
};

}  // namespace hardwon::import
