#include "code/rename.h"

#include <algorithm>
#include <cctype>

namespace hardwon::code {
namespace {

// Words that a name must not become: keywords, and built-ins whose shadowing changes meaning.
constexpr std::string_view kReserved[] = {
    "and",       "as",       "assert",    "async",     "await",     "break",     "case",
    "catch",     "class",    "const",     "continue",  "def",       "default",   "del",
    "delete",    "do",       "elif",      "else",      "enum",      "except",    "export",
    "extends",   "false",    "finally",   "fn",        "for",       "from",      "func",
    "function",  "global",   "go",        "goto",      "if",        "impl",      "implements",
    "import",    "in",       "int",       "interface", "is",        "lambda",    "let",
    "loop",      "map",      "match",     "mod",       "move",      "mut",       "new",
    "nil",       "none",     "nonlocal",  "not",       "null",      "or",        "package",
    "pass",      "private",  "protected", "pub",       "public",    "raise",     "range",
    "ref",       "return",   "select",    "self",      "static",    "struct",    "super",
    "switch",    "this",     "throw",     "trait",     "true",      "try",       "type",
    "typeof",    "union",    "unsafe",    "use",       "var",       "void",      "where",
    "while",     "with",     "yield",     "print",     "len",       "list",      "dict",
    "set",       "str",      "id",        "input",     "open",      "filter",    "object",
    "format",    "hash",     "iter",      "next",      "max",       "min",       "sum",
    "any",       "all",      "sorted",    "bool",      "float",     "double",    "char",
    "long",      "short",    "unsigned",  "signed",    "string",    "undefined", "window",
    "document",  "console",  "require",   "module",    "exports",   "eval",      "exec",
    "arguments", "None",     "True",      "False",     "Some",      "Ok",        "Err",
    "Self",      "make",     "append",    "copy",      "error",     "panic",     "virtual",
    "override",  "final",    "template",  "typename",  "namespace", "using",     "operator",
    "register",  "volatile", "extern",    "inline",    "auto"};

// Each use is held against each definition.
constexpr std::size_t kPairsMax = 4'000'000;
constexpr std::size_t kDefinitionsMax = 200;  // of a variable whose type is asked for

bool is_member_role(Role role) { return role == Role::kMethod || role == Role::kField; }

// In these a member is named without its object inside its class.
bool bare_members(Language language) {
  return language == Language::kJava || language == Language::kCpp;
}

std::string_view bare_type(std::string_view type) {
  const std::size_t begin = type.find_first_not_of(" \t:*&");
  if (begin == std::string_view::npos) return {};
  type.remove_prefix(begin);
  if (type.starts_with("const ")) type.remove_prefix(6);
  if (type.starts_with("struct ")) type.remove_prefix(7);
  type = type.substr(0, type.find_first_of(" \t*&<[({?|"));
  const std::size_t scope = type.rfind("::");
  return scope == std::string_view::npos ? type : type.substr(scope + 2);
}

}  // namespace

struct Renamer::Group {
  std::string_view name;
  bool member = false;
  std::vector<const Identifier*> definitions;  // of this sort
  std::vector<const Identifier*> others;       // all else of that name in the file
};

Renamer::Renamer(const Source& source) : source_(source) {
  for (std::size_t i = 0; i < source.names.size(); ++i) {
    const Identifier& it = source.names[i];
    by_name_[it.name].push_back(i);
    if (it.definition && it.role == Role::kType) {
      classes_[it.name].push_back(source.tree().parent(it.node));
    }
  }
  read_strings();
}

void Renamer::read_strings() {
  const Tree& tree = source_.tree();
  const auto words = [](std::string_view text, const auto& take) {
    std::size_t at = 0;
    while (at < text.size()) {
      const auto part = [&](std::size_t i) {
        return std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_';
      };
      std::size_t end = at;
      while (end < text.size() && part(end)) ++end;
      if (end > at) take(at, text.substr(at, end - at));
      at = end + 1;
    }
  };
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const std::string_view text = tree.text_of(i);
    if (tree.is(i, "preproc_arg")) {
      words(text, [&](std::size_t, std::string_view word) { macro_words_.insert(word); });
    }
    if (!is_string(tree, i)) continue;
    const std::size_t open = text.find_first_of("'\"`");
    if (open == std::string_view::npos || text.size() < open + 2) continue;
    contents_.insert(text.substr(open + 1, text.size() - open - 2));
    const bool rust = source_.language == Language::kRust;
    words(text, [&](std::size_t at, std::string_view word) {
      string_words_.insert(word);
      if (rust && at > 0 && text[at - 1] == '{') formatted_.insert(word);
    });
  }
}

