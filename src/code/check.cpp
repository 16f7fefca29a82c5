// check(): each convention over the file, in the file's order.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "code/source.h"

namespace hardwon::code {
namespace {

std::vector<bool> broken_nodes(const Tree& tree) {
  std::vector<bool> broken(tree.size());
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    broken[i] = tree.nodes[i].error || (i > 0 && broken[tree.parent(i)]);
  }
  return broken;
}

void run(const Check& check, std::span<const Convention> all) {
  switch (check.convention.kind) {
    case ConventionKind::kFileNameCase:
      return check_file_name(check);
    case ConventionKind::kTestFileName:
      return check_test_file_name(check);
    case ConventionKind::kLineLength:
    case ConventionKind::kNoTrailingSpace:
    case ConventionKind::kFinalNewline:
      return check_lines(check);
    default:
      break;
  }
  if (!check.source.syntax) return;
  switch (check.convention.kind) {
    case ConventionKind::kNameCase:
      return check_names(check, all);
    case ConventionKind::kIndentation:
      return check_indentation(check);
    default:
      return check_syntax(check);
  }
}

}  // namespace

void Check::add(std::uint32_t begin, std::uint32_t end, std::string_view what,
                std::string_view expected) const {
  Finding finding{.begin = begin,
                  .end = end,
                  .found = ellipsis(what, 200),
                  .expected = ellipsis(expected, 200),
                  .convention = index};
  const auto after = std::upper_bound(source.lines.begin(), source.lines.end(), begin);
  finding.line = static_cast<std::uint32_t>(after - source.lines.begin());
  finding.column = begin - *(after - 1) + 1;
  found.push_back(std::move(finding));
}

Result<Source> read_source(std::string_view text, std::string_view path,
                           const ParseLimits& limits) {
  Source source;
  source.path = path;
  source.text = text;
  source.language = language_of(path, text);
  if (text.size() > limits.bytes_max) {
    return fail(ErrorCode::kResourceExhausted,
                "the file has more than " + std::to_string(limits.bytes_max) + " bytes");
  }
  source.lines.push_back(0);
  for (std::uint32_t i = 0; i < source.text.size(); ++i) {
    if (source.text[i] == '\n') source.lines.push_back(i + 1);
  }
  if (!source.language) return source;
  source.syntax = TRY(SyntaxTree::parse(source.text, *source.language, limits));
  source.scopes = std::make_unique<Scopes>(source.tree());
  source.names = identifiers_of(source.tree(), *source.scopes);
  source.broken = broken_nodes(source.tree());
  return source;
}

bool is_test_path(std::string_view path) {
  const std::string lower = ascii_lower(path);
  const std::size_t slash = lower.find_last_of('/');
  const std::string folders = "/" + lower.substr(0, slash == std::string::npos ? 0 : slash) + "/";
  for (std::string_view folder : {"/test/", "/tests/", "/__tests__/", "/spec/", "/specs/"}) {
    if (folders.contains(folder)) return true;
  }
  std::string_view file = lower;
  file.remove_prefix(slash == std::string::npos ? 0 : slash + 1);
  const std::string_view stem = file.substr(0, file.find('.'));
  if (stem == "test" || stem == "tests" || stem == "conftest") return true;
  if (stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_tests") ||
      stem.ends_with("-test") || stem.ends_with("_spec")) {
    return true;
  }
  // UserServiceTest.java
  const std::string_view original = path.substr(path.find_last_of('/') + 1);
  const std::string_view camel = original.substr(0, original.find('.'));
  return file.contains(".test.") || file.contains(".spec.") || camel.ends_with("Test") ||
         camel.ends_with("Tests");
}

bool concerns(const Convention& convention, const Source& source) {
  if (!convention.languages.empty()) {
    const auto& some = convention.languages;
    if (!source.language || std::find(some.begin(), some.end(), *source.language) == some.end()) {
      return false;
    }
  }
  if (convention.where == Where::kEverywhere) return true;
  return is_test_path(source.path) == (convention.where == Where::kOnlyInTests);
}

std::vector<Finding> findings_in(const Source& source, std::span<const Convention> conventions) {
  std::vector<Finding> found;
  for (std::size_t i = 0; i < conventions.size(); ++i) {
    if (!concerns(conventions[i], source)) continue;
    run(Check{source, conventions[i], i, found}, conventions);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
  return found;
}

Result<std::vector<Finding>> check(std::string_view text, std::string_view path,
                                   std::span<const Convention> conventions,
                                   const ParseLimits& limits) {
  return findings_in(TRY(read_source(text, path, limits)), conventions);
}

}  // namespace hardwon::code
