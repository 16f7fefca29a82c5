// `hardwon hook`: the agent's side of the conversation, payload in, answer out.

#include <array>
#include <istream>
#include <iterator>

#include "apps/hooks.h"
#include "apps/operations.h"

namespace hardwon::apps {
namespace {

constexpr std::size_t kPayloadBytesMax = 16 << 20;

Result<Reply> run(Context& context, const Json& request) {
  if (const std::string agent = text_of(request, "agent"); agent != "claude-code") {
    return bad_option("agent", "found '" + agent + "', expected claude-code");
  }
  std::string payload{std::istreambuf_iterator<char>(*context.input), {}};
  if (payload.size() > kPayloadBytesMax) {
    return fail(ErrorCode::kResourceExhausted, "hook payload of more than 16 MiB");
  }
  Json answer = TRY(answer_hook(context, payload));
  return Reply{.value = std::move(answer)};
}

// The agent reads JSON also without --json.
std::string text(const Reply& reply) {
  return reply.value.is_null() ? std::string() : dump_json(reply.value) + "\n";
}

constexpr auto kParams = std::to_array<Param>({
    {.name = "agent", .help = "claude-code", .positional = true, .required = true},
});

}  // namespace

const Operation kHook = {
    .name = "hook",
    .group = "Everyday",
    .summary = "Answer an agent's hook (payload on standard input); see setup",
    .details =
        "Never blocks the agent: a failure is one line on stderr and exit status 1, since\n"
        "the agent takes 2 as an order to stop.",
    .params = kParams,
    .run = run,
    .text = text,
};

}  // namespace hardwon::apps
