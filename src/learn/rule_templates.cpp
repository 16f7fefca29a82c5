#include "learn/rule_templates.h"

#include <array>

#include "learn/wording.h"

namespace hardwon::learn {
namespace {

using Texts = std::span<const std::string_view>;

// ---------------------------------------------------------------- patterns

constexpr auto kTrainRules = std::to_array<std::string_view>({
    "Always {imp}.",
    "From now on, {imp}.",
    "I prefer {np}.",
    "Our standard is {np}.",
    "We agreed on {np} for this project.",
    "You should {imp} in every file.",
    "Remember: {state}.",
    "Please {imp} whenever you write code here.",
    "{Imp}, that is our convention.",
    "The team uses {np}, so do the same.",
    "By default {imp}.",
    "I like {np}, in all projects.",
    "One thing for all of our work: {imp}.",
    "{Imp}. Always.",
    "I always want you to {imp}.",
    "For the whole project: {state}.",
    "Generally {state} with us.",
    "It is important to me that {state}.",
    "Get used to it: {state}.",
    "Next time and every time after that, {imp}.",
    "Note for the future: {imp}.",
    "Team decision: {state}.",
    "Please {imp} in general, not only here.",
    "As long as you work on this, {imp}.",
    "All of us {imp}, and so should you.",
    "You know our rule: {imp}.",
    "The guideline says that {state}, and I mean it.",
    "{State} everywhere.",
    "{Np} only, in the entire code base.",
});
constexpr auto kTestRules = std::to_array<std::string_view>({
    "Going forward I want {np}.",
    "{Np}, every time.",
    "Once and for all: {imp}.",
    "Make it a habit to {imp}.",
    "{Imp} from here on out.",
    "House rule: {imp}.",
    "What we do on this team is {np}.",
    "We settled on {np} long ago, keep to it.",
    "{State}, no exceptions.",
    "Whatever you touch, {imp}.",
    "As a team we insist on {np}.",
    "In our codebase {state}; keep it that way.",
    "Throughout this repository {state}.",
    "Each time you change something here, {imp}.",
    "It is settled that {state}.",
    "{State} by convention.",
    "In later work too you should {imp}.",
    "I told the others and I tell you: {imp}.",
    "My preference is {np}, wherever you work.",
    "It has to be {np}, always.",
    "{State}: that must hold in every module.",
});
constexpr auto kTrainProhibitions = std::to_array<std::string_view>({
    "Never {avoid}.",
    "Don't ever {avoid}.",
    "You must not {avoid}.",
    "We do not {avoid} in this project.",
    "Stop it once and for good: you do not {avoid}.",
    "I don't want anybody to {avoid}.",
    "It is forbidden to {avoid}.",
    "Please refrain from it from now on: do not {avoid}.",
});
constexpr auto kTestProhibitions = std::to_array<std::string_view>({
    "Don't {avoid} again, not in any file.",
    "Nobody on this team should {avoid}.",
    "I never want to see you {avoid}.",
    "Whatever happens, do not {avoid}.",
    "Under no circumstances {avoid}.",
});
constexpr auto kTrainEchoes = std::to_array<std::string_view>({
    "I'll {imp} from now on.",
    "Sure, I will always {imp}.",
    "I'll remember that {state}.",
    "Okay, I'll make sure to {imp} whenever I write code here.",
    "Agreed, {state} for good.",
});
constexpr auto kTestEchoes = std::to_array<std::string_view>({
    "Understood, {np} it is from here on.",
    "Noted for all later work: {state}.",
    "Got it, I will {imp} everywhere.",
    "Right, in future I'll {imp}.",
});
constexpr auto kTrainReasons = std::to_array<std::string_view>({
    " It makes reviews easier.",
    " Otherwise the build breaks.",
});
constexpr auto kTestReasons = std::to_array<std::string_view>({
    " Anything else is rejected in review.",
    " We lost a day over that once.",
    " The new people get confused otherwise.",
});
constexpr auto kTrainEmptyAdvice = std::to_array<std::string_view>({
    "Always write clean code.",
    "Be careful with everything.",
    "Never write bad code.",
});
constexpr auto kTestEmptyAdvice = std::to_array<std::string_view>({
    "Do good work, all the time.",
    "Take care whenever you write something.",
    "Strive for quality in whatever you do.",
});
constexpr auto kTrainChanges = std::to_array<std::string_view>({
    "Change of plans: from now on {imp}.",
    "Actually, I now prefer {np}.",
});
constexpr auto kTestChanges = std::to_array<std::string_view>({
    "Forget what I said about that, going forward {imp}.",
    "We have switched: {state} from here on.",
});
constexpr auto kTrainPassing = std::to_array<std::string_view>({
    "For this specific function, {imp}.",
    "Just for now, {imp}.",
    "In this case, {imp}.",
    "Temporarily, {imp}.",
    "Only here, {imp}.",
    "{Imp} this once.",
    "For the quick test please {imp}.",
    "Could you {imp} here?",
    "As an exception {imp} in {file}.",
    "While we debug this, {imp}.",
    "Before you go on with {part}, {imp}, just now.",
});
constexpr auto kTestPassing = std::to_array<std::string_view>({
    "{Imp} in this one file, the rest stays as it is.",
    "Only for tomorrow's demo: {imp}.",
    "Until the release is out on Friday, {imp}.",
    "{Imp} for the moment, we revert it later.",
    "This time around {imp}.",
    "Can you {imp} in the snippet above?",
    "In {file} alone, {imp}.",
    "For the throwaway script you should {imp}.",
});
constexpr auto kTrainAgentPassing = std::to_array<std::string_view>({
    "I'll {imp} just this once.",
    "Temporarily I will {imp}.",
});
constexpr auto kTestAgentPassing = std::to_array<std::string_view>({
    "For this one change I {imp}, as you asked.",
    "In {file} I'll {imp}, then move on to the tests.",
});
constexpr auto kTrainRequests = std::to_array<std::string_view>({
    "Fix the bug in {file}.",
    "Please write a function that sorts {part}.",
    "Run the tests again.",
    "Delete the old version of {file}.",
    "Explain what {file} does.",
    "Move the helper of {part} into {file}.",
    "Please check the format of {file}.",
    "Undo that.",
    "Open {file} and add a log line.",
    "The button of {part} should be blue now.",
});
constexpr auto kTestRequests = std::to_array<std::string_view>({
    "Have a look at {file} and tell me what is wrong.",
    "You should look at {file} next.",
    "Format {file} once more.",
    "Show me the standard output of that command.",
    "Add a unit test for the {part} parser.",
    "Revert the last change to {file}.",
    "Now rename the second parameter in {file}.",
    "This must be in before noon: move {part} to the new server.",
    "Try it with the other branch first.",
});
constexpr auto kTrainChatter = std::to_array<std::string_view>({
    "I always take the bus to work.",
    "Should I {imp}?",
    "The weather is nice today.",
    "That was quick.",
    "The old project used {np}, I heard.",
    "How many users does {part} have?",
    "`style = never` was in the log.",
    "I prefer tea.",
    "My colleague always says that {state}, who knows.",
    "What happens when {part} is empty?",
    "I must leave at five.",
    "There are {n} open tickets for {part}.",
    "The customer said {part} feels slow.",
    "Never mind.",
    "Great, thanks.",
    "I once saw a program where {state}.",
    "Does it make sense to {imp}?",
    "\"{Imp}\", it said in the book.",
    "{file} should be about {n} lines long, I guess.",
});
constexpr auto kTestChatter = std::to_array<std::string_view>({
    "I always forget lunch when the build takes long.",
    "Must we {imp}, what do you think?",
    "The style guide of my last employer said \"{imp}\", what a fuss.",
    "`# always {imp}` is what the old script printed.",
    "It must have been the cache again.",
    "Why does the date format look different on staging?",
    "That never worked on my laptop anyway.",
    "We bought standard keyboards for the office.",
    "Do other people prefer {np} these days?",
    "The convention on Thursday has free coffee.",
    "The build took nine minutes today.",
    "I had a look at {file} this morning.",
    "Where does {part} load its settings?",
    "Thanks, that explains it.",
    "{Part} talks to the mail server through a queue.",
    "My train was late again.",
    "The run that failed was number {n}.",
});
constexpr auto kTrainAgentTalk = std::to_array<std::string_view>({
    "I have read {file}.",
    "All tests pass.",
    "Shall I {imp}?",
    "{File} is where {part} is handled.",
    "One could {imp}, but that is up to you.",
    "I found {n} places that use {part}.",
    "Done, the tests are running now.",
});
constexpr auto kTestAgentTalk = std::to_array<std::string_view>({
    "{File} has {n} functions and no tests.",
    "The change is in, everything is green.",
    "Do you want me to {imp}?",
    "Some teams {imp}, others do not.",
    "That must come from the {part} service.",
    "The format of the response is JSON.",
});
constexpr auto kTrainToolOutput = std::to_array<std::string_view>({
    "{file}: error: you must {imp}",
    "note: always {imp}",
});
constexpr auto kTestToolOutput = std::to_array<std::string_view>({
    "{file}:{n}: warning: Always {imp}",
    "hint: you should {imp} [style]",
    "{n} passed, 1 failed: {file}",
    "README: from here on out, {imp}",
});

constexpr Patterns kTrain = {kTrainRules,   kTrainProhibitions, kTrainEchoes,
                             kTrainReasons, kTrainEmptyAdvice,  kTrainChanges,
                             kTrainPassing, kTrainAgentPassing, kTrainRequests,
                             kTrainChatter, kTrainAgentTalk,    kTrainToolOutput};
constexpr Patterns kTest = {kTestRules,       kTestProhibitions, kTestEchoes,    kTestReasons,
                            kTestEmptyAdvice, kTestChanges,      kTestPassing,   kTestAgentPassing,
                            kTestRequests,    kTestChatter,      kTestAgentTalk, kTestToolOutput};

// ---------------------------------------------------------------- nouns

constexpr auto kTrainParts = std::to_array<std::string_view>(
    {"users", "payments", "news", "photos", "comments", "friends", "stories", "events"});
constexpr auto kTestParts = std::to_array<std::string_view>(
    {"orders", "billing", "catalog", "inbox", "uploads", "invoices", "shipping", "ratings",
     "coupons", "payroll", "rosters", "quotas"});

struct Language {
  std::string_view name, shown;
};
constexpr auto kLanguages = std::to_array<Language>({{"python", "Python"},
                                                     {"javascript", "JavaScript"},
                                                     {"typescript", "TypeScript"},
                                                     {"go", "Go"},
                                                     {"rust", "Rust"},
                                                     {"java", "Java"}});
constexpr auto kTrainNamed =
    std::to_array<std::string_view>({"variables", "functions", "constants"});
constexpr auto kTestNamed =
    std::to_array<std::string_view>({"locals", "methods", "parameters", "module constants"});
constexpr auto kCases = std::to_array<std::string_view>(
    {"camelCase", "snake_case", "PascalCase", "SCREAMING_SNAKE_CASE"});

// ---------------------------------------------------------------- conventions

void add_naming(std::vector<Topic>& out, const Language& language, TemplateFamily family) {
  const Texts named = family == TemplateFamily::kTrain ? Texts(kTrainNamed) : Texts(kTestNamed);
  for (const std::string_view what : named) {
    for (const std::string_view value : kCases) {
      const std::string things = concat({language.shown, " ", what});
      out.push_back({.key = concat({"name/", language.name, "/", what}),
                     .type = ActionType::kNaming,
                     .language = std::string(language.name),
                     .target = std::string(what),
                     .value = std::string(value),
                     .imperative = concat({"name ", things, " in ", value}),
                     .noun_phrase = concat({value, " for ", things}),
                     .state = concat({things, " are in ", value})});
    }
  }
}

void add_indentation(std::vector<Topic>& out, const Language& language) {
  for (const std::string_view value : {"tabs", "two spaces", "four spaces"}) {
    out.push_back(
        {.key = concat({"indent/", language.name}),
         .type = ActionType::kStyle,
         .language = std::string(language.name),
         .target = "indentation",
         .value = std::string(value),
         .imperative = concat({"indent ", language.shown, " code with ", value}),
         .noun_phrase = concat({value, " for indentation in ", language.shown}),
         .state = concat({language.shown, " code is indented with ", value}),
         .avoid = concat({"indent ", language.shown, " code with ", value}),
         .shop = concat({"a ", value == "tabs" ? "tabs" : value.substr(0, value.find(' ')),
                         value == "tabs" ? "" : "-space", " shop when it comes to indentation in ",
                         language.shown})});
  }
}

void add_style(std::vector<Topic>& out, const Language& language) {
  add_indentation(out, language);
  for (const std::string_view value : {"single", "double"}) {
    out.push_back(
        {.key = concat({"quotes/", language.name}),
         .type = ActionType::kStyle,
         .language = std::string(language.name),
         .target = "strings",
         .value = concat({value, " quotes"}),
         .imperative = concat({"write ", language.shown, " strings in ", value, " quotes"}),
         .noun_phrase = concat({value, " quotes for ", language.shown, " strings"}),
         .state = concat({language.shown, " strings are in ", value, " quotes"}),
         .avoid = concat({"put ", language.shown, " strings in ", value, " quotes"})});
  }
  for (const std::string_view value : {"a comment", "no comment"}) {
    out.push_back({.key = concat({"comments/", language.name}),
                   .type = ActionType::kStyle,
                   .language = std::string(language.name),
                   .target = "functions",
                   .value = "comment",
                   .imperative = concat({"put ", value, " above ", language.shown, " functions"}),
                   .noun_phrase = concat({value, " above ", language.shown, " functions"}),
                   .state = concat({language.shown, " functions have ", value, " above them"})});
  }
}

void add_structure(std::vector<Topic>& out, const Language& language) {
  const std::string code = std::string(language.shown);
  out.push_back({.key = concat({"tests/", language.name}),
                 .type = ActionType::kStructure,
                 .language = std::string(language.name),
                 .target = "tests",
                 .value = "beside the code",
                 .imperative = concat({"put ", code, " tests beside the code that they test"}),
                 .state = concat({code, " tests stand beside the code that they test"})});
  for (const std::string_view value : {"alphabetical order", "order of use"}) {
    out.push_back({.key = concat({"imports/", language.name}),
                   .type = ActionType::kStructure,
                   .language = std::string(language.name),
                   .target = "imports",
                   .value = std::string(value),
                   .imperative = concat({"list ", code, " imports in ", value}),
                   .noun_phrase = concat({value, " for ", code, " imports"}),
                   .state = concat({code, " imports are in ", value})});
  }
}

struct PartTopic {
  std::string_view key;
  ActionType type;
  std::string_view target, value, imperative, noun_phrase, state, avoid;
};
// "{p}" is the part of the product.
constexpr auto kPartTopics = std::to_array<PartTopic>({
    {"sql", ActionType::kStructure, "SQL", "queries", "keep the SQL of {p} in {p}/queries", "",
     "the SQL of {p} lives in {p}/queries", "put SQL into {p} handlers"},
    {"door", ActionType::kStructure, "internals", "public interface",
     "reach {p} through its public interface only", "",
     "{p} is reached through its public interface only",
     "import the internals of {p} from other packages"},
    {"handlers", ActionType::kStructure, "handlers", "one file",
     "put each {p} handler into one file", "", "each {p} handler has one file of its own", ""},
    {"schema", ActionType::kBehavior, "schema", "ask", "ask me before you change the {p} schema",
     "", "the {p} schema changes only after asking me", "change the {p} schema without asking me"},
    {"tests", ActionType::kBehavior, "tests", "integration",
     "run the {p} integration tests before you hand over", "",
     "the {p} integration tests are run before you hand over", ""},
    {"failures", ActionType::kBehavior, "failures", "request id",
     "log {p} failures with their request id", "", "{p} failures are logged with their request id",
     "swallow {p} failures silently"},
    {"prefix", ActionType::kNaming, "events", "prefix",
     "begin the names of {p} events with the prefix {p}_",
     "the prefix {p}_ for names of {p} events", "names of {p} events begin with the prefix {p}_",
     ""},
    {"dates", ActionType::kStyle, "dates", "ISO 8601", "write dates in {p} as ISO 8601",
     "ISO 8601 for dates in {p}", "dates in {p} are written as ISO 8601",
     "write dates in {p} in local notation"},
});

// Apply to every task, whatever it is about.
constexpr auto kTrainAlways = std::to_array<PartTopic>({
    {"push", ActionType::kBehavior, "push", "main", "open a pull request for each change", "",
     "each change gets a pull request", "push straight to the main branch"},
    {"lint", ActionType::kBehavior, "lint", "commit", "run the linter before every commit", "",
     "the linter runs before every commit", ""},
});
constexpr auto kTestAlways = std::to_array<PartTopic>({
    {"deleting", ActionType::kBehavior, "files", "deleting", "ask me before deleting files", "",
     "files are deleted only after asking me", "delete files without asking me"},
    {"secrets", ActionType::kBehavior, "secrets", "commit", "keep secrets out of commits", "",
     "secrets stay out of commits", "commit secrets"},
    {"subjects", ActionType::kStyle, "commit subjects", "present tense",
     "write commit subjects in the present tense", "the present tense for commit subjects",
     "commit subjects are in the present tense", ""},
    {"branches", ActionType::kNaming, "branches", "ticket number",
     "begin branch names with the ticket number", "the ticket number in front of branch names",
     "branch names begin with the ticket number", ""},
});

std::string filled(std::string_view text, std::string_view part) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, 3) == "{p}") {
      out += part;
      at += 3;
    } else {
      out += text[at++];
    }
  }
  return out;
}