bool Renamer::is_taken(std::string_view name) const {
  return by_name_.contains(name) || one_of(name, kReserved);
}

Renaming Renamer::rename(std::string_view from, const std::string& to, bool member) const {
  Renaming renaming;
  const auto at = by_name_.find(from);
  if (at == by_name_.end())
    return {.replacements = {}, .refused = "no such name", .exported = false};
  Group group{.name = at->first, .member = member, .definitions = {}, .others = {}};
  const bool merged = bare_members(*source_.language);
  for (std::size_t i : at->second) {
    const Identifier& it = source_.names[i];
    const bool mine = it.definition && (merged || is_member_role(it.role) == member);
    (mine ? group.definitions : group.others).push_back(&it);
  }
  if (group.definitions.size() * group.others.size() > kPairsMax) {
    renaming.refused = "it occurs too often";
    return renaming;
  }
  if (is_taken(to)) {
    renaming.refused = "'" + to + "' is already a name here";
    return renaming;
  }
  for (std::string why : {refuse_text(group), refuse_keywords(group),
                          member && !merged ? std::string() : refuse_plain(group, to),
                          member || merged ? refuse_member(group) : std::string()}) {
    if (why.empty()) continue;
    renaming.refused = std::move(why);
    return renaming;
  }
  const Tree& tree = source_.tree();
  const auto add = [&](const Identifier& it) {
    std::string text = to;
    if (it.form == Form::kShorthand) text = std::string(from) + ": " + to;
    const std::uint32_t up = tree.parent(it.node);
    if (tree.is(up, "export_specifier") && tree.child(up, "alias") == kNone) {
      text = to + " as " + std::string(from);  // what other files import stays
    }
    renaming.replacements.push_back({it.begin, it.end, std::move(text)});
  };
  for (const Identifier* it : group.definitions) {
    add(*it);
    renaming.exported |= it->exported;
  }
  for (const Identifier* it : group.others) {
    const bool plain = it->form == Form::kPlain || it->form == Form::kTag ||
                       it->form == Form::kShorthand || it->form == Form::kKeyword;
    bool reached = it->form == Form::kMember ? member || merged : plain && (!member || merged);
    if (member && it->form == Form::kKey) reached = of_class(literal_type_of(*it), group);
    // A keyword is renamed with its parameter, where refuse_keywords() let it pass.
    const bool keyword = it->form == Form::kKeyword && callee_of(*it).empty();
    if (reached && !keyword && !(it->definition && !merged)) add(*it);
  }
  return renaming;
}

std::string Renamer::refuse_text(const Group& group) const {
  const std::string_view name = group.name;
  bool local = true, type = false;
  for (const Identifier* it : group.definitions) {
    local = local && it->role == Role::kVariable && !it->module_level;
    type = type || it->role == Role::kType;
    if (it->kept) return "the name comes from elsewhere";
  }
  if (macro_words_.contains(name)) return "a macro uses it";
  if (formatted_.contains(name)) return "a format string uses it";
  if (!local && contents_.contains(name)) return "a string names it";
  if (type && string_words_.contains(name)) return "a string names it";
  return {};
}

// The callee that a keyword argument goes to, when it is a function of this file that has a
// parameter of that name (or a class with such a field); else empty: someone else's keyword.
std::string_view Renamer::callee_of(const Identifier& keyword) const {
  const Tree& tree = source_.tree();
  const std::uint32_t argument = tree.parent(keyword.node);
  const std::uint32_t call = tree.parent(tree.parent(argument));
  if (call == kNone) return {};
  const std::uint32_t function = tree.child(call, "function");
  if (function == kNone) return {};
  std::string_view callee = tree.text_of(function);
  const std::size_t dot = callee.find_last_of('.');
  if (dot != std::string_view::npos) callee.remove_prefix(dot + 1);
  for (std::size_t i : by_name_.at(keyword.name)) {
    const Identifier& it = source_.names[i];
    if (!it.definition) continue;
    const std::uint32_t owner = source_.scopes->owner[it.node];
    if (owner == 0) continue;
    const std::string_view name = tree.text_of_name(owner);
    if (it.role == Role::kParameter) {
      const std::uint32_t klass = source_.scopes->klass[owner];
      if (name == callee) return callee;
      if (name == "__init__" && klass != 0 && tree.text_of_name(klass) == callee) return callee;
    }
    if (it.role == Role::kField && name == callee) return callee;
  }
  return {};
}

