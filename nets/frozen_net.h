// A network for inference alone: batch norm folded into the convolutions, no tape, no gradient. A
// 1D network is one fused operation (kernels/frozen_net1d.h), a 2D one goes convolution by
// convolution. May be used from several threads at once.
#pragma once
#include "kernels/frozen_net1d.h"
#include "nets/conv_net.h"

namespace hitsieve {

class FrozenNet {
 public:
  FrozenNet(const ConvNet& network, Device device);

  const ConvNetOptions& options() const { return network_.options(); }
  bool images() const { return options().dimensions == 2; }
  int64_t outputs() const { return options().classifier.classes; }

  /// Of a 1D network: x (N, length) -> logits (N, outputs), both on the device. Allocates nothing.
  void run_vectors(int64_t N, const float* x, float* logits) const;
  /// Of a 2D network: x (N, length, length) f32 on the device -> logits (N, outputs).
  Tensor run_images(const Tensor& x) const;

 private:
  void pack();

  ConvNet network_;  // without batch norm
  Device device_;
  FrozenNet1dSizes sizes_;  // of a 1D network
  Tensor packed_;           // ... its weights
};

}  // namespace hitsieve
