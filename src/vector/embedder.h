#pragma once

// The built-in lexical embedder: text to a unit vector without any model file.  Words, stems
// and character n-grams are hashed with signs into kLexicalDim dimensions.

#include <span>
#include <string_view>
#include <vector>

namespace hardwon::vector {

inline constexpr std::size_t kLexicalDim = 256;
inline constexpr std::string_view kLexicalName = "lexical/1";  // changes with any result

// Returns [kLexicalDim], unit length; all zero for text without a letter or digit.
// Pure, thread-safe; ~10 µs a hundred words.
std::vector<float> embed_lexical(std::string_view text);

}  // namespace hardwon::vector