// Of Point{x: 1} in Go and Rust: Point.
std::string_view Renamer::literal_type_of(const Identifier& key) const {
  const Tree& tree = source_.tree();
  std::uint32_t at = tree.parent(key.node);
  for (int up = 0; up < 4 && at != kNone; ++up, at = tree.parent(at)) {
    const bool literal = tree.is(at, "composite_literal");
    if (!literal && !tree.is(at, "struct_expression")) continue;
    const std::uint32_t type = tree.child(at, literal ? "type" : "name");
    if (type == kNone || !tree.is(type, "type_identifier")) return {};
    return tree.text_of(type);
  }
  return {};
}

// The class that `this` is of: around it, or named before "::" by the function around it.
std::string_view Renamer::class_around(const Identifier& use) const {
  const Tree& tree = source_.tree();
  const std::uint32_t klass = source_.scopes->klass[use.node];
  if (tree.is(klass, "impl_item")) {
    const std::uint32_t type = tree.child(klass, "type");
    return type == kNone ? std::string_view() : bare_type(tree.text_of(type));
  }
  if (klass != 0) return tree.text_of_name(klass);
  for (std::uint32_t at = source_.scopes->owner[use.node]; at != 0;
       at = source_.scopes->owner[at]) {
    const std::uint32_t declarator = tree.child(at, "declarator");
    if (declarator == kNone) continue;
    std::string_view name = tree.text_of(declarator);
    name = name.substr(0, name.find('('));
    const std::size_t last = name.rfind("::");
    if (last == std::string_view::npos) continue;
    name = name.substr(0, last);
    const std::size_t begin = name.find_last_of(" *&:");
    return begin == std::string_view::npos ? name : name.substr(begin + 1);
  }
  return {};
}

std::string Renamer::refuse_keywords(const Group& group) const {
  const Tree& tree = source_.tree();
  for (const Identifier* it : group.others) {
    if (it->form == Form::kImported) return "it is imported under this name";
    if (it->form == Form::kKey && group.member && !of_class(literal_type_of(*it), group)) {
      return "an object literal has it as a key";
    }
    if (it->form == Form::kKey && !group.member && source_.language == Language::kGo &&
        literal_type_of(*it).empty()) {
      return "a key of a map may be it";
    }
    if (it->form != Form::kKeyword) continue;
    const std::string_view callee = callee_of(*it);
    if (callee.empty()) continue;
    const std::uint32_t call = tree.parent(tree.parent(tree.parent(it->node)));
    if (tree.text_of(tree.child(call, "function")) != callee || group.member) {
      return "passed by keyword to '" + std::string(callee) + "' of an unknown object";
    }
    const auto named = by_name_.find(callee);
    const auto definitions =
        std::count_if(named->second.begin(), named->second.end(),
                      [&](std::size_t i) { return source_.names[i].definition; });
    if (definitions != 1) return "'" + std::string(callee) + "' is defined more than once";
  }
  const bool fixture =
      std::any_of(group.definitions.begin(), group.definitions.end(),
                  [](const Identifier* it) { return it->role == Role::kFunction; });
  for (const Identifier* it : group.definitions) {
    if (it->role != Role::kParameter) continue;
    const std::uint32_t owner = source_.scopes->owner[it->node];
    if (owner == 0) continue;
    const std::string_view function = tree.text_of_name(owner);
    const bool decorated = tree.is(tree.parent(owner), "decorated_definition");
    const bool python = source_.language == Language::kPython;
    if (python && !fixture && (decorated || function.starts_with("test_"))) {
      return "a parameter of a decorated or test function may be given by name";
    }
  }
  return {};
}

// The function or class that a use belongs to: defaults and annotations of Python are evaluated
// around their function.
std::uint32_t Renamer::evaluated_in(const Identifier& use) const {
  const Tree& tree = source_.tree();
  std::uint32_t owner = source_.scopes->owner[use.node];
  while (owner != 0 && tree.is(owner, "function_definition") &&
         source_.language == Language::kPython) {
    const std::uint32_t body = tree.child(owner, "body");
    if (body == kNone || use.node >= body) break;
    owner = source_.scopes->owner[owner];
  }
  return owner;
}

