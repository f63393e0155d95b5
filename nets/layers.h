// The layers that networks are made of: a few tensors and how to apply them. They are plain
// structs; a network lists their tensors by name through visit(), for optimisers, checkpoints and
// freezing.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/communicator.h"
#include "kernels/pool2d.h"

namespace hitsieve {

/// Inference: running statistics, no dropout. Training: batch statistics, dropout drawn from
/// (seed, offset); each dropout layer takes `offset` and moves it on, so no two share a mask.
struct Mode {
  bool training = false;
  uint64_t seed = 0, offset = 0;
  /// One f64 element on the network's device: the numbers that the steps before this one took,
  /// which end_step() adds up and dropout adds to the offset. Undefined: none.
  Tensor before = {};
  /// Where several processes train: batch norm takes its statistics from all their parts of the
  /// batch, and dropout the mask that the whole batch would get. Null: alone.
  const Communicator* together = nullptr;
  Share share = {};  ///< of the batch, this process's
};

/// What a tensor of a network is: trained by the optimiser, a statistic kept by batch norm, or
/// neither.
enum class Role { parameter, statistic, constant };

/// A parameter, for an optimiser.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Called with a name such as "base/0/conv/weight", the tensor and its role.
using Visitor = std::function<void(const std::string& name, Tensor& tensor, Role role)>;

/// Weights are drawn as in He et al. 2015 (normal, variance 2 / inputs of an output), from (seed,
/// stream): the same for the same numbers on every device. Biases are zero.
struct Initializer {
  uint64_t seed = 0, stream = 0;
  Device device = Device::cpu;
  Tensor weight(const Shape& shape);
  Tensor constant(const Shape& shape, double value) const;
};

/// Along one axis or two, by the rank of its weight; the kernel is as wide as it is high, and the
/// padding keeps the sides at stride 1. The bias is not trained: batch norm follows, which takes it
/// off again, so that its gradient is rounding, of which Adam would make whole steps. It is 0 until
/// the layer is folded (ConvNet::folded), or what a model file has.
struct ConvLayer {
  Tensor weight, bias;  ///< (K, C, W) or (K, C, W, W), (K)
  int64_t stride = 1, padding = 0;

  ConvLayer(int dimensions, int64_t C, int64_t K, int64_t W, int64_t stride, Initializer& init);
  /// (N, C, L) -> (N, K, L'), or (N, C, H, W) -> (N, K, H', W')
  Tensor operator()(const Tensor& x) const;
  void visit(const std::string& name, const Visitor& visitor);
};

struct BatchNormLayer {
  Tensor weight, bias, mean, variance;  ///< (C) each; the last two are running statistics
  double momentum = 0.1, epsilon = 1e-5;

  BatchNormLayer(int64_t C, Initializer& init);
  /// Together with the pooling and the ReLU that follow (kernels/norm_pool.h).
  Tensor operator()(const Tensor& x, const Pool2dOptions& pool, const Mode& mode) const;
  void visit(const std::string& name, const Visitor& visitor);
};

struct LinearLayer {
  Tensor weight, bias;  ///< (K, C), (K)

  LinearLayer(int64_t C, int64_t K, Initializer& init);
  Tensor operator()(const Tensor& x) const;
  void visit(const std::string& name, const Visitor& visitor);
};

/// Drops elements with probability p in training; the identity otherwise.
Tensor apply_dropout(const Tensor& x, double p, Mode& mode);

/// Moves the offset to `before`, on the device, so that the next step can be this one replayed.
void end_step(Mode& mode);

}  // namespace hitsieve
