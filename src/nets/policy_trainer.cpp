#include "nets/policy_trainer.h"

#include <dlfcn.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#undef CHECK  // libtorch brings another one
#include "base/check.h"

namespace hardwon::nets {
namespace {

using reason::NetShape;
using reason::NetWeights;
using reason::PolicyNet;
using torch::Tensor;

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr std::int64_t kArrays = 6;
using Shapes = std::array<std::vector<std::int64_t>, kArrays>;

constexpr std::vector<float> NetWeights::* kWeights[kArrays] = {&NetWeights::w1, &NetWeights::b1,
                                                                &NetWeights::w2, &NetWeights::b2,
                                                                &NetWeights::w3, &NetWeights::b3};

Shapes shapes_of(const NetShape& shape) {
  const std::int64_t outputs = shape.actions + 1;
  return {{{shape.inputs, shape.hidden1},
           {shape.hidden1},
           {shape.hidden1, shape.hidden2},
           {shape.hidden2},
           {shape.hidden2, outputs},
           {outputs}}};
}

std::unexpected<Error> wrong(const char* field, std::string message) {
  return std::unexpected(
      Error{.code = ErrorCode::kInvalidArgument, .message = std::move(message), .field = field});
}

// Borrows the array; what is only read stays as it is.
Tensor borrow(std::span<const float> values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

std::vector<float> floats_of(const Tensor& tensor) {
  const Tensor values = tensor.to(torch::kFloat32).contiguous();
  const float* from = values.data_ptr<float>();
  return {from, from + values.numel()};
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

}  // namespace

// All weights lie in one array, and so do their gradients; `parts` are the layers' views of it.
struct PolicyTrainer::Impl {
  NetShape shape;
  TrainerOptions options;
  torch::ScalarType type = torch::kFloat32;
  Tensor weights, gradients, first, second;
  std::array<Tensor, kArrays> parts;
  std::uint64_t steps = 0;

  struct Outputs {
    Tensor values, logits;
  };
  struct Losses {
    Tensor total, policy, value, errors;
  };

  Impl(const NetShape& net_shape, const TrainerOptions& trainer_options)
      : shape(net_shape),
        options(trainer_options),
        type(trainer_options.double_precision ? torch::kFloat64 : torch::kFloat32) {
    std::int64_t total = 0;
    const Shapes shapes = shapes_of(shape);
    for (const auto& dims : shapes) total += c10::multiply_integers(dims);
    weights = torch::zeros({total}, type);
    gradients = torch::zeros({total}, type);
    first = torch::zeros({total}, type);
    second = torch::zeros({total}, type);
    std::int64_t at = 0;
    for (std::size_t i = 0; i < kArrays; ++i) {
      const std::int64_t size = c10::multiply_integers(shapes[i]);
      parts[i] = weights.narrow(0, at, size).view(shapes[i]).detach();
      parts[i].set_requires_grad(true);
      parts[i].mutable_grad() = gradients.narrow(0, at, size).view(shapes[i]);
      at += size;
    }
  }

  Outputs forward(const Tensor& inputs) const {
    const Tensor hidden1 = torch::relu(torch::addmm(parts[1], inputs, parts[0]));
    const Tensor hidden2 = torch::relu(torch::addmm(parts[3], hidden1, parts[2]));
    const Tensor outputs = torch::addmm(parts[5], hidden2, parts[4]);
    return {.values = torch::tanh(outputs.select(1, shape.actions)),
            .logits = outputs.narrow(1, 0, shape.actions)};
  }

  Losses losses(const TrainingBatch& batch) const {
    const auto n = static_cast<std::int64_t>(batch.values.size());
    const Tensor inputs = borrow(batch.inputs, {n, shape.inputs}).to(type);
    const Tensor policies = borrow(batch.policies, {n, shape.actions}).to(type);
    const Tensor values = borrow(batch.values, {n}).to(type);
    const Tensor example_weights = borrow(batch.weights, {n}).to(type);
    const Outputs outputs = forward(inputs);
    const Tensor off = outputs.values - values;
    const Tensor entropy = -(policies * torch::log_softmax(outputs.logits, 1)).sum(1);
    const auto count = static_cast<double>(n);
    Losses losses{.policy = (example_weights * entropy).sum() / count,
                  .value = (example_weights * off * off).sum() / count,
                  .errors = off.detach().abs()};
    losses.total = losses.policy + options.value_weight * losses.value;
    return losses;
  }

  Result<void> check(const TrainingBatch& batch) const {
    const std::size_t n = batch.values.size();
    const auto inputs = static_cast<std::size_t>(shape.inputs);
    const auto actions = static_cast<std::size_t>(shape.actions);
    if (n == 0) return wrong("values", "an empty batch");
    if (batch.inputs.size() != n * inputs) return wrong("inputs", "of another shape");
    if (batch.policies.size() != n * actions) return wrong("policies", "of another shape");
    if (batch.weights.size() != n) return wrong("weights", "of another shape");
    return {};
  }

  Losses backward(const TrainingBatch& batch) {
    gradients.zero_();
    Losses found = losses(batch);
    found.total.backward();
    return found;
  }

  void update(double learning_rate) {
    ++steps;
    const auto count = static_cast<double>(steps);
    first.mul_(kBeta1).add_(gradients, 1 - kBeta1);
    second.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
    const double first_share = 1 - std::pow(kBeta1, count);
    const double second_share = 1 - std::pow(kBeta2, count);
    const Tensor spread = second.sqrt().div_(std::sqrt(second_share)).add_(kEpsilon);
    weights.mul_(1 - learning_rate * options.weight_decay);
    weights.addcdiv_(first, spread, -learning_rate / first_share);
  }
};

Result<void> TrainerOptions::validate() const {
  if (!(value_weight >= 0) || !std::isfinite(value_weight)) {
    return wrong("value_weight", "expected 0 or more");
  }
  if (!(weight_decay >= 0) || weight_decay > 10) return wrong("weight_decay", "expected 0 to 10");
  if (!(gradient_norm_max >= 0)) return wrong("gradient_norm_max", "expected 0 or more");
  return {};
}

PolicyTrainer::PolicyTrainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicyTrainer::~PolicyTrainer() = default;
PolicyTrainer::PolicyTrainer(PolicyTrainer&&) noexcept = default;
PolicyTrainer& PolicyTrainer::operator=(PolicyTrainer&&) noexcept = default;

Result<PolicyTrainer> PolicyTrainer::create(const PolicyNet& net, const TrainerOptions& options) {
  TRY(options.validate());
  PolicyTrainer trainer(std::make_unique<Impl>(net.shape(), options));
  trainer.set_weights(net.weights());
  return trainer;
}

Result<StepResult> PolicyTrainer::step(const TrainingBatch& batch, double learning_rate,
                                       std::span<float> errors) {
  TRY(impl_->check(batch));
  if (errors.size() != batch.values.size()) return wrong("errors", "of another shape");
  const Impl::Losses losses = impl_->backward(batch);
  const torch::NoGradGuard no_gradients;
  StepResult result{.loss = losses.total.item<double>(),
                    .policy_loss = losses.policy.item<double>(),
                    .value_loss = losses.value.item<double>(),
                    .gradient_norm = impl_->gradients.norm().item<double>()};
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) {
    return fail(ErrorCode::kConflict,
                "step " + std::to_string(impl_->steps + 1) +
                    ": the loss or its gradient is not finite; the learning rate may be too high");
  }
  const double norm_max = impl_->options.gradient_norm_max;
  if (norm_max > 0 && result.gradient_norm > norm_max) {
    impl_->gradients.mul_(norm_max / result.gradient_norm);
  }
  impl_->update(learning_rate);
  const std::vector<float> found = floats_of(losses.errors);
  std::ranges::copy(found, errors.begin());
  return result;
}

Result<double> PolicyTrainer::loss(const TrainingBatch& batch) {
  TRY(impl_->check(batch));
  const torch::NoGradGuard no_gradients;
  return impl_->losses(batch).total.item<double>();
}

Result<std::vector<double>> PolicyTrainer::gradient(const TrainingBatch& batch) {
  TRY(impl_->check(batch));
  impl_->backward(batch);
  const Tensor values = impl_->gradients.to(torch::kFloat64).contiguous();
  const double* from = values.data_ptr<double>();
  return std::vector<double>(from, from + values.numel());
}

void PolicyTrainer::forward(std::span<const float> inputs, std::span<float> values,
                            std::span<float> logits) const {
  const auto n = static_cast<std::int64_t>(values.size());
  CHECK(inputs.size() == values.size() * static_cast<std::size_t>(impl_->shape.inputs));
  CHECK(logits.size() == values.size() * static_cast<std::size_t>(impl_->shape.actions));
  if (n == 0) return;
  const torch::NoGradGuard no_gradients;
  const Impl::Outputs outputs =
      impl_->forward(borrow(inputs, {n, impl_->shape.inputs}).to(impl_->type));
  std::ranges::copy(floats_of(outputs.values), values.begin());
  std::ranges::copy(floats_of(outputs.logits), logits.begin());
}

Result<PolicyNet> PolicyTrainer::net() const {
  const torch::NoGradGuard no_gradients;
  NetWeights weights;
  for (std::size_t i = 0; i < kArrays; ++i) weights.*kWeights[i] = floats_of(impl_->parts[i]);
  return PolicyNet::create(impl_->shape, weights);
}

void PolicyTrainer::set_weights(const NetWeights& weights) {
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < kArrays; ++i) {
    const std::vector<float>& values = weights.*kWeights[i];
    CHECK(static_cast<std::int64_t>(values.size()) == impl_->parts[i].numel());
    impl_->parts[i].copy_(borrow(values, impl_->parts[i].sizes().vec()));
  }
}

AdamState PolicyTrainer::state() const {
  return {
      .steps = impl_->steps, .first = floats_of(impl_->first), .second = floats_of(impl_->second)};
}

Result<void> PolicyTrainer::set_state(const AdamState& state) {
  const auto size = static_cast<std::size_t>(impl_->weights.numel());
  if (state.first.size() != size || state.second.size() != size) {
    return wrong("optimiser", "found a state of " + std::to_string(state.first.size()) +
                                  " numbers, expected " + std::to_string(size));
  }
  impl_->steps = state.steps;
  impl_->first.copy_(borrow(state.first, {static_cast<std::int64_t>(size)}));
  impl_->second.copy_(borrow(state.second, {static_cast<std::int64_t>(size)}));
  return {};
}

const NetShape& PolicyTrainer::shape() const { return impl_->shape; }

double use_one_thread() {
  at::set_num_threads(1);
  using SetThreads = void (*)(int);
  const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(1);
  constexpr std::int64_t kSize = 256;
  constexpr int kRounds = 8;
  const torch::NoGradGuard no_gradients;
  const Tensor matrix = torch::ones({kSize, kSize});
  (void)matrix.mm(matrix);  // what is loaded late is loaded now
  const double start = processor_seconds();
  for (int i = 0; i < kRounds; ++i) (void)matrix.mm(matrix);
  const double spent = std::max(processor_seconds() - start, 1e-6);
  return 2e-9 * kSize * kSize * kSize * kRounds / spent;
}

std::string torch_version() { return std::string("libtorch ") + TORCH_VERSION; }

}  // namespace hardwon::nets