bool Renamer::bound(const Group& group, const Identifier& use) const {
  const Tree& tree = source_.tree();
  const Scopes& scopes = *source_.scopes;
  for (const Identifier* it : group.definitions) {
    std::uint32_t scope = scope_of_definition(tree, scopes, *it);
    if (is_member_role(it->role)) {
      const std::uint32_t klass = scopes.klass[it->node];
      if (klass != 0 && tree.within(use.node, klass)) return true;
      // Foo::bar() {… x_ …} outside the class.
      for (std::uint32_t at = scopes.owner[use.node]; at != 0; at = scopes.owner[at]) {
        const std::uint32_t declarator = tree.child(at, "declarator");
        if (declarator == kNone || klass == 0) continue;
        const std::string_view text = tree.text_of(declarator);
        if (text.contains(std::string(tree.text_of_name(klass)) + "::")) return true;
      }
      continue;
    }
    if (!tree.within(use.node, scope)) continue;
    // The body of a class of Python is no scope for its methods.
    if (source_.language == Language::kPython && scope != 0 && is_class(tree, scope) &&
        evaluated_in(use) != scope) {
      continue;
    }
    return true;
  }
  return false;
}

std::string Renamer::refuse_plain(const Group& group, const std::string& to) const {
  const Tree& tree = source_.tree();
  const bool merged = bare_members(*source_.language);
  for (const Identifier* it : group.others) {
    if (it->form == Form::kTag && !has_case(to, NameCase::kPascal)) return "it is used as a tag";
    const bool plain =
        it->form == Form::kPlain || it->form == Form::kShorthand || it->form == Form::kTag;
    if (!plain || (it->definition && !merged)) continue;
    if (source_.broken[it->node]) return "part of the file does not parse";
    if (!bound(group, *it)) {
      return "used on line " + std::to_string(it->line) + ", where no definition is in sight";
    }
  }
  for (const Identifier* it : group.definitions) {
    if (it->role == Role::kModule) return "modules are named by other files";
    const std::uint32_t around = tree.parent(source_.scopes->pattern[it->node]);
    const std::uint32_t storage =
        around == kNone ? kNone : tree.child_of_kind(around, "storage_class_specifier");
    if (storage != kNone && tree.text_of(storage) == "extern") return "defined in another file";
  }
  return {};
}

std::string Renamer::refuse_owner(std::uint32_t klass) const {
  const Tree& tree = source_.tree();
  static constexpr std::string_view kHarmless[] = {"object",  "ABC",  "Protocol",
                                                   "Generic", "Enum", "abc.ABC"};
  for (std::uint32_t child : Children(tree, klass)) {
    const std::string_view kind = tree.kind(child);
    const bool bases = tree.field(child) == "superclasses" || kind == "class_heritage" ||
                       kind == "superclass" || kind == "super_interfaces" ||
                       kind == "base_class_clause" || kind == "extends_type_clause";
    if (!bases) continue;
    for (std::uint32_t i = child + 1; i < tree.nodes[child].next; ++i) {
      if (!tree.nodes[i].named || !tree.leaf(i)) continue;
      const std::string_view kind_of_base = tree.kind(i), name = tree.text_of(i);
      if (!kind_of_base.ends_with("identifier")) continue;
      if (!one_of(name, kHarmless) && !classes_.contains(name)) {
        return "'" + std::string(name) + "' may define it";
      }
    }
  }
  return {};
}

std::string Renamer::refuse_member(const Group& group) const {
  const Tree& tree = source_.tree();
  for (const Identifier* it : group.definitions) {
    if (!is_member_role(it->role)) continue;
    if (it->form == Form::kMember && it->role == Role::kMethod) {  // Foo::bar outside the class
      const std::string_view access = tree.text_of(tree.parent(it->node));
      const std::string_view type = access.substr(0, access.find("::"));
      if (!of_class(type, group)) return "its class is not in this file";
      continue;
    }
    const std::uint32_t klass = source_.scopes->klass[it->node];
    // What is private is nobody's below or above; Python only asks for that.
    const bool own = !it->exported && source_.language != Language::kPython;
    if (klass == 0 || own) continue;
    std::string why = refuse_owner(klass);
    if (!why.empty()) return why;
  }
  for (const Identifier* it : group.others) {
    // In the body of a class of Python its members are plain names.
    const std::uint32_t owner = evaluated_in(*it);
    if (it->form == Form::kPlain && source_.language == Language::kPython && owner != 0 &&
        is_class(tree, owner)) {
      return "the body of a class uses it";
    }
    if (it->form != Form::kMember) continue;
    if (source_.broken[it->node]) return "part of the file does not parse";
    if (!known_receiver(group, *it)) {
      return "used on line " + std::to_string(it->line) + " on an object of unknown type";
    }
  }
  return {};
}

