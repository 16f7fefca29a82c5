#pragma once

// A PolicyNet as an evaluator of a game's positions.

#include <memory>
#include <vector>

#include "reason/evaluator.h"
#include "reason/policy_net.h"

namespace hardwon::reason {

// What a net for this game is called and measures; hidden layers as asked for.
template <Game G>
NetShape net_shape(int hidden1 = 128, int hidden2 = 128) {
  std::string name(G::kName);
  // One game on boards of several sizes: its inputs tell them apart.
  if (G::kName == "othello") name += G::kInputs == 72 ? "-6" : "-8";
  return {.game = name,
          .inputs = G::kInputs,
          .hidden1 = hidden1,
          .hidden2 = hidden2,
          .actions = G::kActions};
}

template <Game G>
class NetEvaluator final : public Evaluator<G> {
 public:
  // Errors: kInvalidArgument when the net is for another game or of another shape.
  static Result<NetEvaluator> create(std::shared_ptr<const PolicyNet> net) {
    const NetShape& found = net->shape();
    const NetShape expected = net_shape<G>(found.hidden1, found.hidden2);
    if (found != expected) {
      const auto text = [](const NetShape& shape) {
        return shape.game + " with " + std::to_string(shape.inputs) + " inputs and " +
               std::to_string(shape.actions) + " actions";
      };
      return std::unexpected(Error{
          .code = ErrorCode::kInvalidArgument,
          .message = "found a net for " + text(found) + ", expected one for " + text(expected),
          .field = "model"});
    }
    return NetEvaluator(std::move(net));
  }

  void evaluate(std::span<const G> positions, std::span<float> values,
                std::span<float> logits) override {
    if (active_.size() < positions.size() * G::kInputs) {
      active_.resize(positions.size() * G::kInputs);
      offsets_.resize(positions.size() + 1);
    }
    std::uint32_t used = 0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      offsets_[i] = used;
      used += static_cast<std::uint32_t>(positions[i].active_inputs(active_.data() + used));
    }
    offsets_[positions.size()] = used;
    net_->forward({.active = active_, .offsets = std::span(offsets_).first(positions.size() + 1)},
                  scratch_, values, logits);
  }
  bool has_policy() const override { return true; }
  std::uint64_t model() const override { return net_->model(); }

 private:
  explicit NetEvaluator(std::shared_ptr<const PolicyNet> net) : net_(std::move(net)) {}

  std::shared_ptr<const PolicyNet> net_;
  std::vector<std::uint16_t> active_;
  std::vector<std::uint32_t> offsets_;
  PolicyNet::Scratch scratch_;
};

}  // namespace hardwon::reason
