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
#include "kernels/knots.h"
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
  int N;
  Knots rows, columns;  ///< along an image's height and width
  float quantile, knee_cubed;

  HS_HD int H() const { return rows.length; }
  HS_HD int W() const { return columns.length; }
  HS_HD int knots() const { return rows.count() * columns.count(); }
};

/// The stored pixel x in such a noise, as it is stored.
HS_HD inline int16_t above_noise(int16_t x, float noise, float knee_cubed) {
  const float t = noise > 0 ? float(x) / noise : 0.0f, cube = t * t * t;
  const float y = (8 * image_steps - 1) * cube / ((cube < 0 ? -cube : cube) + knee_cubed);
  return int16_t(int32_t(y < 0 ? y - 0.5f : y + 0.5f));
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
