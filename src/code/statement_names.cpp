// Sentences about the case of names.

#include <algorithm>

#include "code/statement.h"

namespace hardwon::code {
namespace {

struct CasePhrase {
  std::string_view phrase;
  NameCase value;
};

// Longer ones before those they contain.
constexpr CasePhrase kCases[] = {
    {"upper_snake_case|screaming_snake_case|upper_case|upper_case_snake|all_caps|constant_case"
     "|upper_case_with_underscores|screaming_case|upper_snake|all_upper_snake_case"
     "|screaming-snake-case|screaming_snake|all-caps|upper-snake-case|screaming-case"
     "|uppersnakecase",
     NameCase::kScreaming},
    {"upper|uppercase|screaming|capital|all-caps snake_case|snake-case|snake",
     NameCase::kScreaming},
    {"upper|screaming|uppercase snake case", NameCase::kScreaming},
    {"all caps", NameCase::kScreaming},
    {"upper case with underscores", NameCase::kScreaming},
    {"uppercase|caps with underscores", NameCase::kScreaming},
    {"upper camelcase|camel-case", NameCase::kPascal},
    {"upper camel case", NameCase::kPascal},
    {"lower camelcase|camel-case", NameCase::kCamel},
    {"lower camel case", NameCase::kCamel},
    {"lower|lowercase snake_case|snake-case|snake", NameCase::kSnake},
    {"lowercase with|_ underscores", NameCase::kSnake},
    {"snake_case|snake-case|snakecase|lower_snake_case|lower_case_with_underscores|snake_cased"
     "|lower_snake|snake-cased|lowercase_with_underscores",
     NameCase::kSnake},
    {"snake case|cased", NameCase::kSnake},
    {"camelcase|camel-case|lowercamelcase|camel_case|camelcased|camel-cased", NameCase::kCamel},
    {"camel case|cased", NameCase::kCamel},
    {"pascalcase|pascal-case|uppercamelcase|capwords|pascal_case|pascalcased|pascal-cased",
     NameCase::kPascal},
    {"pascal case|cased", NameCase::kPascal},
    {"kebab-case|kebabcase|kebab_case|dash-case|dashed-case|kebab-cased", NameCase::kKebab},
    {"kebab case", NameCase::kKebab},
};

struct Mention {
  std::size_t at = 0, length = 1;
  NameCase value = NameCase::kSnake;
  bool negated = false;
};

// What a clause says beside its case.
struct Clause {
  std::size_t begin = 0, end = 0;
  std::optional<Mention> mention;  // the one it states
  std::vector<Role> roles;
  bool generic = false, files = false;
  std::vector<Language> languages;
};

bool listed(const std::vector<Role>& roles, Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

std::vector<Mention> mentions_in(Statement& statement) {
  std::vector<Mention> found;
  std::vector<StatementWord>& words = statement.words();
  for (const CasePhrase& phrase : kCases) {
    const auto length =
        static_cast<std::size_t>(std::count(phrase.phrase.begin(), phrase.phrase.end(), ' ') + 1);
    for (auto at = statement.find(phrase.phrase); at; at = statement.find(phrase.phrase, *at + 1)) {
      const bool taken = std::any_of(words.begin() + static_cast<std::ptrdiff_t>(*at),
                                     words.begin() + static_cast<std::ptrdiff_t>(*at + length),
                                     [](const StatementWord& word) { return word.used; });
      if (taken) continue;
      for (std::size_t i = *at; i < *at + length; ++i) words[i].used = true;
      found.push_back({.at = *at, .length = length, .value = phrase.value, .negated = false});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Mention& a, const Mention& b) { return a.at < b.at; });
  for (Mention& one : found) one.negated = statement.negated(one.at);
  return found;
}

// "camelCase as a word of its own" is often written "CamelCase" for what others call PascalCase.
void settle_capital_camel(const Statement& statement, std::vector<Mention>& mentions) {
  for (Mention& one : mentions) {
    const std::string& text = statement.words()[one.at].text;
    if (one.value == NameCase::kCamel && text == "CamelCase") one.value = NameCase::kPascal;
  }
}

// Adds the role that the word names; whether it names one.
bool add_role(StatementWord& word, Clause& clause) {
  struct RoleWord {
    std::string_view words;
    Role first, second;
  };
  static constexpr RoleWord kRoles[] = {
      {" function functions func funcs fns ", Role::kFunction, Role::kMethod},
      {" method methods ", Role::kMethod, Role::kMethod},
      {" variable variables vars ", Role::kVariable, Role::kParameter},
      {" constant constants consts ", Role::kConstant, Role::kConstant},
      {" parameter parameters argument arguments params args ", Role::kParameter, Role::kParameter},
      {" class classes type types struct structs ", Role::kType, Role::kType},
      {" interface interfaces enum enums trait traits ", Role::kType, Role::kType},
      {" component components ", Role::kComponent, Role::kComponent},
      {" field fields attribute attributes property properties member members ", Role::kField,
       Role::kField},
      {" namespace namespaces ", Role::kModule, Role::kModule},
  };
  for (const RoleWord& role : kRoles) {
    if (!role.words.contains(" " + word.lower + " ") || word.code) continue;
    word.used = true;
    for (Role one : {role.first, role.second}) {
      if (!listed(clause.roles, one)) clause.roles.push_back(one);
    }
    return true;
  }
  return false;
}

// "struct fields": the first word only says whose.
bool qualifies(const Statement& statement, std::size_t at) {
  static constexpr std::string_view kOwners[] = {"class",    "struct",       "interface",
                                                 "instance", "module-level", "top-level"};
  static constexpr std::string_view kOwned[] = {
      "field",  "fields",  "method",     "methods",  "attribute", "attributes",
      "member", "members", "properties", "property", "variables", "constants"};
  return at + 1 < statement.size() && one_of(statement.words()[at].lower, kOwners) &&
         one_of(statement.words()[at + 1].lower, kOwned);
}

bool add_generic(Statement& statement, std::size_t at, Clause& clause) {
  static constexpr std::string_view kGeneric[] = {
      "name", "names", "naming", "named", "identifier", "identifiers", "symbols", "everything"};
  StatementWord& word = statement.words()[at];
  const std::string_view next =
      at + 1 < statement.size() ? std::string_view(statement.words()[at + 1].lower) : "";
  const bool file = word.lower == "file" || word.lower == "files" || word.lower == "filename" ||
                    word.lower == "filenames" || word.lower == "file-names";
  if (file) {
    // "in all Python files" is where, "file names" and "files are …" is what.
    const bool what = word.lower.starts_with("filename") || word.lower == "file-names" ||
                      next == "name" || next == "names" || next == "naming" || next == "are" ||
                      next == "should" || next == "must" || next == "use" || next == "named" ||
                      (at > 0 && statement.words()[at - 1].lower == "for") ||
                      (at > 0 && (statement.words()[at - 1].lower == "name"));
    word.used = true;
    clause.files |= what;
    return true;
  }
  if (!one_of(word.lower, kGeneric) || word.code) return false;
  word.used = true;
  clause.generic = true;
  return true;
}

// Where a clause ends: before each case that is stated, at the nearest mark or "and".
std::vector<Clause> clauses_of(const Statement& statement, const std::vector<Mention>& stated) {
  std::vector<Clause> clauses;
  const auto& words = statement.words();
  std::size_t begin = 0;
  for (std::size_t i = 0; i < stated.size(); ++i) {
    std::size_t end = words.size();
    if (i + 1 < stated.size()) {
      const std::size_t from = stated[i].at + stated[i].length, to = stated[i + 1].at;
      // Roles after this case ("… for functions, PascalCase …") or before the next ("functions
      // are …, classes and types are …")?
      const bool forward = from < to && (words[from].lower == "for" || words[from].lower == "in" ||
                                         words[from].lower == "on");
      end = to;
      if (!forward) {
        for (std::size_t at = from; at <= to; ++at) {
          const bool mark = at > 0 && at - 1 >= stated[i].at && words[at - 1].after != 0;
          const bool joins = at < to && (words[at].lower == "and" || words[at].lower == "but" ||
                                         words[at].lower == "while");
          if (mark || joins) {
            end = at;
            break;
          }
        }
      } else {
        // "camelCase for variables and use PascalCase": the verb goes with what follows.
        while (end > from && (words[end - 1].lower == "use" || words[end - 1].lower == "and")) {
          --end;
        }
        // "snake_case for functions, classes are PascalCase".
        const bool verb = to > from && (words[to - 1].lower == "are" ||
                                        words[to - 1].lower == "in" || words[to - 1].lower == "be");
        for (std::size_t at = from; verb && at < to; ++at) {
          if (words[at].after != 0 || words[at].lower == "and" || words[at].lower == "but") {
            end = at + 1;
          }
        }
      }
    }
    clauses.push_back(
        {.begin = begin, .end = end, .mention = stated[i], .roles = {}, .languages = {}});
    begin = end;
  }
  return clauses;
}

// "functions are snake_case in Python and camelCase in JavaScript": the second says no more than
// its language.
void share_roles(std::vector<Clause>& clauses) {
  const auto silent = [](const Clause& it) {
    return it.roles.empty() && !it.generic && !it.files && !it.languages.empty();
  };
  for (std::size_t i = 1; i < clauses.size(); ++i) {
    if (!silent(clauses[i]) || clauses[i - 1].languages.empty()) continue;
    clauses[i].roles = clauses[i - 1].roles;
    clauses[i].files = clauses[i - 1].files;
  }
  for (std::size_t i = clauses.size(); i-- > 1;) {
    if (!silent(clauses[i - 1]) || clauses[i].languages.empty()) continue;
    if (clauses[i - 1].languages == clauses[i].languages) continue;
    clauses[i - 1].roles = clauses[i].roles;
    clauses[i - 1].files = clauses[i].files;
  }
}

// A clause without a language takes that of the one before it, else of the one after.
void share_languages(std::vector<Clause>& clauses) {
  for (std::size_t i = 1; i < clauses.size(); ++i) {
    if (clauses[i].languages.empty()) clauses[i].languages = clauses[i - 1].languages;
  }
  for (std::size_t i = clauses.size(); i-- > 1;) {
    if (clauses[i - 1].languages.empty()) clauses[i - 1].languages = clauses[i].languages;
  }
}

// "except for constants": roles named after such a word are taken out, not spoken of.
std::optional<std::vector<Role>> excepted_roles(Statement& statement) {
  std::vector<Role> roles;
  const auto at = statement.find("except|excluding|besides");
  if (!at) return roles;
  Clause exception;
  for (std::size_t i = *at; i < statement.size(); ++i) {
    StatementWord& word = statement.words()[i];
    const bool test = word.lower == "test" || word.lower == "tests";
    if (test) return std::nullopt;
    add_role(word, exception);
  }
  if (exception.roles.empty()) return std::nullopt;
  for (std::size_t i = *at; i < statement.size(); ++i) statement.words()[i].lower = "-";
  statement.words()[*at].used = true;
  return exception.roles;
}

std::optional<Convention> convention_of(const Clause& clause, Where where) {
  Convention convention{.languages = clause.languages,
                        .where = where,
                        .roles = clause.roles,
                        .name_case = clause.mention->value,
                        .name = {},
                        .instead = {}};
  if (clause.files) {
    if (!clause.roles.empty() || clause.mention->value == NameCase::kScreaming) return std::nullopt;
    convention.kind = ConventionKind::kFileNameCase;
    return convention;
  }
  const bool all_names =
      clause.mention->value == NameCase::kSnake || clause.mention->value == NameCase::kCamel;
  if (clause.roles.empty() && !all_names) return std::nullopt;
  // Kebab-case is no identifier of these languages.
  if (clause.mention->value == NameCase::kKebab) return std::nullopt;
  return convention;
}

}  // namespace

void read_names(Statement& statement, std::vector<Convention>& found) {
  std::vector<Mention> mentions = mentions_in(statement);
  if (mentions.empty()) return;
  settle_capital_camel(statement, mentions);
  std::vector<Mention> stated;
  for (std::size_t i = 0; i < mentions.size(); ++i) {
    if (i > 0 && mentions[i].at == mentions[i - 1].at + mentions[i - 1].length + 1 &&
        statement.words()[mentions[i].at - 1].lower == "or") {
      return;  // one or the other
    }
    if (!mentions[i].negated) stated.push_back(mentions[i]);
  }
  if (stated.empty()) return;
  const auto except = excepted_roles(statement);
  const std::optional<Where> where = where_in(statement);
  if (!where) return;
  std::vector<Clause> clauses = clauses_of(statement, stated);
  for (Clause& clause : clauses) {
    const auto words =
        std::span(statement.words()).subspan(clause.begin, clause.end - clause.begin);
    for (std::size_t i = clause.begin; i < clause.end; ++i) {
      if (qualifies(statement, i)) {
        statement.words()[i].used = true;
      } else if (!add_role(statement.words()[i], clause)) {
        add_generic(statement, i, clause);
      }
    }
    auto languages = languages_in(words);
    if (!languages) return;
    clause.languages = *std::move(languages);
  }
  if (!statement.explained()) return;
  share_roles(clauses);
  share_languages(clauses);
  for (Clause& clause : clauses) {
    for (Role role : except ? *except : std::vector<Role>()) {
      if (role != Role::kType && role != Role::kConstant && role != Role::kComponent) return;
      std::erase(clause.roles, role);
    }
    if (auto convention = convention_of(clause, *where)) found.push_back(*std::move(convention));
  }
}

}  // namespace hardwon::code
