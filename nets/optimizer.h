// Optimisers over the parameters of a network. The update of one tensor is an operation (kernels/
// sgd.h, adam.h); this keeps their state, which goes into checkpoints so that training can go on.
#pragma once
#include <array>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "kernels/adam.h"
#include "kernels/sgd.h"
#include "nets/layers.h"

namespace hitsieve {

class Optimizer {
 public:
  Optimizer(std::vector<NamedTensor> parameters, std::variant<SgdOptions, AdamOptions> options);

  /// Makes each gradient the sum of all processes' (every process has one of the same parameters).
  void sum_gradients(const Communicator& together) const;
  /// Updates every parameter that has a gradient, then clears all gradients.
  void step(double learning_rate);
  /// step() in two parts. begin_step counts the step and says which numbers it takes; update, which
  /// does the rest, reads them (3, f64) on the device when the work is done there. Many steps may
  /// begin before the first update.
  std::array<double, 3> begin_step(double learning_rate);
  void update(const Tensor& numbers) const;
  int64_t steps() const { return steps_; }

  /// Momenta by parameter, and the number of steps: what a checkpoint needs to go on from here.
  std::map<std::string, Tensor> state() const;
  /// Error naming what is missing or misshapen.
  void restore(const std::map<std::string, Tensor>& state);

 private:
  std::vector<NamedTensor> parameters_;
  std::variant<SgdOptions, AdamOptions> options_;
  std::vector<Tensor> first_, second_;  // velocity, or Adam's two moments; zero at the start
  int64_t steps_ = 0;
};

}  // namespace hitsieve
