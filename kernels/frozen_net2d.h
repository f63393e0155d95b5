// A trained 2D network as one operation, for inference only: images in, logits out, batch norm
// folded into the convolutions. Convolution, bias, ReLU and pooling of a block are one pass, and
// the image is read once, as it is stored (raw_to_image.h). In tf32 and bf16 (CUDA alone,
// precision.h) tensor cores multiply, and what goes from block to block is rounded to that.
#pragma once
#include "engine/device.h"
#include "kernels/frozen.h"
#include "kernels/frozen_product.h"

namespace hitsieve {

/// A block: convolution of odd width R and padding R / 2, bias, ReLU, max pool in ceil mode:
/// (C, side, side) -> (K, pooled, pooled).
struct FrozenBlock2d {
  int C, side, K, R, stride, pool, pool_stride, pool_padding;

  /// Of one channel a window makes four outputs, and begins at a multiple of four pixels.
  HS_HD FrozenProduct product() const {
    return {
        C, K, R, R, stride, C == 1 ? 4 : 1, C == 1 ? (4 - R / 2 % 4) % 4 : 0, up_to_multiple(K, 4)};
  }
  HS_HD Precision precision(Precision of) const { return of; }
  HS_HD int terms() const { return C * R * R; }
  HS_HD int convolved() const { return (side - 1) / stride + 1; }
  HS_HD int pooled() const {
    const int windows = (convolved() + 2 * pool_padding - pool + pool_stride - 1) / pool_stride + 1;
    return (windows - 1) * pool_stride - pool_padding < convolved() ? windows : windows - 1;
  }
  /// Rows or columns of the convolution that windows [first, last) see: [begin, end).
  HS_HD int begin(int first) const {
    const int at = first * pool_stride - pool_padding;
    return at > 0 ? at : 0;
  }
  HS_HD int end(int last) const {
    const int at = (last - 1) * pool_stride - pool_padding + pool;
    return at < convolved() ? at : convolved();
  }
};

/// Trivially copyable, so that it goes into a kernel by value.
struct FrozenNet2dSizes {
  static constexpr int max_blocks = 6;
  int blocks = 0;
  FrozenBlock2d block[max_blocks] = {};
  FrozenEnd end;

  int side() const { return block[0].side; }
  int outputs() const { return end.outputs(); }
  /// Floats of all blocks (pack_channels of terms(); or pack_product) and layers.
  int64_t weights(Precision precision) const;
  int64_t activations() const;  ///< floats of the largest output of a block
};

struct FrozenNet2dKernels {
  /// images (N, side, side) as raw_to_image stores them, logits (N, outputs), weights, aligned to
  /// 16 bytes, as packed for the precision: blocks, the first one's weight divided by image_steps,
  /// then layers.
  void (*forward)(const FrozenNet2dSizes& sizes, Precision precision, int64_t N,
                  const int16_t* images, const float* weights, float* logits);
};

}  // namespace hitsieve
