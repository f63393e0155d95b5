#include "kernels/noise_scale.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

/// How many of the values are above 0 and below `bound`.
HS_INLINE int count_below(const int16_t* values, int count, int16_t bound) {
  int below = 0;
  constexpr int piece = 1 << 14;  // what a sum of 16 bits holds
  for (int first = 0; first < count; first += piece) {
    int16_t in_piece = 0;
    for (int i = first; i < std::min(first + piece, count); ++i)
      in_piece = int16_t(in_piece + ((values[i] > 0) & (values[i] < bound)));
    below += in_piece;
  }
  return below;
}

/// The quantile of the values above 0, from the top bit down; 0 when there is none.
HS_SIMD float positive_quantile(float quantile, const int16_t* values, int count) {
  int positive = 0;
  for (int i = 0; i < count; ++i) positive += values[i] > 0;
  if (positive == 0) return 0;
  const int rank = rank_of(quantile, positive);
  int found = 0;
  for (int bit = 14; bit >= 0; --bit) {
    const int candidate = found | 1 << bit;
    if (count_below(values, count, int16_t(candidate)) <= rank) found = candidate;
  }
  return float(found);
}

HS_SIMD void take_magnitudes(int count, const int16_t* __restrict x, int16_t* __restrict y) {
  for (int i = 0; i < count; ++i) y[i] = int16_t(x[i] < 0 ? -x[i] : x[i]);
}

/// The noise at each knot, row by row.
void knot_noise(const NoiseSizes& s, const int16_t* image, std::vector<int16_t>& window,
                std::vector<float>& noise) {
  for (int r = 0; r < s.rows.count(); ++r)
    for (int c = 0; c < s.columns.count(); ++c) {
      const int first = s.columns.first(c), width = s.columns.last(c) - first;
      int count = 0;
      for (int h = s.rows.first(r); h < s.rows.last(r); ++h, count += width)
        take_magnitudes(width, image + int64_t(h) * s.W() + first, window.data() + count);
      noise[size_t(r * s.columns.count() + c)] =
          positive_quantile(s.quantile, window.data(), count);
    }
  const float largest = *std::max_element(noise.begin(), noise.end());
  for (float& level : noise)
    if (!(level > 0)) level = largest;
}

/// y[i] between `left` and `right`.
HS_SIMD void interpolate(int count, float left, float right, const float* __restrict along,
                         float* __restrict y) {
  for (int i = 0; i < count; ++i) y[i] = interpolated(left, right, along[i]);
}

HS_SIMD void scale_row(int count, float knee_cubed, const float* __restrict noise,
                       int16_t* __restrict x) {
  for (int i = 0; i < count; ++i) x[i] = above_noise(x[i], noise[i], knee_cubed);
}

void scale_image(const NoiseSizes& s, int16_t* image) {
  thread_local std::vector<int16_t> window;
  thread_local std::vector<float> noise, along, of_row;
  const int columns = s.columns.count();
  window.resize(size_t(2 * s.rows.reach + 1) * size_t(2 * s.columns.reach + 1));
  noise.resize(size_t(s.knots())), along.resize(size_t(s.W())), of_row.resize(size_t(s.W()));
  knot_noise(s, image, window, noise);
  for (int w = 0; w < s.W(); ++w) along[size_t(w)] = between(s.columns, w).along;
  for (int h = 0; h < s.H(); ++h) {
    const BetweenKnots down = between(s.rows, h);
    const auto at_knot = [&](int c) {
      return interpolated(noise[size_t(down.left * columns + c)],
                          noise[size_t(down.right * columns + c)], down.along);
    };
    float right = at_knot(0);
    for (int c = 0; c < columns; ++c) {
      const int place = s.columns.place(c), next = std::min(c + 1, columns - 1);
      const float left = std::exchange(right, at_knot(next));
      interpolate(std::max(1, s.columns.place(next) - place), left, right, along.data() + place,
                  of_row.data() + place);
    }
    scale_row(s.W(), s.knee_cubed, of_row.data(), image + int64_t(h) * s.W());
  }
}

void scale(const NoiseSizes& s, int16_t* images) {
  parallel_for(s.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) scale_image(s, images + n * s.H() * s.W());
  });
}

}  // namespace

template <>
const NoiseScaleKernels On<NoiseScaleKernels>::cpu{scale};

NoiseSizes noise_sizes(const char* who, int64_t N, int64_t H, int64_t W,
                       const NoiseOptions& options) {
  check(options.reach >= 1 && options.reach <= 127 && options.step >= 1 && options.step <= 4096,
        who, ": noise of reach ", options.reach, " and step ", options.step,
        ", expected 1 to 127 and 1 to 4096");
  check(options.quantile >= 0 && options.quantile <= 1, who, ": a quantile of ", options.quantile,
        ", expected 0 to 1");
  check(options.knee > 0 && std::isfinite(options.knee), who, ": a knee at ", options.knee,
        " times the noise, expected more than 0");
  check(N >= 0 && N <= 1 << 30 && H >= 1 && H <= 1 << 15 && W >= 1 && W <= 1 << 15, who, ": ", N,
        " images of ", H, " x ", W, " pixels");
  const double cube = options.knee * options.knee * options.knee;
  return {int(N),
          {int(H), options.reach, options.step},
          {int(W), options.reach, options.step},
          float(options.quantile),
          float(cube)};
}

void noise_scale(const Tensor& images, const NoiseOptions& options) {
  check(images.shape().rank() == 3 && images.dtype() == DType::i16, "noise_scale: images are ",
        images.dtype(), " ", images.shape(), ", expected int16 (N, H, W)");
  const Shape& shape = images.shape();
  pick<NoiseScaleKernels>(images.device())
      .scale(noise_sizes("noise_scale", shape[0], shape[1], shape[2], options),
             images.data<int16_t>());
}

}  // namespace hitsieve