bool Renamer::of_class(std::string_view type, const Group& group) const {
  const Tree& tree = source_.tree();
  const auto at = classes_.find(type);
  if (at == classes_.end()) return false;
  for (const Identifier* it : group.definitions) {
    if (!is_member_role(it->role)) continue;
    const std::uint32_t klass = source_.scopes->klass[it->node];
    for (std::uint32_t node : at->second) {
      if (klass == node || (klass == 0 && tree.within(it->node, node))) return true;
    }
    const bool impl = tree.is(klass, "impl_item");
    if (impl && bare_type(tree.text_of(tree.child(klass, "type"))) == type) return true;
    // func (t *T) name(): the class of a method of Go is its receiver's type.
    const std::uint32_t method = tree.parent(it->node);
    const std::uint32_t receiver =
        tree.is(method, "method_declaration") ? tree.child(method, "receiver") : kNone;
    const std::uint32_t declared = tree.first_named(receiver);
    if (declared != kNone) {
      const std::uint32_t of = tree.child(declared, "type");
      if (of != kNone && bare_type(tree.text_of(of)) == type) return true;
    }
  }
  return false;
}

// What all definitions of a variable say about its type; empty: nothing, or not the same.
std::string_view Renamer::type_of(std::string_view variable) const {
  const Tree& tree = source_.tree();
  const auto at = by_name_.find(variable);
  if (at == by_name_.end() || at->second.size() > kDefinitionsMax) return {};
  std::string_view type;
  for (std::size_t i : at->second) {
    const Identifier& it = source_.names[i];
    if (!it.definition || is_member_role(it.role)) continue;
    const std::uint32_t around = tree.parent(source_.scopes->pattern[it.node]);
    std::uint32_t says = tree.child(around, "type");
    if (says == kNone) says = tree.child(tree.parent(around), "type");
    std::uint32_t value = tree.child(around, "value");
    if (value == kNone) value = tree.child(around, "right");
    if (tree.is(value, "expression_list")) value = tree.first_named(value);
    if (tree.is(value, "unary_expression")) value = tree.child(value, "operand");
    if (value != kNone && (says == kNone || tree.is(says, "placeholder_type_specifier"))) {
      says = tree.child(value, "constructor");
      if (says == kNone) says = tree.child(value, "type");
      if (tree.is(value, "struct_expression")) says = tree.child(value, "name");
      if (says == kNone && tree.is(value, "call")) says = tree.child(value, "function");
    }
    if (says == kNone) return {};
    const std::string_view here = bare_type(tree.text_of(says));
    if (!type.empty() && here != type) return {};
    type = here;
  }
  return type;
}

bool Renamer::known_receiver(const Group& group, const Identifier& use) const {
  const Tree& tree = source_.tree();
  const std::uint32_t access = tree.parent(use.node);
  std::string_view object =
      tree.text_of(access).substr(0, tree.nodes[use.node].begin - tree.nodes[access].begin);
  while (!object.empty() && std::string_view(".->:?").contains(object.back())) {
    object.remove_suffix(1);
  }
  if (object.empty()) return true;      // Foo() : x_(1)
  if (tree.is(access, "token_tree")) {  // only the word before the dot, and nothing before that
    const std::size_t begin = object.find_last_of(" (,{[!&*=+-/<>|.)");
    if (begin != std::string_view::npos && std::string_view(".)").contains(object[begin])) {
      return false;
    }
    object.remove_prefix(begin == std::string_view::npos ? 0 : begin + 1);
  }
  const bool own = object == "self" || object == "this" || object == "cls" || object == "Self";
  if (own) {
    const std::uint32_t klass = source_.scopes->klass[use.node];
    for (const Identifier* it : group.definitions) {
      if (is_member_role(it->role) && source_.scopes->klass[it->node] == klass) return true;
    }
    return of_class(class_around(use), group);
  }
  if (of_class(object, group)) return true;
  // app::Store: a type of a namespace that the file defines.
  const auto module = by_name_.find(object);
  if (!group.member && module != by_name_.end() && !group.definitions.empty() &&
      group.definitions.front()->role == Role::kType) {
    const Identifier& it = source_.names[module->second.front()];
    if (it.definition && it.role == Role::kModule) return true;
  }
  const std::size_t call = object.find('(');
  if (call != std::string_view::npos && object.ends_with(')')) {
    std::string_view made = object.substr(0, call);
    if (made.starts_with("(new ")) made.remove_prefix(5);
    return of_class(made, group) && object.find('(', call + 1) == std::string_view::npos;
  }
  return of_class(type_of(object), group);
}

std::string replaced(std::string_view text, std::vector<Replacement>& made) {
  std::sort(made.begin(), made.end(),
            [](const Replacement& a, const Replacement& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Replacement& one : made) {
    if (one.begin < at) continue;
    out += text.substr(at, one.begin - at);
    out += one.text;
    at = one.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace hardwon::code
