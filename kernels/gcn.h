// Global contrast normalisation: every frame to mean 0 and deviation 1 over its valid pixels.
#pragma once
#include "engine/tensor.h"
#include "kernels/raw_frames.h"

namespace hitsieve {

/// raw (N, H, W) u16, i16, i32 or f32 -> (N, H, W) f32: (p - mean) / deviation of the frame, NaN
/// where the pixel is invalid. A frame of deviation 0 gives 0 at its valid pixels.
/// mask u8: (H, W) for all frames, (N, H, W), or undefined. Not differentiable, never on a tape.
Tensor gcn(const Tensor& raw, const Tensor& mask = {}, const PixelRange& range = {});

/// The frames of a raw tensor, as gcn takes them; checks shapes, types and devices for `who`. The
/// tensors must outlive the result.
RawFrames raw_frames(const char* who, const Tensor& raw, const Tensor& mask,
                     const PixelRange& range);

/// Statistics in two exact steps (16-bit pixels: in integers; others: in double, summed in a fixed
/// order), so that neither a pedestal nor the number of threads shows. All pointers are on the
/// device.
struct GcnKernels {
  void (*statistics)(const RawFrames& frames, FrameStatistics* statistics);  ///< (N)
  void (*normalise)(const RawFrames& frames, const FrameStatistics* statistics, float* y);
};

/// From exact sums over 16-bit pixels and their squares.
HS_HD inline FrameStatistics statistics_of_sums(int64_t valid, int64_t sum, int64_t squares) {
  if (valid == 0) return {0, 0, 0};
  // About the integer nearest to the mean nothing cancels, and all is still exact.
  const double count = double(valid), mean = double(sum) / count;
  const int64_t origin = int64_t(std::llrint(mean));
  const int64_t about = squares - 2 * origin * sum + valid * origin * origin;
  const double offset = double(sum - valid * origin) / count;
  const double variance = double(about) / count - offset * offset;
  return {valid, mean, variance > 0 ? std::sqrt(variance) : 0.0};
}

/// What normalising multiplies p - mean by.
HS_HD inline double gcn_scale(const FrameStatistics& s) {
  return s.deviation > 0 ? 1 / s.deviation : 0.0;
}

}  // namespace hitsieve
