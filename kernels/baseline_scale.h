// How far each element of a vector of row ranges lies off the baseline, its running median: what an
// ordinary row at that place would have. The baseline's level changes from frame to frame (gain,
// exposure, background) and slowly along the frame (rings, distance from the centre); a spot is a
// row that stands out of both. With b the baseline, y = (x - b) / (x - b / 2) above it and x / b -
// 1 below: 0 on it, and never beyond -1 and 1, so that one bright spot does not count as many; a
// row that is half as high again as the baseline is half way.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"
#include "kernels/knots.h"

namespace hitsieve {

/// The median is taken at every `step`-th element, over those within `reach` of it, and
/// interpolated linearly in between.
struct BaselineOptions {
  int reach = 50, step = 24;  ///< 1 to 4096
};

/// x (N, L) f32, nothing negative, finite -> y (N, L). An element that is 0 is a row of a frame
/// without a pixel: it takes no part in a median (of an even number the lower of the two in the
/// middle) and gives 0, nothing unusual. Where a window holds nothing else the median of the whole
/// vector stands in, and a vector of zeros stays one. Not differentiable, never on a tape.
Tensor baseline_scale(const Tensor& x, const BaselineOptions& options = {});

struct BaselineSizes {
  int N;
  Knots knots;  ///< along a vector

  HS_HD int L() const { return knots.length; }
};

HS_HD inline float off_baseline(float x, float baseline) {
  if (!(x > 0)) return 0;
  return x > baseline ? (x - baseline) / (x - 0.5f * baseline) : x / baseline - 1;
}

struct BaselineScaleKernels {
  void (*forward)(const BaselineSizes& sizes, const float* x, float* y);  ///< y may be x
};

/// Throws, naming `who`, unless the options make sense.
BaselineSizes baseline_sizes(const char* who, int64_t N, int64_t L, const BaselineOptions& options);

}  // namespace hitsieve
