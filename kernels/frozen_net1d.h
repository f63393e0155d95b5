// A trained 1D network as one operation, for inference only: vectors in, logits out, batch norm
// folded into the convolutions. A vector's activations stay in the core's cache (CPU) or in the
// multiprocessor's shared memory (CUDA); nothing is allocated once it runs. In tf32 and bf16 (CUDA
// alone, precision.h) a warp takes a vector, and tensor cores multiply.
#pragma once
#include "engine/device.h"
#include "kernels/frozen.h"
#include "kernels/frozen_product.h"

namespace hitsieve {

/// A block: "same" convolution of odd width W, bias, ReLU, max pool (the rest of L / pool is left
/// out): (C, L) -> (K, L / pool).
struct FrozenBlock {
  int C, L, K, W, pool;
  HS_HD int pooled() const { return L / pool; }
  /// A window makes what a pool joins.
  HS_HD FrozenProduct product() const { return {C, K, 1, W, 1, pool, 0, up_to_multiple(K, 8)}; }
  /// Of the block in a network of tf32 or bf16: windows of one channel begin where pairs of 16 bits
  /// cannot be loaded.
  HS_HD Precision precision(Precision of) const { return C == 1 ? Precision::tf32 : of; }
};

/// Trivially copyable, so that it goes into a kernel by value.
struct FrozenNet1dSizes {
  static constexpr int max_blocks = 6;
  int blocks = 0;
  FrozenBlock block[max_blocks] = {};
  FrozenEnd end;

  int length() const { return block[0].L; }
  int outputs() const { return end.outputs(); }
  /// Floats of all blocks (pack_channels of C W terms; or pack_product) and layers.
  int64_t weights(Precision precision) const;
};

struct FrozenNet1dKernels {
  /// x (N, length), logits (N, outputs), weights, aligned to 16 bytes, as packed for the precision:
  /// blocks, then layers.
  void (*forward)(const FrozenNet1dSizes& sizes, Precision precision, int64_t N, const float* x,
                  const float* weights, float* logits);
};

}  // namespace hitsieve
