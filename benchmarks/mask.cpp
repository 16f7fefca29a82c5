// Speed of masking: text without a secret, as most is, and text full of keywords.

#include "base/mask.h"

#include <benchmark/benchmark.h>

#include <string>

namespace {

void measure(benchmark::State& state, const std::string& lines) {
  std::string text;
  while (text.size() < 1'000'000) text += lines;
  for (auto _ : state) benchmark::DoNotOptimize(hardwon::mask_secrets(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void BM_Base_MaskOrdinaryText(benchmark::State& state) {
  measure(state,
          "2026-01-02T03:04:05Z INFO handled request 4711 in 12 ms\n"
          "  const result = await fetch(`/api/orders/${id}`, { method: 'POST' });\n"
          "Please rename the parser and keep the tests as they are.\n"
          "commit 3f2a9c1d7b5e8f0a6c4d2e1b9a7f5c3d1e8b6a40\n");
}
BENCHMARK(BM_Base_MaskOrdinaryText);

void BM_Base_MaskKeywordsWithoutSecrets(benchmark::State& state) {
  measure(state,
          "{\"usage\":{\"input_tokens\":12,\"output_tokens\":34,\"max_tokens\":4096}}\n"
          "def login(self, password: str, token: str = None) -> Session:\n"
          "api_key = os.environ['API_KEY']  # https://example.com/docs/api-keys\n");
}
BENCHMARK(BM_Base_MaskKeywordsWithoutSecrets);

}  // namespace
