#include "apps/operation.h"

#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/text.h"

namespace hardwon::apps {

Result<Engine*> Context::engine(Access access) {
  if (!engine_) {
    EngineOptions wanted = options;
    wanted.create = access == Access::kWrite;
    wanted.read_only = access == Access::kRead;
    engine_ = TRY(Engine::open(std::move(wanted)));
  }
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

Result<ItemId> resolve(Engine& engine, const std::string& id) {
  ItemId found;
  TRY(engine.impl().database->read([&](const store::Reader& reader) -> Result<void> {
    found = TRY(store::resolve_id(reader, id));
    return {};
  }));
  return found;
}

}  // namespace hardwon::apps
