#include "learn/pasted.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/fence.h"
#include "base/json.h"
#include "base/text.h"
#include "learn/next_turn.h"
#include "learn/trouble.h"
#include "learn/wording.h"

namespace hardwon::learn {
namespace {

constexpr int kCertain = 70;  // weight of a line that states an error even in a person's text

// "❯ ./run.sh", "$ npm test", "ann@box:~/app$ make"
std::string command_of(std::string_view turn) {
  static const RE2 prompt(
      R"((?m)^(?:[\w.@:~/-]*[$❯➜%]|>>?)\s+((?:\./|[a-z])[\w./-]*(?: [^\n]{0,80})?)\s*$)");
  std::string command;
  RE2::PartialMatch(re2::StringPiece(turn.data(), turn.size()), prompt, &command);
  return std::string(trim(command));
}

std::string bucket_of(const Pasted& pasted) {
  const std::string goal = parse_command(pasted.command).goal;
  return goal.empty() ? pasted.signature : goal;
}

Provenance quote_turn(const Episode& episode, std::string_view quote) {
  return {.path = episode.source_path,
          .line = episode.line_from,
          .quote = std::string(quote),
          .time = episode.started_at,
          .episode = episode.id};
}

bool looks_like_output(std::string_view line) {
  static const RE2 pattern(
      R"(^\s*(?:=>|->|>\s|\$\s|❯|➜|\[[+\d]|#\d|\d+[.:|]|[-=─]{4,}|\||at .+\(|File "|Traceback))"
      R"(|^\S+:\d+(?::\d+)?:|\s{6,}\S|^(?:npm|error|ERROR|Error|warning|WARN|INFO|DEBUG|)"
      R"(FAIL)\b.*[:\]])"
      R"(|^\s*[{}\[\]();]+\s*$|[;{]\s*$|^\s{4,}\S|^\+{1,3} |^@@|^diff --git|^\d+\.\d+ |^\t)");
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), pattern);
}

}  // namespace

std::optional<Pasted> pasted_error(std::string_view turn) {
  const std::string text = without_fenced(turn);
  const auto lines = split_lines(text);
  if (std::ranges::count_if(lines, [](std::string_view l) { return !trim(l).empty(); }) < 3) {
    return std::nullopt;
  }
  // The raw line must point into the caller's turn, which holds the same line.
  const auto found = failing_line(turn);
  if (!found || found->weight < kCertain || found->kind == ErrorKind::kHarness) return std::nullopt;
  if (text.find(found->raw) == std::string::npos) return std::nullopt;
  return Pasted{
      .line = *found, .signature = normalise_error(found->text), .command = command_of(text)};
}

std::string prose_of(std::string_view turn) {
  const std::string text = without_fenced(turn);
  std::string out;
  bool fenced = false;
  std::size_t output_run = 0;
  for (const std::string_view line : split_lines(text)) {
    if (trim(line).starts_with("```") || trim(line).starts_with("~~~")) {
      fenced = !fenced;
      continue;
    }
    if (fenced || line.starts_with("> ") || line.size() > 4000) continue;
    if (looks_like_output(line)) {
      ++output_run;
      continue;
    }
    // Between lines of output a line without prose is output, too.
    if (output_run >= 2 && !trim(line).empty() && failing_line(line)) continue;
    if (trim(line).empty()) output_run = 0;
    out += line;
    out += '\n';
  }
  return out;
}

std::optional<Observation> pasted_recovery(const EpisodeInput& input,
                                           const std::vector<StepView>& views) {
  const auto opened = pasted_error(input.opening_turn);
  if (!opened || judge_turn(input.next_turn) != TurnVerdict::kApproves) return std::nullopt;
  const std::string change = main_change(views, 0, views.size(), opened->line.text);
  if (change.empty()) return std::nullopt;
  Observation out = observation_of(input.episode, "error_recovery",
                                   bucket_of(*opened) + " | " + opened->signature);
  out.body_json = dump_json(Json{{"goal", bucket_of(*opened)},
                                 {"subject", opened->command},
                                 {"signature", opened->signature},
                                 {"error", opened->line.text},
                                 {"kind", static_cast<int>(opened->line.kind)},
                                 {"runs", 1},
                                 {"pasted", true},
                                 {"fix", "after " + change},
                                 {"recovery", changes_between(views, 0, views.size())}});
  out.provenance.push_back(quote_turn(input.episode, opened->line.raw));
  return out;
}

std::optional<Observation> pasted_again(const EpisodeInput& input,
                                        const std::vector<StepView>& views) {
  const auto opened = pasted_error(input.opening_turn);
  const auto next = pasted_error(input.next_turn);
  if (!opened || !next || opened->signature != next->signature) return std::nullopt;
  const std::string change = main_change(views, 0, views.size(), opened->line.text);
  if (change.empty()) return std::nullopt;
  Observation out = observation_of(input.episode, "dead_end", bucket_of(*opened));
  out.body_json = dump_json(Json{{"goal", bucket_of(*opened)},
                                 {"subject", opened->command},
                                 {"signature", opened->signature},
                                 {"error", opened->line.text},
                                 {"runs", 2},
                                 {"pasted", true},
                                 {"change", change},
                                 {"tried", changes_between(views, 0, views.size())}});
  out.provenance.push_back(quote_turn(input.episode, opened->line.raw));
  out.provenance.push_back({.path = input.episode.source_path,
                            .line = input.next_turn_line,
                            .quote = std::string(next->line.raw),
                            .time = std::nullopt,
                            .episode = input.episode.id});
  return out;
}

}  // namespace hardwon::learn
