#pragma once

// Tool calls and their results of a Claude Code log as steps of an episode.  Include in .cpp
// files only.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "import/dom.h"
#include "import/run.h"

namespace hardwon::import {

// An episode while its records come in.
class EpisodeBuilder {
 public:
  explicit EpisodeBuilder(const Run& run) : run_(run) {}

  Episode& episode() { return episode_; }
  // block: a tool_use.  line: 0 where the call stands in another file.
  void add_call(Element block, std::optional<TimePoint> time, std::int64_t line, bool sub_agent);
  // block: a tool_result; `extra` is the record's toolUseResult.  line: as for a call.
  void add_result(Element block, const std::optional<Element>& extra, std::optional<TimePoint> time,
                  std::int64_t line);
  void extend(std::optional<TimePoint> time, std::int64_t line);
  std::int64_t steps_left_out() const { return steps_left_out_; }
  // Steps in order of time where sub-agents' files were merged in.
  Episode finish(bool merged) &&;

 private:
  void note_language(const std::string& path);

  const Run& run_;
  Episode episode_;
  std::unordered_map<std::string, std::size_t> steps_by_call_;
  std::set<std::string> files_;
  std::map<std::string_view, int> languages_;
  std::size_t output_bytes_ = 0;
  std::int64_t steps_left_out_ = 0;
};

// The text of a tool_result block.
std::string result_text(Element block, const std::optional<Element>& extra);
bool is_error_result(Element block);

// What was done, for people: the command line, the file, the pattern, else the input as JSON.
std::string action_text(std::string_view tool, const std::optional<Element>& input);

}  // namespace hardwon::import
