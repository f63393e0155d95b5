// How far each pixel of a normalised image stands out of the noise around it. The noise of a frame
// changes with its gain, exposure and background, and over the frame with the rings and the
// distance from the centre; a spot is what stands out of it, whatever it is. With s the noise, a
// quantile of |x| around the pixel, and t = x / s,
//     y = 8 t^3 / (|t|^3 + knee^3):
// next to nothing for noise, half of its range at the knee, and never beyond 8, so that one bright
// spot does not count as many. The quantile is a high one: where few photons are counted the noise
// has a long tail, which its median would not tell. It is to images what baseline_scale is to
// vectors, and not in the paper, whose images keep the noise of their own detector.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"
#include "kernels/raw_to_image.h"

namespace hitsieve {

/// The quantile is taken around every `step`-th pixel of every `step`-th row, over those within
/// `reach` rows and columns of it, and interpolated linearly in between.
struct NoiseOptions {
  int reach = 36, step = 60;  ///< pixels: reach 1 to 127, step 1 to 4096
  double quantile = 0.98;     ///< 0 to 1; 0.98 of Gaussian noise are within 2.3 deviations
  double knee = 3.5;          ///< times the noise, above 0: 8 deviations of a Gaussian one
};

/// Images (N, H, W) i16 as raw_to_image stores them -> images stored alike, in place, where they
/// are. A pixel that is 0 has no value (or nothing unusual): it takes no part in a quantile
/// (the value at rank floor(quantile (n - 1)) of n), and stays 0. Where a window holds nothing else
/// the largest of the quantiles stands in, and an image of zeros stays one.
void noise_scale(const Tensor& images, const NoiseOptions& options = {});

struct NoiseSizes {
  int N, H, W, reach, step;
  float quantile, knee_cubed;

  HS_HD int rows() const { return (H - 1 + step - 1) / step + 1; }  ///< of knots
  HS_HD int columns() const { return (W - 1 + step - 1) / step + 1; }
  HS_HD int knots() const { return rows() * columns(); }
  HS_HD int place(int knot, int length) const {
    return knot * step < length - 1 ? knot * step : length - 1;
  }
  HS_HD int first(int knot, int length) const {
    return place(knot, length) > reach ? place(knot, length) - reach : 0;
  }
  HS_HD int last(int knot, int length) const {  ///< one past it
    return place(knot, length) + reach < length ? place(knot, length) + reach + 1 : length;
  }
};

/// Between which two knots of an axis element i is, and how far along.
struct BetweenKnots {
  int left, right;
  float along;
};
HS_HD inline BetweenKnots between_knots(const NoiseSizes& s, int i, int length, int knots) {
  const int left = i / s.step, right = left + 1 < knots ? left + 1 : left;
  const int width = s.place(right, length) - s.place(left, length);
  return {left, right, width > 0 ? float(i - s.place(left, length)) / float(width) : 0.0f};
}

/// The noise at a pixel from those at the knots around it; `above` and `below` are rows of knots.
HS_HD inline float interpolated(const float* above, const float* below, const BetweenKnots& x,
                                float down) {
  const float top = above[x.left] * (1 - x.along) + above[x.right] * x.along;
  const float bottom = below[x.left] * (1 - x.along) + below[x.right] * x.along;
  return top * (1 - down) + bottom * down;
}

/// The stored pixel x in such a noise, as it is stored.
HS_HD inline int16_t above_noise(int16_t x, float noise, float knee_cubed) {
  if (x == 0 || !(noise > 0)) return 0;
  const float t = float(x) / noise, cube = t * t * t;
  const float y = (8 * image_steps - 1) * cube / ((cube < 0 ? -cube : cube) + knee_cubed);
  return int16_t(y < 0 ? y - 0.5f : y + 0.5f);
}

/// Which of n values, in order, the quantile is.
HS_HD inline int rank_of(float quantile, int n) { return int(quantile * float(n - 1)); }

struct NoiseScaleKernels {
  void (*scale)(const NoiseSizes& sizes, int16_t* images);
};

/// Throws, naming `who`, unless the options make sense.
NoiseSizes noise_sizes(const char* who, int64_t N, int64_t H, int64_t W,
                       const NoiseOptions& options);

}  // namespace hitsieve
