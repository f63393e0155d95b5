// A network for inference alone: batch norm folded into the convolutions, all of it one operation
// (kernels/frozen_net1d.h, frozen_net2d.h), no tape, no gradient. May be used from several threads
// at once.
#pragma once
#include "kernels/frozen_net1d.h"
#include "kernels/frozen_net2d.h"
#include "nets/conv_net.h"

namespace hitsieve {

class FrozenNet {
 public:
  /// Error: a precision other than float32 on the CPU.
  FrozenNet(const ConvNet& network, Device device, Precision precision = Precision::float32);

  const ConvNetOptions& options() const { return options_; }
  bool images() const { return options_.dimensions == 2; }
  int64_t outputs() const { return options_.classifier.classes; }

  /// Of a 1D network: x (N, length) -> logits (N, outputs), both on the device.
  void run_vectors(int64_t N, const float* x, float* logits) const;
  /// Of a 2D network: images (N, length, length) as raw_to_image stores them -> logits (N,
  /// outputs), both on the device.
  void run_images(int64_t N, const int16_t* images, float* logits) const;

 private:
  ConvNetOptions options_;
  Device device_;
  Precision precision_;
  FrozenNet1dSizes of_vectors_;  // one of the two, after `dimensions`
  FrozenNet2dSizes of_images_;
  Tensor packed_;
};

}  // namespace hitsieve
