// A trained 1D network as one operation, for inference only: vectors in, logits out, batch norm
// folded into the convolutions. A vector's activations stay in the core's cache (CPU) or in the
// multiprocessor's shared memory (CUDA); nothing is allocated once it runs.
#pragma once
#include "engine/device.h"
#include "kernels/frozen.h"

namespace hitsieve {

/// A block: "same" convolution of odd width W, bias, ReLU, max pool (the rest of L / pool is left
/// out): (C, L) -> (K, L / pool).
struct FrozenBlock {
  int C, L, K, W, pool;
  HS_HD int pooled() const { return L / pool; }
};

/// Trivially copyable, so that it goes into a kernel by value.
struct FrozenNet1dSizes {
  static constexpr int max_blocks = 6;
  int blocks = 0;
  FrozenBlock block[max_blocks] = {};
  FrozenEnd end;

  int length() const { return block[0].L; }
  int outputs() const { return end.outputs(); }
  int64_t weights() const;  ///< floats of all blocks (pack_channels of C W terms) and layers
};

struct FrozenNet1dKernels {
  /// x (N, length), logits (N, outputs), weights as packed: blocks, then layers.
  void (*forward)(const FrozenNet1dSizes& sizes, int64_t N, const float* x, const float* weights,
                  float* logits);
};

}  // namespace hitsieve
