// How far each element of a vector of row ranges lies off the baseline, its running median: what an
// ordinary row at that place would have. The baseline's level changes from frame to frame (gain,
// exposure, background) and slowly along the frame (rings, distance from the centre); a spot is a
// row that stands out of both. With b the baseline, y = (x - b) / (x - b / 2) above it and x / b -
// 1 below: 0 on it, and never beyond -1 and 1, so that one bright spot does not count as many; a
// row that is half as high again as the baseline is half way.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

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
  int N, L, reach, step;

  HS_HD int knots() const { return (L - 1 + step - 1) / step + 1; }
  HS_HD int place(int knot) const { return knot * step < L - 1 ? knot * step : L - 1; }
  HS_HD int first(int knot) const { return place(knot) > reach ? place(knot) - reach : 0; }
  HS_HD int last(int knot) const {  ///< one past it
    return place(knot) + reach < L ? place(knot) + reach + 1 : L;
  }
};

HS_HD inline float off_baseline(float x, float baseline) {
  if (!(x > 0)) return 0;
  return x > baseline ? (x - baseline) / (x - 0.5f * baseline) : x / baseline - 1;
}

/// The baseline at element i between the medians at the knots.
HS_HD inline float baseline_at(const BaselineSizes& s, const float* medians, int i) {
  const int left = i / s.step, right = left + 1 < s.knots() ? left + 1 : left;
  const int width = s.place(right) - s.place(left);
  const float along = width > 0 ? float(i - s.place(left)) / float(width) : 0.0f;
  return medians[left] * (1 - along) + medians[right] * along;
}

struct BaselineScaleKernels {
  void (*forward)(const BaselineSizes& sizes, const float* x, float* y);  ///< y may be x
};

/// Throws, naming `who`, unless the options make sense.
BaselineSizes baseline_sizes(const char* who, int64_t N, int64_t L, const BaselineOptions& options);

}  // namespace hitsieve
