// The failing line of an error text.

#include "learn/signature.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "learn/learn.h"

namespace hardwon::learn {
namespace {

constexpr std::size_t kScanBytesMax = 256 * 1024;
constexpr std::size_t kQuoteBytesMax = 240;
constexpr std::size_t kSignatureBytesMax = 200;

struct Rule {
  const char* pattern;
  int weight;  // 0: noise, never the failing line
  ErrorKind kind = ErrorKind::kOther;
  bool last = false;  // of several such lines the last one states the cause
};

// First match decides.  Order: constant noise, then consequences, then causes by kind.
constexpr Rule kRules[] = {
    // ---- noise around errors
    {R"(^npm (?:warn|WARN|notice)\b|^\s*= (?:note|help):)", 0},
    {R"(^(?:npm (?:ERR!|error)) (?:A complete log|This is an error with npm|This is probably not)"
     R"(|Please|<?https?:|Lifecycle script|path|cwd|signal|errno|syscall|in workspace|at location|)"
     R"(command (?:sh|bash|/bin)|code ELIFECYCLE|code \d+$|Exit status|Make sure|\s*$)|)"
     R"(^npm (?:ERR!|error)\s*$)",
     0},
    {R"(^\s*at .+(?:\(.*\)|:\d+(?::\d+)?)\s*$|^\s*at [\w.$<>]+ ?\(|^\s*\.\.\. \d+ more$)", 0},
    {R"(^\s*File ".*", line \d+)", 0},
    {R"(^(?:\(node:\d+\) )?\w*Warning:|^warning(?:\[|:)|^WARN(?:ING)?\b|DeprecationWarning)", 0},
    {R"(^\s*(?:% Total|Dload)|^\s*\d+\s+[\d.]+[kMG]?\s+\d+\s+[\d.]+[kMG]?\s+\d)", 0},
    {R"(^\s*[╷│╵├└┌─═|^~ ]+$|^\s*\d+ \|)", 0},
    {R"(\b0 (?:errors?|failed|failures?)\b(?:.*\b0 (?:errors?|failed|failures?)\b)?)", 0},
    {R"((?i)^(?:process |command )?(?:exit(?:ed)?)(?: with)?(?: code| status)?:? ?\d+\.?$)", 0},
    {R"((?i)^error:?\.?$|^\s*(?:stderr|stdout|output):?\s*$)", 0},
    // ---- the agent's own tools
    {R"(File has not been read yet|String to replace not found|has been (?:modified|unexpectedly )"
     R"(modified) since|matches of the string to replace|exceeds maximum allowed (?:tokens|size))"
     R"(|EISDIR: illegal operation on a directory, read|user doesn't want to (?:proceed|take))"
     R"(|Request interrupted by user|requested permissions? to|No changes to make|InputValidation)"
     R"(|old_string and new_string|Permission to use \w+ (?:with|has)|)"
     R"(This command requires approval)"
     R"(|was blocked\. For security|tool_use_error|No such tool available)",
     95, ErrorKind::kHarness},
    // ---- consequences
    {R"(^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\* \[|^ninja: build stopped|=> ERROR \[)", 20},
    {R"((?i)^error: could not compile|aborting due to|^collect2: error|^(?:error )?command failed)"
     R"(|^Some errors have detailed|^For more information about|subcommand failed)",
     20},
    {R"((?i)build error occurred|^\W*build failed|^\W*failed to compile|^BUILD FAILURE)"
     R"(|elifecycle|did not complete successfully|^\W*found \d+ errors?|with exit code \d+)",
     25},
    {R"(^(?:=+ )?\d+ (?:failed|error)|^Tests?:? .*\bfailed|^Test Suites?:|^FAILED \(|test result: )"
     R"(FAILED|^\s*✖ \d+ problems?|^\W*\d+ (?:problems?|errors?|failing)\b)",
     30},
    {R"(^FAIL\b|^\s*(?:❯|×|✗|✕) .*(?:test|spec)|^--- FAIL|^test .* FAILED$)", 40, ErrorKind::kCode},
    {R"(^FAILED .*::)", 45, ErrorKind::kCode},
    {R"(^\[ERROR\] (?:Failed to execute goal|-> \[Help|To see|Re-run|For more|After|COMPILATION)"
     R"( ERROR|\s*$))",
     20},
    {R"(^\s*-+\s*$|^\s*>\s|^\$ )", 0},
    // ---- databases, whose "does not exist" speaks of no file
    {R"(^psql: error:|^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):  \S|^ERROR \d{4} \()", 78},
    // ---- missing programs, modules, paths
    {R"((?i)command not found|^(?:sh|dash|/bin/sh): (?:line )?\d+: [\w./-]+: not found)"
     R"(|is not recognized as (?:an internal|the name)|executable file not found in)"
     R"(|^env: .*No such file|unknown command "|linker `\w+` not found)",
     90, ErrorKind::kMissingTool},
    {R"(^E\s+(?:ModuleNotFoundError|ImportError)|^(?:ModuleNotFoundError|ImportError):)", 92,
     ErrorKind::kMissingModule},
    {R"((?i)cannot find module|module not found|could not resolve ["']|can't resolve ')"
     R"(|unresolved import|can't find crate|no required module provides|cannot find package)"
     R"(|fatal error: [\w./+-]+: No such file|failed to resolve import|package .* does not exist)"
     R"(|could not find a package configuration|no matching distribution|could not find gem)"
     R"(|could not find a version that satisfies|cannot load such file|unmet peer|ERESOLVE|)"
     R"(unable to locate package)",
     90, ErrorKind::kMissingModule},
    {R"((?i)missing script|no rule to make target|unknown (?:option|flag|argument|switch|command))"
     R"(|unrecognized (?:option|argument|command)|unrecognised|invalid (?:option|flag|value for))"
     R"(|unexpected argument|no such (?:option|command|subcommand)|flag provided but not defined)"
     R"(|requires? (?:an argument|at least)|^usage:|error: the following arguments are required)"
     R"(|task '.*' not found|unknown lifecycle|did you mean)",
     85, ErrorKind::kUsage},
    // ---- networks, timeouts, environment
    {R"((?i)could not resolve host|connection (?:refused|reset|timed out)|ECONNREFUSED|ECONNRESET)"
     R"(|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|network is unreachable|temporary failure in name)"
     R"(|status code (?:4\d\d|5\d\d)|\bHTTP(?:/[\d.]+)? (?:4\d\d|5\d\d)\b|^curl: \(\d+\))"
     R"(|\b(?:403 forbidden|404 not found|429 too many|502 bad gateway|503 service))",
     80, ErrorKind::kNetwork},
    {R"((?i)^(?:error: )?(?:command|process|test|operation) timed out|timed out after|timeout of)"
     R"( \d+|exceeded timeout)",
     80, ErrorKind::kTimeout},
    {R"((?i)EADDRINUSE|address already in use|port \d+ is (?:already )?(?:in use|allocated))"
     R"(|permission denied|EACCES|EPERM|operation not permitted|out of memory|heap out of|)"
     R"(no space left|unsupported engine|EBADENGINE|requires (?:node|python|rust|go|java)\b)"
     R"(|cannot connect to the docker daemon|docker daemon|version mismatch|glibc|ERR_OSSL)"
     R"(|externally-managed-environment|Exit handler never called|not logged in|unauthorized)"
     R"(|authentication failed|lock file|could not get lock|frozen-lockfile)",
     84, ErrorKind::kEnvironment},
    // ---- compilers, type checkers, linters
    {R"(\berror TS\d+:|\berror\[E\d+\]|\berror C[S]?\d+:|: (?:fatal )?error:\s)", 90,
     ErrorKind::kCode},
    {R"(^[\w./\\-]+\.go:\d+:\d+: )", 88, ErrorKind::kCode},
    {R"(^\s+\d+:\d+\s+error\s+)", 88, ErrorKind::kCode},
    {R"(^[\w./\\-]+\.\w+:\d+(?::\d+)?:? (?:error|[A-Z]\d{3,4}\b))", 88, ErrorKind::kCode},
    {R"(^\[ERROR\] \S+\.(?:java|kt|scala):)", 88, ErrorKind::kCode},
    {R"(^e: \S+\.kts?|undefined reference to|^ld: |^CMake Error|Undefined symbols for)", 86,
     ErrorKind::kCode},
    {R"(^error: expected|^error: cannot|^error: no |^error: mismatched)", 86, ErrorKind::kCode},
    // ---- shells, git
    {R"((?i)^(?:bash|zsh|sh|\(eval\)|/bin/\w+)?:?.*(?:syntax error near|parse error near)"
     R"(|unexpected eof while|unmatched ["'`]|bad substitution|event not found)"
     R"(|unterminated quoted|unexpected end of file))",
     80, ErrorKind::kShell},
    {R"(^(?:fatal|error): (?:not a git repository|your current branch|pathspec|bad revision)"
     R"(|ambiguous argument|unknown revision|The current branch|failed to push some refs)"
     R"(|refusing to merge|a branch named|remote origin already|src refspec|no upstream)"
     R"(|Your local changes)|nothing to commit|\[rejected\]|^CONFLICT |nothing added to commit)",
     75, ErrorKind::kGit},
    {R"((?i)no such file or directory|cannot access '|ENOENT|no matches found|does not exist)"
     R"(|not a directory|file not found|cannot stat '|can't open file)",
     75, ErrorKind::kMissingPath},
    {R"(^\[?[\w.]*(?:Module|Import)\w*Error: )", 90, ErrorKind::kMissingModule},
    // ---- exceptions, tests, assertions
    {R"(^Caused by: )", 82, ErrorKind::kOther, true},
    {R"(^E\s+\S)", 78, ErrorKind::kCode},
    {R"(^(?:Uncaught )?\[?(?:[A-Za-z_][\w]*[.:]+)*(?:AssertionError|AssertionFailedError)\b)", 78,
     ErrorKind::kCode, true},
    {R"(^(?:Uncaught )?\[?(?:[A-Za-z_]\w*\.)*(?:SyntaxError|TypeError|NameError|ReferenceError)"
     R"(|IndentationError|AttributeError|KeyError|ValueError|IndexError)\b)",
     80, ErrorKind::kCode, true},
    {R"(^(?:Uncaught )?\[?(?:[A-Za-z_]\w*(?:\.|::))*[A-Z]\w*(?:Error|Exception|Exit|Failure)\b)"
     R"((?: \[\w+\])?(?::|$))",
     80, ErrorKind::kOther, true},
    {R"(^Exception in thread|^panic: |panicked at|Unhandled (?:exception|promise)|^Traceback \()",
     70},
    {R"((?i)^(?:assertion failed|assertion `|expected:?\s|received:?\s|\+ actual))", 60,
     ErrorKind::kCode},
    {R"(^\s*● )", 55, ErrorKind::kCode},
    {R"((?i)segmentation fault|core dumped|^killed$|\bOOMKilled)", 80, ErrorKind::kEnvironment},
    {R"((?i)^(?:[\w./-]+: )?(?:fatal|error|err!|panic|critical)\b(?:\[[\w-]+\])?[:!]\s*\S)", 72},
    {R"((?i)^ERR_\w+|^\s*\[error\]\s+\S|^\W*ERROR\W+\S|^npm (?:ERR!|error) (?:code )?\S)", 60},
    {R"((?i)^[\w./-]+: .*(?:failed|cannot|can't|unable to|could not|invalid|not found|denied))",
     58},
    {R"((?i)\b(?:failed to|unable to|could not|cannot)\s+\w+)", 52},
};

// All rules in one automaton: one pass over a line instead of fifty.
class RuleSet {
 public:
  RuleSet() : set_(options(), RE2::UNANCHORED) {
    for (const Rule& rule : kRules) CHECK(set_.Add(rule.pattern, nullptr) >= 0);
    CHECK(set_.Compile());
  }
  const Rule* first(std::string_view line) const {
    std::vector<int> matches;
    if (!set_.Match(re2::StringPiece(line.data(), line.size()), &matches)) return nullptr;
    return &kRules[*std::ranges::min_element(matches)];
  }

