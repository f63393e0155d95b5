// Internal to raw_to_vector and raw_to_image on CUDA: values of 5 x 5 box windows from their sums,
// S of pixels and Q of squares, over n pixels with c in the middle.
//
// Where all are calm, that is no further from the frame's mean than the floor, no window's
// deviation is above the floor (it is half the range at most, Popoviciu 1935): then y = (n c - S) /
// n / floor, and Q is not needed. That is nearly everywhere. Else it is box5_windows.h's
// arithmetic, in float32, and in double where v cancels.
#pragma once
#include "kernels/box5_counts.cuh"

namespace hitsieve {
namespace {

/// A lane's windows in a row: NaN where there is no value, anything where there is no window.
struct Box5Values {
  float y[box5_columns];
  float inverse, of_floor;  ///< what y is to be multiplied by yet, one after the other

  __device__ float value(float of) const { return of * inverse * of_floor; }
};

/// y[i] = x[i] + ... + x[i + 4], sharing what they have in common.
__device__ inline void box5_sums(const float (&x)[box5_columns + 4], float (&y)[box5_columns]) {
#pragma unroll
  for (int i = 0; i < box5_columns; i += 4) {
    const float x12 = x[i + 1] + x[i + 2], x34 = x[i + 3] + x[i + 4], x56 = x[i + 5] + x[i + 6];
    const float x14 = x12 + x34, x36 = x34 + x56;
    y[i] = x[i] + x14, y[i + 1] = x14 + x[i + 5], y[i + 2] = x[i + 2] + x36;
    y[i + 3] = x36 + x[i + 7];
  }
}

/// A lane's columns and the next lane's first four: sums[i] = those of columns i to i + 4.
__device__ inline void box5_along(const float (&columns)[box5_columns],
                                  float (&sums)[box5_columns]) {
  float all[box5_columns + 4];
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) all[i] = columns[i];
#pragma unroll
  for (int i = 0; i < 4; ++i) all[box5_columns + i] = __shfl_down_sync(box5_lanes, columns[i], 1);
  box5_sums(all, sums);
}

/// n c - S.
template <class Counts>
__device__ void box5_differences(const float (&sum)[box5_columns],
                                 const float (&centre)[box5_columns], const Counts& counts,
                                 float (&d)[box5_columns]) {
#pragma unroll
  for (int i = 0; i < box5_columns; ++i)
    d[i] = counts.has_centre(i) ? counts.count(i) * centre[i] - sum[i] : NAN;
}

/// y. True where some v is so small a difference of large terms that its rounding would show, or
/// too small to divide by.
__device__ inline bool box5_values(const float (&sum)[box5_columns],
                                   const float (&square)[box5_columns],
                                   const float (&centre)[box5_columns], const Box5Counts& counts,
                                   int columns, float floor, float (&y)[box5_columns]) {
  constexpr float cancels = 16, smallest = 1e-30f;
  const float of_floor = 1 / floor;
  float ill = -INFINITY;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    const float n = counts.count(i), d = n * centre[i] - sum[i], all = n * square[i];
    const float v = all - sum[i] * sum[i], least = n * floor * (n * floor);
    const float value = v > least ? d * inverse_root(v) : d * counts.inverse(i) * of_floor;
    if (i < columns && counts.has_centre(i)) ill = fmaxf(ill, all - cancels * fmaxf(v, least));
    y[i] = counts.has_centre(i) ? value : NAN;
  }
  return ill > -smallest;
}

/// The same of the window at (h, w) of frame n in double, pixel by pixel.
template <class T>
__device__ float box5_exact(const Box5Job<T>& job, const Centring& centring, int64_t n, int h,
                            int w, float floor) {
  double count = 0, sum = 0, square = 0, centre = NAN;
#pragma unroll 1
  for (int k = 0; k < 25; ++k) {
    const int row = h + k / 5, column = w + k % 5;
    const T p = job.frames.template row<T>(n, row)[column];
    const uint8_t* const bad = job.frames.mask_row(n, row);
    if (!job.bounds.contain(p) || (bad && bad[column])) continue;
    const double x = double(centred_pixel(p, centring));
    count += 1, sum += x, square += x * x;
    if (k == 12) centre = x;
  }
  const double d = count * centre - sum, least = count * double(floor);
  const double v = count * square - sum * sum;
  return float(v > least * least ? d / sqrt(v) : d / count / double(floor));
}

}  // namespace
}  // namespace hitsieve
