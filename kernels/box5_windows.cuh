// Internal to raw_to_vector and raw_to_image on CUDA: a warp's way down a strip of 5 x 5 box
// windows. Sums go down the columns first, each lane's own, then along the rows, with its
// neighbour's.
#pragma once
#include "kernels/box5_strip.cuh"
#include "kernels/box5_values.cuh"

namespace hitsieve {
namespace {

/// A warp on its way down a strip.
template <class T, bool packs>
struct Box5Walk {
  const Box5Strip<T>& strip;
  Box5Line<T, packs, true> next;
  Box5Rows rows{};

  /// Takes row h, the r-th of four, and reads the one below.
  __device__ void take(int h, int r, float (&sum)[box5_columns]) {
    const Box5Line<T, packs, true> line = next;
    next = {strip, h + 1};
    box5_take(strip.job, strip.centring, strip.floor, line.pixels, line.masked, r, rows, sum);
  }
  /// Of the windows that end with row h, the r-th of four, where not all are calm.
  __device__ void wild_values(const float (&sum)[box5_columns], const float (&centre)[box5_columns],
                              int h, float (&y)[box5_columns]) const {
    float down[box5_columns], square[box5_columns];
#pragma unroll
    for (int i = 0; i < box5_columns; ++i) {
      down[i] = rows.oldest[i] * rows.oldest[i];
      for (const auto& x : rows.x) down[i] += x[i] * x[i];
    }
    box5_along(down, square);
    if (!box5_values(sum, square, centre, box5_counts(rows.has), strip.columns, strip.floor, y))
      return;
#pragma unroll 1
    for (int i = 0; i < box5_columns && i < strip.columns; ++i) {
      const float exact =
          box5_exact(strip.job, strip.centring, strip.n, h - 4, strip.w + i, strip.floor);
#pragma unroll
      for (int k = 0; k < box5_columns; ++k) y[k] = k == i ? exact : y[k];
    }
  }
  /// Of the windows that end with row h, the r-th of four.
  __device__ Box5Values values(const float (&down)[box5_columns], int h, int r) const {
    Box5Values v;
    float sum[box5_columns], centre[box5_columns];
    box5_along(down, sum), box5_centres(rows, r, centre);
    v.inverse = 1, v.of_floor = 1 / strip.floor;
    if (rows.calm < 5) {
      wild_values(sum, centre, h, v.y);
      v.of_floor = 1;
    } else if (rows.whole >= 5) {
      box5_differences(sum, centre, Box5Whole{}, v.y);
      v.inverse = 1 / 25.0f;
    } else {
      const Box5Counts counts = box5_counts(rows.has);
      box5_differences(sum, centre, counts, v.y);
#pragma unroll
      for (int i = 0; i < box5_columns; ++i) v.y[i] *= counts.inverse(i);
    }
    if (strip.columns > 0 && strip.columns < box5_columns)
#pragma unroll
      for (int i = 0; i < box5_columns; ++i) v.y[i] = i < strip.columns ? v.y[i] : NAN;
    return v;
  }
};

/// Calls body(h, values) with all lanes for rows of the strip's windows from h on: values of the
/// lane's windows. Ends at the row, which it gives, that is the last of `calm` calm ones or is not
/// the strip's.
template <bool packs, class T, class Body>
__device__ int for_box5_rows(const Box5Strip<T>& strip, int first, int calm, const Body& body) {
  Box5Walk<T, packs> walk{strip, {strip, first}};
  float sum[box5_columns];
#pragma unroll
  for (int r = 0; r < 4; ++r) walk.take(first + r, r, sum);
  for (int top = first; top < strip.last; top += 4)
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const int h = top + r;
      if (h >= strip.last) return h;
      walk.take(h + 4, r, sum);
      if (min(walk.rows.whole, walk.rows.calm) >= calm) return h;
      body(h, walk.values(sum, h + 4, r));
    }
  return strip.last;
}

}  // namespace
}  // namespace hitsieve