 private:
  static RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(64 << 20);
    return options;
  }
  RE2::Set set_;
};

const Rule* rule_of(std::string_view line) {
  static const RuleSet rules;
  return rules.first(line);
}

// "158.5 npm error …" (BuildKit), "#12 3.4 …", log times, "ERR! " of npm: what stands before
// the statement and differs from run to run.
std::string_view without_prefix(std::string_view line) {
  static const RE2 prefix(R"(^(?:#\d+ )?(?:\d+\.\d+ )|^#\d+ |)"
                          R"(^\[?\d{4}-\d\d-\d\d[T ][\d:.,]+Z?(?:[+-]\d\d:?\d\d)?\]?\s*)"
                          R"(|^\[\d\d:\d\d:\d\d(?:\.\d+)?\]\s*|^\s*(?:>|=>) (?:ERROR )?)"
                          R"(|^(?:\[\w+\] )?(?:stderr|err) ?\| )");
  re2::StringPiece piece(line.data(), line.size());
  for (int i = 0; i < 3 && RE2::Consume(&piece, prefix); ++i) {
  }
  return trim({piece.data(), piece.size()});
}

// The longest part of a raw line between escape sequences, so that a quote can be printed.
std::string_view quotable(std::string_view line) {
  if (const auto at = line.rfind('\r'); at != std::string_view::npos) line = line.substr(at + 1);
  std::string_view best;
  while (!line.empty()) {
    const std::size_t escape = line.find('\x1b');
    const std::string_view part = trim(line.substr(0, escape));
    if (part.size() > best.size()) best = part;
    if (escape == std::string_view::npos) break;
    std::size_t end = escape + 1;
    if (end < line.size() && line[end] == '[') ++end;
    while (end < line.size() && (line[end] < '@' || line[end] > '~')) ++end;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (best.size() <= kQuoteBytesMax) return best;
  std::size_t cut = kQuoteBytesMax;
  while (cut > 0 && (static_cast<unsigned char>(best[cut]) & 0xc0) == 0x80) --cut;
  return best.substr(0, cut);
}

std::string statement_of(std::string_view clean) {
  static const RE2 pytest(R"(^E\s+)");
  re2::StringPiece piece(clean.data(), clean.size());
  RE2::Consume(&piece, pytest);
  return one_line({piece.data(), piece.size()});
}

FailingLine found(std::string_view raw, std::string_view clean, const Rule& rule) {
  return {
      .raw = quotable(raw), .text = statement_of(clean), .kind = rule.kind, .weight = rule.weight};
}

// A line that only announces the statement ("● suite › test", "panicked at src/a.rs:1:2:") is
// followed by it.
bool announces(std::string_view clean) {
  static const RE2 pattern(R"(^● |panicked at [^']*:$|^Exception in thread "[^"]*"$|^Traceback)");
  return RE2::PartialMatch(re2::StringPiece(clean.data(), clean.size()), pattern);
}

struct Replacement {
  RE2 pattern;
  const char* with;
};

}  // namespace

std::string without_ansi(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\x1b') {
      if (i + 1 < text.size() && text[i + 1] == '[') ++i;
      while (i + 1 < text.size() && (text[i + 1] < '@' || text[i + 1] > '~')) ++i;
      ++i;
    } else if (c == '\n') {
      out += c;
      line_start = out.size();
    } else if (c == '\r') {
      if (i + 1 < text.size() && text[i + 1] != '\n') out.resize(line_start);
    } else if (c != '\0') {
      out += c;
    }
  }
  return out;
}

