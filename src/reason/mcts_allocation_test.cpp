// A search that has run once allocates nothing: counted by the program's operator new.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "reason/connect_four.h"
#include "reason/evaluation_cache.h"
#include "reason/mcts.h"
#include "reason/net_evaluator.h"

namespace {
std::atomic<std::size_t> allocations{0};
}

// Replaces the library's for this whole test program; the other forms end here too.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace hardwon::reason {
namespace {

// Two games' worth of searches, with the tree kept between moves.
std::size_t allocations_of(Mcts<ConnectFour>& search, Evaluator<ConnectFour>& evaluator,
                           int leaves) {
  const std::size_t before = allocations;
  for (int game = 0; game < 2; ++game) {
    search.reset(ConnectFour::start());
    for (const int move : {3, 3, 2, 4, 1, 5}) {
      search.run(evaluator, 800, leaves);
      search.advance(static_cast<Move>(move));
    }
  }
  return allocations - before;
}

TEST(MctsAllocation, NothingIsAllocatedAfterTheFirstSearch) {
  UniformEvaluator<ConnectFour> uniform;
  auto net = *NetEvaluator<ConnectFour>::create(
      std::make_shared<PolicyNet>(*PolicyNet::random(net_shape<ConnectFour>(), 1)));
  EvaluationCache<ConnectFour> cache(1 << 12);
  CachedEvaluator<ConnectFour> cached(net, cache);
  for (Evaluator<ConnectFour>* evaluator :
       std::initializer_list<Evaluator<ConnectFour>*>{&uniform, &net, &cached}) {
    for (const int leaves : {1, 16}) {
      auto search = *Mcts<ConnectFour>::create({});
      EXPECT_GT(allocations_of(search, *evaluator, leaves), 0U);
      EXPECT_EQ(allocations_of(search, *evaluator, leaves), 0U) << leaves;
    }
  }
}

}  // namespace
}  // namespace hardwon::reason
