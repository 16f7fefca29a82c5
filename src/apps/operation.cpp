#include "apps/operation.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/text.h"

namespace hardwon::apps {

Result<Engine*> Context::engine(Access access) {
  if (engine_) return engine_.get();
  EngineOptions wanted = options;
  wanted.create = access == Access::kWrite;
  wanted.read_only = access == Access::kRead;
  auto opened = Engine::open(wanted);
  if (!opened && opened.error().code == ErrorCode::kUnavailable && access == Access::kRead) {
    // A store of an older version: who asks should not have to write something first.  What
    // opens it for writing brings it up to date, alone and after a copy, or says why it cannot.
    wanted.read_only = false;
    TRY(Engine::open(wanted));
    wanted.read_only = true;
    opened = Engine::open(wanted);
  }
  engine_ = TRY(std::move(opened));
  return engine_.get();
}

Result<Scope> Context::write_scope() const {
  if (visibility.all) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .message = "found 'all', expected key=value labels: a record "
                                            "is written into one scope",
                                 .field = "scope"});
  }
  return visibility.scope;
}

void Context::progress(std::string_view line) const {
  if (error_is_terminal) std::fprintf(stderr, "\r\033[K%s", ellipsis(line, 100).c_str());
}

void Context::clear_progress() const {
  if (error_is_terminal) std::fprintf(stderr, "\r\033[K");
}

std::string text_of(const Json& request, std::string_view key, std::string_view otherwise) {
  const auto it = request.find(std::string(key));
  return it == request.end() ? std::string(otherwise) : it->get<std::string>();
}

std::int64_t integer_of(const Json& request, std::string_view key, std::int64_t otherwise) {
  const auto it = request.find(std::string(key));
  return it == request.end() ? otherwise : it->get<std::int64_t>();
}

double number_of(const Json& request, std::string_view key, double otherwise) {
  const auto it = request.find(std::string(key));
  return it == request.end() ? otherwise : it->get<double>();
}

bool flag_of(const Json& request, std::string_view key) {
  const auto it = request.find(std::string(key));
  return it != request.end() && it->get<bool>();
}

std::vector<std::string> texts_of(const Json& request, std::string_view key) {
  const auto it = request.find(std::string(key));
  return it == request.end() ? std::vector<std::string>{} : it->get<std::vector<std::string>>();
}

std::vector<std::string> list_of(const Json& request, std::string_view key) {
  std::vector<std::string> parts;
  for (const std::string& text : texts_of(request, key)) {
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      if (comma > from) parts.push_back(text.substr(from, comma - from));
      from = comma + 1;
    }
  }
  return parts;
}

std::optional<TimePoint> time_of(const Json& request, std::string_view key) {
  const std::string text = text_of(request, key);
  return text.empty() ? std::nullopt : parse_time(text);
}

Result<void> each_line(
    Context& context, const std::string& path,
    const std::function<Result<void>(std::int64_t number, const std::string& line)>& take) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return std::unexpected(
          Error{.code = ErrorCode::kIo, .message = "cannot be opened for reading", .path = path});
    }
  }
  std::istream& input = path == "-" ? *context.input : file;
  std::string line;
  for (std::int64_t number = 1; std::getline(input, line); ++number) {
    if (!trim(line).empty()) TRY(take(number, line));
  }
  if (input.bad()) {
    return std::unexpected(
        Error{.code = ErrorCode::kIo, .message = "reading failed", .path = path});
  }
  return {};
}

void tell_line(const Context& context, std::int64_t number) {
  if (number % 1024 == 0) context.progress("line " + std::to_string(number));
}

std::string text_or_input(Context& context, const Json& request, std::string_view key) {
  std::string text = text_of(request, key);
  if (text == "-") text.assign(std::istreambuf_iterator<char>(*context.input), {});
  return text;
}

std::unexpected<Error> bad_option(std::string_view option, std::string message) {
  return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                               .message = std::move(message),
                               .field = std::string(option)});
}

std::unexpected<Error> bad_field(std::string field, const Json& found, std::string_view expected) {
  return std::unexpected(Error{
      .code = ErrorCode::kInvalidArgument,
      .message = "found " + ellipsis(dump_json(found), 60) + ", expected " + std::string(expected),
      .field = std::move(field)});
}

Result<ItemId> resolve(Engine& engine, const std::string& id) {
  ItemId found;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    found = TRY(store::resolve_id(reader, id));
    return {};
  }));
  return found;
}

}  // namespace hardwon::apps