std::optional<FailingLine> failing_line(std::string_view output) {
  const std::string_view head = output.substr(0, kScanBytesMax);
  std::optional<FailingLine> best;
  bool take_next = false;
  for (const std::string_view raw : split_lines(head)) {
    if (raw.size() > 16384) continue;
    const std::string plain = valid_utf8(without_ansi(raw));
    if (plain.size() > 8192) continue;  // minified code, data
    const std::string_view clean = without_prefix(plain);
    if (clean.empty()) continue;
    if (take_next) {
      take_next = false;
      best = FailingLine{.raw = quotable(raw),
                         .text = statement_of(clean),
                         .kind = ErrorKind::kCode,
                         .weight = 76};
      continue;
    }
    // Noise and indentation show in the whole line, statements behind the prefix.
    const Rule* rule = rule_of(plain);
    if (rule != nullptr && rule->weight == 0) continue;
    if (clean.size() != plain.size() && (rule == nullptr || rule->weight < 60)) {
      if (const Rule* inner = rule_of(clean); inner != nullptr && inner->weight > 0) rule = inner;
    }
    if (rule == nullptr) continue;
    const bool better =
        !best || rule->weight > best->weight || (rule->weight == best->weight && rule->last);
    if (!better) continue;
    if (announces(clean)) {
      take_next = true;
      continue;
    }
    best = found(raw, clean, *rule);
  }
  return best;
}

