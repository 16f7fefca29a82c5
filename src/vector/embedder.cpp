#include "vector/embedder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/hash.h"
#include "base/text.h"

namespace hardwon::vector {
namespace {

// Chosen on one half of a public code-search set and reported on the other
// (docs/decisions/0004-evidence.md, "Measured"): with word stems alone two words that share a
// slot cannot be told apart, while the many n-grams of a word spread its weight over slots.
constexpr double kWordWeight = 1.0;
constexpr double kGramsWeight = 2.0;
constexpr double kStopWordWeight = 0.1;
constexpr std::size_t kGramMin = 3, kGramMax = 5;
// What follows in a longer text hardly moves the direction, and costs.
constexpr std::size_t kTextBytesMax = 32 * 1024;
constexpr std::size_t kWordBytesMax = 64;  // base64 and minified code are no words
constexpr std::uint64_t kWordSeed = 1, kGramSeed = 2;

static_assert(std::has_single_bit(kLexicalDim));

void add(std::vector<float>& vector, std::uint64_t hash, double weight) {
  vector[hash & (kLexicalDim - 1)] += static_cast<float>((hash >> 63) != 0 ? weight : -weight);
}

// Sum of squares of all n-grams of a word is weight²·kGramsWeight², however long the word.
void add_grams(std::vector<float>& vector, const std::string& word, double weight) {
  const std::string bounded = "<" + word + ">";
  std::size_t grams = 0;
  for (std::size_t n = kGramMin; n <= std::min(kGramMax, bounded.size()); ++n) {
    grams += bounded.size() - n + 1;
  }
  if (grams == 0) return;
  const double each = weight * kGramsWeight / std::sqrt(static_cast<double>(grams));
  for (std::size_t n = kGramMin; n <= std::min(kGramMax, bounded.size()); ++n) {
    for (std::size_t at = 0; at + n <= bounded.size(); ++at) {
      add(vector, hash64(std::string_view(bounded).substr(at, n), kGramSeed), each);
    }
  }
}

}  // namespace

std::vector<float> embed_lexical(std::string_view text) {
  std::vector<float> vector(kLexicalDim, 0.0F);
  std::vector<std::string> all = words(text.substr(0, kTextBytesMax));
  std::ranges::sort(all);
  for (std::size_t from = 0, to = 0; from < all.size(); from = to) {
    while (to < all.size() && all[to] == all[from]) ++to;
    const std::string& word = all[from];
    if (word.size() > kWordBytesMax) continue;
    const double weight = 1 + std::log(static_cast<double>(to - from));
    if (is_stop_word(word)) {
      add(vector, hash64(word, kWordSeed), weight * kStopWordWeight);
      continue;
    }
    add(vector, hash64(stem(word), kWordSeed), weight * kWordWeight);
    add_grams(vector, word, weight);
  }
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
  if (squares <= 0) return vector;
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& x : vector) x *= scale;
  return vector;
}

}  // namespace hardwon::vector
