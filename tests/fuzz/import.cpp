// Importing any bytes as any format: no crash, and every text handed on is valid UTF-8.
// The first byte chooses the format.

#include "import/import.h"

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"

namespace {

using hardwon::Result;

class CheckingSink final : public hardwon::import::RecordSink {
 public:
  Result<void> session(const hardwon::Session& session) override {
    CHECK(!session.id.empty());
    return {};
  }
  Result<void> segment(hardwon::Segment segment) override {
    CHECK(hardwon::is_valid_utf8(segment.text));
    return {};
  }
  Result<void> episode(hardwon::Episode episode) override {
    CHECK(hardwon::is_valid_utf8(episode.task));
    for (const hardwon::Step& step : episode.steps) CHECK(hardwon::is_valid_utf8(step.output));
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hardwon::import::Format;
  if (size == 0) return 0;
  constexpr Format kFormats[] = {Format::kAuto, Format::kClaudeCode, Format::kEpisodes,
                                 Format::kTauBench, Format::kTranscript};
  const hardwon::import::ImportOptions options{
      .format = kFormats[data[0] % std::size(kFormats)],
      .scope_of = [](const std::string&) { return hardwon::Scope{}; },
      .now = *hardwon::parse_time("2026-06-01"),
  };
  CheckingSink sink;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  // Refusing the bytes is a fine answer; what counts is that there is one.
  (void)hardwon::import::import_bytes(bytes, "fuzz.jsonl", options, sink);
  return 0;
}