std::optional<FailingLine> waiting_prompt(std::string_view output) {
  static const RE2 question(
      R"(\?\s*(?:\(.*\)|\[.*\]|›.*|».*|:)?\s*$|(?i)\[y/n\]:?\s*$|\(y/n\)|\(yes/no.*\)\s*\??:?\s*$)"
      R"(|(?:password|passphrase|username)[^:]*:\s*$)");
  static const RE2 noise(R"(^npm (?:warn|notice)|^\s*$)");
  static const RE2 choice(R"(\?.*›.*(?:No|Yes)|(?i)\([yn]/[yn]\)|\[[yn]/[yn]\])");
  std::string_view last_raw;
  std::string last;
  for (const std::string_view raw : split_lines(output.substr(0, kScanBytesMax))) {
    const std::string plain = without_ansi(raw);
    if (RE2::PartialMatch(plain, noise)) continue;
    last_raw = raw;
    last = std::string(trim(plain));
  }
  if (last.size() < 8 || last.size() > 2000) return std::nullopt;
  if (!RE2::PartialMatch(last, question) || !RE2::PartialMatch(last, choice)) return std::nullopt;
  // Menus repaint the line: the last question stands before the last answer mark.
  const std::size_t end = last.rfind('?');
  if (end == std::string::npos) return std::nullopt;
  std::size_t from = last.rfind("? ", end == 0 ? 0 : end - 1);
  from = from == std::string::npos ? 0 : from + 2;
  const std::string text(trim(std::string_view(last).substr(from, end + 1 - from)));
  if (text.size() < 8) return std::nullopt;
  const std::size_t at = last_raw.rfind(text);
  return FailingLine{
      .raw = at == std::string_view::npos ? quotable(last_raw) : last_raw.substr(at, text.size()),
      .text = text,
      .kind = ErrorKind::kPrompt,
      .weight = 60};
}

