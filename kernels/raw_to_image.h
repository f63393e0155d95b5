// lcn(gcn(raw)) in one operation, for 2D networks: one pass over the raw pixels for their mean and
// deviation, one for the windows (raw_to_vector.h, which goes on to the rows' ranges). Images are
// kept as 16-bit fixed point, so that a training set fits in memory: half the bytes of floats.
#pragma once
#include "engine/tensor.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve {

/// A stored image holds y * image_steps, rounded, with |y| < 8. A normalised pixel never reaches
/// that: |y| <= sqrt((1 - k) / k) with k the share of the window's middle in its weights, whatever
/// the frame (Samuelson 1968), which is 4.9 for a 5 x 5 box.
inline constexpr float image_steps = 4096;

/// frames -> images (N, H - window + 1, W - window + 1) and statistics (N), all on `device`. An
/// invalid pixel gives 0, nothing unusual. A frame that cannot be normalised (statistics: valid ==
/// 0 or deviation == 0) gives zeros. Error for a window whose pixels may reach 8 (a 9 x 9 box).
void raw_to_image(const RawFrames& frames, const LcnOptions& options, Device device,
                  int16_t* images, FrameStatistics* statistics);

/// y = x / image_steps, on the CPU.
void unpack_images(int64_t count, const int16_t* x, float* y);

HS_HD inline int16_t packed_pixel(float y) { return int16_t(std::rint(y * image_steps)); }

struct RawToImageKernels {
  void (*images)(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
                 int16_t* images, FrameStatistics* statistics);
};

}  // namespace hitsieve
