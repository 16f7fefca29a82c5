// Any bytes as a file of any language: parsed, checked and mended without a crash; what was mended
// stays as it is.  The first byte chooses the language.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "code/convention.h"

namespace {

std::vector<hardwon::code::Convention> conventions() {
  std::vector<hardwon::code::Convention> all;
  for (const char* sentence :
       {"Use snake_case for functions and variables", "Classes are PascalCase",
        "Constants are UPPER_SNAKE_CASE", "Indent with 2 spaces", "single quotes", "no semicolons",
        "never use var", "no bare except", "Keep imports sorted", "no trailing whitespace",
        "Files must end with a newline", "Never use print, use the logger",
        "Every public function needs a docstring", "Use type hints on all functions"}) {
    const auto some = hardwon::code::conventions_in(sentence);
    CHECK(!some.empty());
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const char* const kExtensions[] = {"py", "js", "ts",  "tsx",  "go",
                                            "rs", "c",  "cpp", "java", "txt"};
  static const auto kConventions = conventions();
  const std::string path = std::string("a.") + kExtensions[data[0] % std::size(kExtensions)];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  hardwon::code::conventions_in(text);
  const auto fixed = hardwon::code::fix(text, path, kConventions);
  if (!fixed) return 0;
  const auto again = hardwon::code::fix(fixed->text, path, kConventions);
  CHECK(!again || again->text == fixed->text);
  return 0;
}
