#include "learn/rule_words.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/text.h"

namespace hardwon::learn {
namespace {

using WordSet = std::unordered_set<std::string_view>;

// Base forms, sorted.
constexpr std::string_view kVerbs =
    "abort abstract accept access acknowledge act adapt add address adhere adjust adopt advise "
    "aggregate aim align allow analyze annotate announce answer append apply approve archive "
    "arrange ask assert assign associate assume attach audit authenticate authorize automate "
    "avoid await back balance base batch be begin benchmark bind block branch break bring "
    "bubble build bump bundle cache calculate call cap capitalize capture carry cast catch "
    "centralize change check choose cite clamp clarify clean clear clone close co-locate "
    "collect colocate combine comment commit communicate compare compile complete compose "
    "compress compute configure confirm connect consider consolidate construct consult contain "
    "continue convert copy correct couple cover create cut date debug declare decompose "
    "decouple default defer define delegate delete demonstrate denote deploy deprecate derive "
    "describe design destructure detect develop differentiate disable discard discuss dispose "
    "distinguish do document double download draft drop duplicate edit embed emit employ "
    "enable encapsulate encode encrypt end enforce ensure enter enumerate escape establish "
    "evaluate examine exclude execute exit expand expect explain explicitly explore export "
    "expose express extend extract fail fall favor favour fetch fill filter find finish fix "
    "flag flatten flush focus fold follow forbid force format formulate forward freeze gate "
    "generate get give go group guard handle hardcode hash hide highlight hoist hold honor "
    "hook identify ignore implement import improve include increment indent index indicate "
    "inherit init initialize inject inline insert inspect install instantiate instrument "
    "integrate introduce invalidate invoke isolate iterate join justify keep label launch lay "
    "lazy-load leave let leverage limit link lint list load locate lock log look lowercase "
    "maintain make manage map mark mask match measure memoize mention merge migrate mind "
    "minimise minimize mirror mix mock model modify monitor move mutate name nest normalise "
    "normalize note notify obtain offer omit only open optimize order organise organize output "
    "override overwrite paginate parametrize parse pass paste perform persist pick pin pipe "
    "place plan point poll populate post prefer prefix prepare present preserve press prevent "
    "print prioritise prioritize proceed produce profile propagate propose protect prove "
    "provide prune publish pull push put query quote raise read rebase rebuild record redact "
    "redirect reduce refactor refer reference refresh refuse regenerate register reject "
    "release reload rely remember remove rename render reorder repeat replace reply report "
    "represent request require reserve reset resolve respect respond restart restore restrict "
    "retain rethrow retry return reuse revert review revise rewrite roll rotate round route "
    "run sanitize save scan schedule scope scrub search see select send separate serialize "
    "serve set share ship show sign simplify skip sort specify spell split squash stage "
    "standardize start state stay step stick stop store stream strip structure stub submit "
    "subscribe suffix suggest summarize supply support surface suspend switch synchronize tag "
    "take target tell terminate test think thread throw time title toggle touch track "
    "transform translate treat trigger trim truncate trust try tune turn type uncomment "
    "understand undo unify unit-test unwrap update upgrade upload uppercase use utilise "
    "utilize validate verify version view visit wait walk warn watch work wrap write yield";

constexpr std::string_view kGeneric =
    "code codebase function functions method methods variable variables class classes name "
    "names naming error errors handling exceptions test tests testing logging types type "
    "structure component components file files module modules documentation comments comment "
    "practice practices principle principles pattern patterns follow write use using "
    "implement ensure handle keep maintain make avoid standards standard conventions "
    "guidelines style coding one thing things single responsibility repeat yourself "
    "duplication duplicate solid dry kiss organized validation logic performance security "
    "design directory project organization management work exactly never always software "
    "solution solutions data user users input documented document apply consider provide "
    "create purpose over prefer strive do be everything whatever every each all should must "
    "complexity simplicity dependencies configuration inheritance serialization optimize "
    "optimization monitoring caching features";

WordSet set_of(std::string_view words) {
  WordSet out;
  for (std::size_t from = 0; from < words.size();) {
    const std::size_t end = std::min(words.find(' ', from), words.size());
    out.insert(words.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

const WordSet& verbs() {
  static const WordSet set = set_of(kVerbs);
  return set;
}

bool one_of(std::string_view word, const WordSet& set) { return set.contains(word); }

}  // namespace

bool is_instruction_verb(std::string_view lower) { return one_of(lower, verbs()); }

bool is_third_person(std::string_view lower) {
  if (lower.size() < 3 || lower.back() != 's' || lower.ends_with("ss")) return false;
  if (lower == "is" || lower == "has" || lower == "does") return true;
  if (one_of(lower.substr(0, lower.size() - 1), verbs())) return true;
  if (lower.ends_with("es") && one_of(lower.substr(0, lower.size() - 2), verbs())) return true;
  return lower.ends_with("ies") &&
         one_of(std::string(lower.substr(0, lower.size() - 3)) + 'y', verbs());
}

bool is_past(std::string_view lower) {
  static const WordSet irregular = {"was",   "were", "had",  "did",   "ran",   "made",  "went",
                                    "got",   "came", "took", "found", "wrote", "said",  "told",
                                    "tried", "saw",  "kept", "left",  "broke", "built", "sent",
                                    "chose", "gave", "knew", "began", "held",  "lost",  "used"};
  return one_of(lower, irregular) || (lower.size() > 4 && lower.ends_with("ed"));
}

bool is_acknowledgement(std::string_view lower) {
  static const WordSet set = {"yes",    "yep",     "yeah",   "ok",         "okay", "sure",
                              "thanks", "thank",   "great",  "perfect",    "nice", "cool",
                              "right",  "correct", "agreed", "exactly",    "got",  "understood",
                              "hi",     "hello",   "hey",    "awesome",    "good", "excellent",
                              "hmm",    "oh",      "ah",     "well",       "wow",  "sorry",
                              "lgtm",   "fine",    "noted",  "absolutely", "wait"};
  return one_of(lower, set);
}

bool is_filler(std::string_view lower) {
  static const WordSet set = {"please", "also",   "then",     "just",         "and",    "but",
                              "so",     "now",    "first",    "finally",      "next",   "instead",
                              "kindly", "simply", "again",    "pls",          "ok",     "okay",
                              "yes",    "no",     "actually", "additionally", "lastly", "second",
                              "well",   "oh",     "hey",      "plz"};
  return one_of(lower, set);
}

bool is_deictic(std::string_view lower) {
  static const WordSet set = {"this",  "here",  "now",       "today",     "these",       "those",
                              "that",  "there", "currently", "yet",       "above",       "below",
                              "again", "still", "tomorrow",  "yesterday", "temporarily", "moment"};
  return one_of(lower, set);
}

bool is_universal(std::string_view lower) {
  static const WordSet set = {
      "always",   "never",      "every",    "each",     "any",        "all",     "only", "no",
      "whenever", "everywhere", "whatever", "anything", "everything", "nothing", "none", "exactly"};
  return one_of(lower, set);
}

bool is_question_opener(std::string_view lower) {
  static const WordSet set = {"what",    "which", "why",   "how",   "who",   "where",  "when",
                              "whose",   "do",    "does",  "did",   "is",    "are",    "was",
                              "were",    "can",   "could", "would", "will",  "should", "shall",
                              "may",     "has",   "have",  "am",    "isn't", "aren't", "don't",
                              "doesn't", "can't", "whats"};
  return one_of(lower, set);
}

bool is_modal(std::string_view lower) {
  static const WordSet set = {"must",    "should",    "shall",    "may",      "might",
                              "can",     "could",     "will",     "would",    "cannot",
                              "mustn't", "shouldn't", "can't",    "won't",    "needs",
                              "need",    "ought",     "required", "wouldn't", "couldn't"};
  return one_of(lower, set);
}

bool is_limit(std::string_view lower) {
  static const WordSet set = {
      "temporarily", "temporary", "tomorrow",  "tonight",   "today",    "now",     "moment",
      "meanwhile",   "monday",    "tuesday",   "wednesday", "thursday", "friday",  "saturday",
      "sunday",      "weekend",   "deadline",  "demo",      "until",    "till",    "alone",
      "one-off",     "interim",   "exception", "throwaway", "workshop", "hotfix",  "spike",
      "prototype",   "week",      "sprint",    "afternoon", "morning",  "meeting", "minute"};
  return one_of(lower, set);
}

bool is_lasting(std::string_view lower) {
  static const WordSet set = {
      "habit",      "convention", "conventions", "policy",     "rule",      "team",
      "everybody",  "everyone",   "nobody",      "throughout", "codebase",  "repository",
      "repo",       "henceforth", "future",      "agreed",     "settled",   "standard",
      "norm",       "permanent",  "permanently", "forever",    "generally", "wherever",
      "anywhere",   "everywhere", "whenever",    "later",      "onwards",   "default",
      "regardless", "anytime",    "exceptions",  "tradition",  "guideline", "project-wide"};
  return one_of(lower, set);
}

bool is_part_of_work(std::string_view lower) {
  static const WordSet set = {
      "file",   "function",  "class",  "test",   "method", "component", "pr",      "commit",
      "branch", "line",      "script", "module", "page",   "one",       "snippet", "endpoint",
      "query",  "migration", "ticket", "change", "task",   "case",      "bug",     "button",
      "issue",  "error",     "step",   "diff",   "patch",  "column",    "field"};
  return one_of(lower, set);
}

bool is_whole_work(std::string_view lower) {
  static const WordSet set = {"project",   "repo", "repository",   "codebase", "team",    "app",
                              "service",   "base", "monorepo",     "company",  "product", "package",
                              "workspace", "org",  "organization", "stack",    "house",   "shop"};
  return one_of(lower, set);
}

bool is_name_case(std::string_view text) {
  static const WordSet set = {
      "camelcase",   "pascalcase",           "snake_case",       "kebab-case", "upper_case",
      "uppercase",   "screaming_snake_case", "lowercase",        "camel-case", "snake-case",
      "pascal-case", "lower_case",           "upper_snake_case", "kebabcase",  "snakecase",
      "titlecase"};
  return one_of(ascii_lower(text), set);
}

bool is_condition(std::string_view lower) {
  static const WordSet set = {"if",     "when",  "before", "after",  "for", "unless", "whenever",
                              "during", "while", "once",   "until",  "in",  "on",     "where",
                              "as",     "by",    "with",   "within", "at",  "from",   "inside"};
  return one_of(lower, set);
}

namespace {

// "Core invariants (never break)" forbids nothing; nor does "Don't repeat yourself", which says a
// rule itself where "Don't" and "Never do" open a list.
bool forbids(const std::string& lower) {
  const auto list = words(lower);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool opens = list[i] == "never" || list[i] == "don't" || list[i] == "dont" ||
                       list[i] == "avoid" || list[i] == "not" || list[i] == "don" ||
                       list[i] == "don’t";
    if (!opens) continue;
    std::size_t next = i + 1;
    if (list[i] == "don" && next < list.size() && list[next] == "t") ++next;
    static const WordSet rest = {"do",  "use",  "add",  "these", "this", "be", "any",
                                 "the", "list", "ever", "them",  "in",   "to"};
    if (next >= list.size() || one_of(list[next], rest)) return true;
  }
  for (const std::string_view part :
       {"forbidden", "anti-pattern", "antipattern", "prohibited", "not allowed", "must not"}) {
    if (lower.contains(part)) return true;
  }
  return false;
}

}  // namespace

HeadingKind heading_kind(std::string_view heading) {
  if (trim(heading).empty()) return HeadingKind::kNone;
  std::string lower = ascii_lower(heading);
  if (const std::size_t aside = lower.find('('); aside != std::string::npos && aside > 0) {
    lower.resize(aside);
  }
  const auto has = [&](std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(parts, [&](std::string_view p) { return lower.contains(p); });
  };
  if (forbids(lower)) {
    return HeadingKind::kForbids;
  }
  if (has({"rule",       "convention",    "guideline",      "style",        "standard",
           "practice",   "principle",     "require",        "must",         "policy",
           "policies",   "naming",        "commit",         "testing",      "security",
           "formatting", "workflow",      "checklist",      "preference",   "instruction",
           "do's",       "quality",       "error handling", "review",       "contribut",
           "constraint", "etiquette",     "before you",     "when you",     "how we",
           "decisions",  "accessibility", "performance",    "always",       "critical",
           "important",  "documentation", "comments",       "pull request", "safety",
           "tips"})) {
    return HeadingKind::kRules;
  }
  if (has({"overview",
           "architecture",
           "structure",
           "layout",
           "command",
           "setup",
           "install",
           "quick start",
           "getting started",
           "project",
           "directory",
           "directories",
           "stack",
           "environment",
           "example",
           "reference",
           "link",
           "resource",
           "feature",
           "usage",
           "faq",
           "about",
           "background",
           "components",
           "module",
           "api",
           "table",
           "glossary",
           "status",
           "history",
           "changelog",
           "troubleshooting",
           "how it works",
           "key files",
           "data model",
           "endpoints",
           "configuration",
           "scripts",
           "packages",
           "services"})) {
    return HeadingKind::kFacts;
  }
  return HeadingKind::kOther;
}

bool is_general_heading(std::string_view heading) {
  static const WordSet set = {"rule",        "rules",       "guideline",    "guidelines",
                              "convention",  "conventions", "standard",     "standards",
                              "style",       "code",        "coding",       "quality",
                              "principle",   "principles",  "best",         "practice",
                              "practices",   "general",     "important",    "critical",
                              "note",        "notes",       "overview",     "requirements",
                              "requirement", "required",    "mandatory",    "instructions",
                              "instruction", "guide",       "introduction", "summary",
                              "project",     "misc",        "other",        "miscellaneous",
                              "development", "developer",   "key",          "core",
                              "tips",        "tip",         "do",           "dos",
                              "don",         "don't",       "donts",        "not",
                              "never",       "always",      "must",         "the",
                              "and",         "for",         "of",           "our",
                              "a",           "to",          "in",           "this",
                              "s",           "t",           "working",      "agreement",
                              "agreements",  "policy",      "policies",     "expectations",
                              "behavior",    "behaviour",   "agent",        "agents",
                              "ai",          "assistant",   "claude",       "md",
                              "format",      "checklist",   "details",      "more",
                              "additional",  "things",      "remember",     "common",
                              "what",        "how",         "we",           "work",
                              "steps",       "step",        "your",         "you",
                              "repository",  "repo",        "codebase",     "all",
                              "specific",    "preferences", "approach",     "constraints",
                              "constraint",  "global",      "reminders",    "reminder",
                              "warning",     "pitfalls",    "gotchas",      "quick",
                              "reference",   "avoid",       "bad",          "good",
                              "is",          "it",          "workflow",     "process",
                              "protocol",    "invariants",  "should",       "with",
                              "design",      "philosophy",  "description",  "background",
                              "context",     "purpose"};
  const std::vector<std::string> all = words(ascii_lower(heading));
  return std::ranges::all_of(all, [&](const std::string& word) { return one_of(word, set); });
}

bool is_vague(std::string_view lower) {
  static const WordSet set = {
      "proper",      "properly",     "appropriate",  "appropriately",  "good",
      "clean",       "clear",        "clearly",      "meaningful",     "descriptive",
      "readable",    "maintainable", "robust",       "efficient",      "efficiently",
      "effective",   "effectively",  "careful",      "carefully",      "best",
      "well",        "consistent",   "concise",      "simple",         "reasonable",
      "sensible",    "quality",      "high-quality", "correct",        "correctly",
      "adequate",    "thorough",     "thoroughly",   "comprehensive",  "optimal",
      "scalable",    "elegant",      "gracefully",   "necessary",      "needed",
      "relevant",    "suitable",     "better",       "great",          "safe",
      "safely",      "modular",      "reusable",     "consistently",   "consistency",
      "readability", "small",        "focused",      "modern",         "unnecessary",
      "complex",     "bad",          "possible",     "maintainability"};
  return one_of(lower, set);
}

bool is_generic(std::string_view lower) {
  static const WordSet set = set_of(kGeneric);
  return one_of(lower, set);
}

}  // namespace hardwon::learn
