// Optimisers over the parameters of a network. The update of one tensor is an operation (kernels/
// sgd.h, adam.h); this keeps their state, which goes into checkpoints so that training can go on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "engine/tensor.h"

namespace hitsieve {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

struct SgdSettings {
  double momentum = 0.9, weight_decay = 0;
};

/// Weight decay is decoupled (AdamW, Loshchilov and Hutter 2019).
struct AdamSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
};

class Optimizer {
 public:
  Optimizer(std::vector<NamedTensor> parameters, const SgdSettings& settings);
  Optimizer(std::vector<NamedTensor> parameters, const AdamSettings& settings);

  /// Updates every parameter that has a gradient, then clears the gradients.
  void step(double learning_rate);
  int64_t steps() const { return steps_; }

  void save(Checkpoint& checkpoint, const std::string& prefix) const;
  void load(const Checkpoint& checkpoint, const std::string& prefix);

 private:
  bool adam_;
  SgdSettings sgd_settings_;
  AdamSettings adam_settings_;
  std::vector<NamedTensor> parameters_;
  std::vector<Tensor> first_, second_;  // momentum, or Adam's two moments; zero at the start
  int64_t steps_ = 0;
};

}  // namespace hitsieve
