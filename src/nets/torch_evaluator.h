#pragma once

// A net as libtorch computes it, as an evaluator of a game's positions.

#include <algorithm>
#include <vector>

#include "nets/policy_trainer.h"
#include "reason/evaluator.h"

namespace hardwon::nets {

template <reason::Game G>
class TorchEvaluator final : public reason::Evaluator<G> {
 public:
  // trainer: borrowed, of a net for this game.  model: PolicyNet::model() of its weights, which
  // must not change while this is in use; 0 when they may: answers are then not cached.
  TorchEvaluator(const PolicyTrainer& trainer, std::uint64_t model)
      : trainer_(trainer), model_(model) {}

  void evaluate(std::span<const G> positions, std::span<float> values,
                std::span<float> logits) override {
    inputs_.assign(positions.size() * G::kInputs, 0.0F);
    std::uint16_t active[G::kInputs];
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const int count = positions[i].active_inputs(active);
      for (int k = 0; k < count; ++k) inputs_[i * G::kInputs + active[k]] = 1;
    }
    trainer_.forward(inputs_, values, logits);
  }
  bool has_policy() const override { return true; }
  std::uint64_t model() const override { return model_; }

 private:
  const PolicyTrainer& trainer_;
  std::uint64_t model_;
  std::vector<float> inputs_;
};

}  // namespace hardwon::nets
