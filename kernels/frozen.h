// What the frozen networks (frozen_net1d.h, frozen_net2d.h) share: trained networks as one
// operation each, for inference only, batch norm folded into the convolutions. The weights are one
// array; here is how it is laid out, and the end of the network: features read out of what the last
// block leaves, and fully connected layers with ReLU between them.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/host_device.h"
#include "kernels/precision.h"

namespace hitsieve {

inline constexpr int frozen_group = 4;  ///< output channels that share a load of x

HS_HD constexpr int frozen_groups(int K) { return (K + frozen_group - 1) / frozen_group; }
/// Floats that pack_channels appends.
HS_HD constexpr int64_t packed_channels(int K, int terms) {
  return int64_t(frozen_groups(K)) * frozen_group * (terms + 1);
}
HS_HD constexpr int64_t packed_layer(int C, int K) { return int64_t(C + 1) * K; }

/// A convolution's weight (K, terms) in groups of four output channels, [K/4][terms][4], zeros
/// beyond K, then its bias (K), padded likewise. Appends.
void pack_channels(int K, int terms, const float* weight, const float* bias,
                   std::vector<float>& packed);
/// A fully connected layer's weight (K, C) transposed to (C, K), then its bias. Appends.
void pack_layer(int C, int K, const float* weight, const float* bias, std::vector<float>& packed);

enum class FrozenReadout : int {
  flatten,  ///< features: all elements
  mean,     ///< the mean of each channel
};

/// Trivially copyable, so that it goes into a kernel by value.
struct FrozenEnd {
  static constexpr int most_layers = 4;
  FrozenReadout readout = FrozenReadout::mean;
  int layers = 0;
  int width[most_layers + 1] = {};  ///< features, then the outputs of each layer

  HS_HD int outputs() const { return width[layers]; }
  int widest() const;
  int64_t weights() const;  ///< floats that pack_layer lays out, in total
};

/// Error when the CPU is asked for what tensor cores do.
void check_cpu_precision(Precision precision);

/// On the CPU: the last block's output x (channels, area) -> logits (outputs). `memory`: 2
/// widest().
void run_frozen_end(const FrozenEnd& end, int channels, int area, const float* x,
                    const float* weights, float* memory, float* logits);

}  // namespace hitsieve
