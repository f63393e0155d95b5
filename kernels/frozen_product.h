// The convolution of a frozen network's block as the matrix product that tensor cores take
// (engine/mma.cuh), and its weights in that form.
//
// x lies channels last, its channels padded with zeros to four, or a single one alone; so what the
// taps of a row meet is contiguous. A row of the product's a is a window of `span` elements of x,
// begun `step` after the one before. It makes `along` neighbouring outputs of each channel, which
// are the columns of b: a column has the weights of its channel at the place of its output in the
// window, and zeros elsewhere. In two dimensions that is added up over the rows of the kernel.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/host_device.h"
#include "kernels/precision.h"

namespace hitsieve {

HS_HD constexpr int up_to_multiple(int count, int of) { return (count + of - 1) / of * of; }
/// Elements from one place of channels-last x to the next.
HS_HD constexpr int channels_last(int C) { return C == 1 ? 1 : up_to_multiple(C, 4); }

struct FrozenProduct {
  int C, K, rows, taps, stride;
  int along;       ///< neighbouring outputs made from one window
  int lead;        ///< elements of a window before the first tap, so that it begins where loads may
  int y_channels;  ///< K with padding: column n is channel n % y_channels of output n / y_channels

  HS_HD int step() const { return along * stride * channels_last(C); }
  HS_HD int span() const { return lead + ((along - 1) * stride + taps) * channels_last(C); }
  HS_HD int columns() const { return along * y_channels; }
  HS_HD int tiles() const { return (columns() + 7) / 8; }  ///< of eight columns
  /// Instructions, for a row of the kernel, that multiply `depth` elements of a window each.
  HS_HD int steps(int depth) const { return (span() + depth - 1) / depth; }
  /// Where the bias is in the weights, in 32-bit words; it is float32, y_channels of it.
  HS_HD int64_t bias(int depth) const { return int64_t(tiles()) * rows * steps(depth) * 64; }
  HS_HD int64_t weights(int depth) const { return bias(depth) + y_channels; }
};

/// Elements of a window that one instruction takes: 32 bytes.
constexpr int depth_of(Precision precision) { return precision == Precision::tf32 ? 8 : 16; }

/// Appends weight (K, C, rows, taps), rounded to `precision`, and bias (K): 32-bit words [tile of
/// eight columns][row][step][lane][2], those 8 bytes that each lane brings; then the bias.
void pack_product(Precision precision, const FrozenProduct& product, const float* weight,
                  const float* bias, std::vector<float>& packed);

}  // namespace hitsieve