std::string normalise_error(std::string_view statement) {
  static const std::array<Replacement, 15> kReplacements{{
      {RE2(R"(^npm (?:ERR!|error)\s+)"), ""},
      {RE2(R"((?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"), "<id>"},
      {RE2(R"(\d{4}-\d\d-\d\d[T _]\d\d[:_-]\d\d[:_-]\d\d(?:[.,_]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"),
       "<time>"},
      {RE2(R"(\b\d\d:\d\d:\d\d(?:\.\d+)?\b)"), "<time>"},
      {RE2(R"(\b0x[0-9a-fA-F]+\b)"), "<hex>"},
      {RE2(R"(/(?:tmp|var/folders|private/tmp)/[^\s:'"`)]*/)"), "<tmp>/"},
      {RE2(R"(/tmp/[^\s:'"`)/]+)"), "<tmp>"},
      // A path keeps its last part; a module name ("@scope/name") is no path.
      {RE2(R"((^|[\s'"`(\[=])(?:file://)?(?:[A-Za-z]:\\|~?/|)"
           R"(\.{1,2}/)(?:[\w@.+-]+[/\\])*([\w@.+-]+))"),
       R"(\1\2)"},
      {RE2(R"((^|[\s'"`(\[=])(?:[\w.+-]+/)+([\w.+-]+\.\w{1,5}\b))"), R"(\1\2)"},
      {RE2(R"(\(\d+,\d+\))"), "(<n>)"},
      {RE2(R"((\.\w{1,5}):\d+(?::\d+)?)"), R"(\1)"},
      {RE2(R"(\b(?:[0-9a-f]{12,64}|[0-9a-f]*[a-f][0-9a-f]*\d[0-9a-f]{5,})\b)"), "<hex>"},
      {RE2(R"(\b\d+(?:\.\d+)?(?:ms|s|m|h|MB|kB|KB|GB|%)\b)"), "<n>"},
      {RE2(R"(_\d{4,}\b)"), "_<n>"},
      {RE2(R"(([^A-Za-z0-9_.-]|^)\d+(?:\.\d+)*\b)"), R"(\1<n>)"},
  }};
  std::string text = one_line(without_ansi(statement));
  for (const auto& [pattern, with] : kReplacements) RE2::GlobalReplace(&text, pattern, with);
  return ellipsis(text, kSignatureBytesMax);
}

std::string shown_error(std::string_view statement) {
  static const RE2 place(
      R"(^(?:[A-Za-z]:)?[\w./\\@+-]+\.\w{1,5}(?:\(\d+(?:,\d+)?\)|:\d+(?::\d+)?)\s*[:-]?\s+)"
      R"(|^\s*\d+:\d+\s+)");
  re2::StringPiece piece(statement.data(), statement.size());
  RE2::Consume(&piece, place);
  const std::string_view rest = trim({piece.data(), piece.size()});
  return std::string(rest.size() >= 8 ? rest : statement);
}

std::string error_signature(std::string_view output) {
  if (const auto line = failing_line(output)) return normalise_error(line->text);
  return {};
}

}  // namespace hardwon::learn
