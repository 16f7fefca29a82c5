#include "base/json.h"

namespace hardwon {

Result<Json> parse_json(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, std::string("malformed JSON: ") + error.what());
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json error_json(const Error& error) {
  return {{"error",
           {{"code", error_code_name(error.code)},
            {"message", error.message},
            {"path", error.path.empty() ? Json(nullptr) : Json(error.path)},
            {"line", error.line ? Json(*error.line) : Json(nullptr)},
            {"field", error.field.empty() ? Json(nullptr) : Json(error.field)}}}};
}

}  // namespace hardwon
