// A trained 1D network as one operation, for inference only: vectors in, logits out, batch norm
// folded into the convolutions. A vector's activations stay in the core's cache (CPU) or in the
// multiprocessor's shared memory (CUDA); nothing is allocated once it runs.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/device.h"
#include "engine/host_device.h"

namespace hitsieve {

/// A block: "same" convolution of odd width W, bias, ReLU, max pool (the rest of L / pool is left
/// out): (C, L) -> (K, L / pool).
struct FrozenBlock {
  int C, L, K, W, pool;
  HS_HD int pooled() const { return L / pool; }
};

enum class FrozenReadout : int { flatten, mean };

/// Trivially copyable, so that it goes into a kernel by value.
struct FrozenNet1dSizes {
  static constexpr int max_blocks = 6, max_layers = 4;
  int blocks = 0, layers = 0;
  FrozenReadout readout = FrozenReadout::mean;
  FrozenBlock block[max_blocks] = {};
  int width[max_layers + 1] = {};  ///< features, then the outputs of each fully connected layer

  int length() const { return block[0].L; }
  int outputs() const { return width[layers]; }
  int64_t weights() const;  ///< floats that pack_* lay out, in total
};

/// Where the weights lie in the one array that forward() takes: a block's (K, C, W) in groups of
/// four output channels, [K/4][C][W][4], zeros beyond K, then its (K) bias; a layer's (K, C)
/// transposed to (C, K), then its bias. Both append.
void pack_block(const FrozenBlock& block, const float* weight, const float* bias,
                std::vector<float>& packed);
void pack_layer(int C, int K, const float* weight, const float* bias, std::vector<float>& packed);

struct FrozenNet1dKernels {
  /// x (N, length), logits (N, outputs), weights as packed.
  void (*forward)(const FrozenNet1dSizes& sizes, int64_t N, const float* x, const float* weights,
                  float* logits);
};

}  // namespace hitsieve