Topic topic_of(const PartTopic& source, std::string_view part) {
  return {.key = concat({source.key, "/", part}),
          .type = source.type,
          .part = std::string(part),
          .target = std::string(source.target),
          .value = std::string(source.value),
          .imperative = filled(source.imperative, part),
          .noun_phrase = filled(source.noun_phrase, part),
          .state = filled(source.state, part),
          .avoid = filled(source.avoid, part),
          .of_code = false};
}

}  // namespace

std::vector<Topic> topics(TemplateFamily family) {
  std::vector<Topic> out;
  for (const Language& language : kLanguages) {
    add_naming(out, language, family);
    add_style(out, language);
    add_structure(out, language);
  }
  for (const std::string_view part : parts_of(family)) {
    for (const PartTopic& source : kPartTopics) out.push_back(topic_of(source, part));
  }
  const auto always = family == TemplateFamily::kTrain ? std::span<const PartTopic>(kTrainAlways)
                                                       : std::span<const PartTopic>(kTestAlways);
  for (const PartTopic& source : always) out.push_back(topic_of(source, ""));
  return out;
}

const Patterns& patterns(TemplateFamily family) {
  return family == TemplateFamily::kTrain ? kTrain : kTest;
}

std::span<const std::string_view> parts_of(TemplateFamily family) {
  return family == TemplateFamily::kTrain ? Texts(kTrainParts) : Texts(kTestParts);
}

}  // namespace hardwon::learn
