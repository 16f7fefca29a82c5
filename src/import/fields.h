#pragma once

// Strict reading of a JSON object: the first wrong type is reported with its pointer, what was
// found and what was expected.  Include in .cpp files only.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "import/dom.h"
#include "import/run.h"

namespace hardwon::import {

class Fields {
 public:
  Fields(Run& run, std::int64_t line) : run_(run), line_(line) {}

  // False after the first wrong type: the record is skipped.
  bool good() const { return good_; }
  void wrong(std::string_view pointer, std::optional<Element> found, std::string_view expected);

  // Each reads the member `key` of `object`, which stands at `at`; absent and null give nullopt.
  std::optional<Element> object(Element object, std::string_view at, std::string_view key);
  std::optional<Element> array(Element object, std::string_view at, std::string_view key);
  std::optional<std::string_view> text(Element object, std::string_view at, std::string_view key);
  std::optional<std::string_view> required_text(Element object, std::string_view at,
                                                std::string_view key);
  std::optional<double> number(Element object, std::string_view at, std::string_view key);
  std::optional<std::int64_t> count(Element object, std::string_view at, std::string_view key);
  // Notes members that are not in `known`; the record is kept.
  void note_unknown(Element object, std::string_view at,
                    std::initializer_list<std::string_view> known);

 private:
  Run& run_;
  std::int64_t line_;
  bool good_ = true;
};

}  // namespace hardwon::import
