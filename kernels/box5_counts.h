// Internal to raw_to_vector and raw_to_image on the CPU: sums down the columns of 5 x 5 box
// windows, and how many pixels they have.
#pragma once
#include <cmath>
#include <cstring>

#include "kernels/box5_rows.h"

namespace hitsieve::box5 {

/// y[r] = x[r] + ... + x[r + 4] for r < 4, sharing what they have in common.
template <class T>
HS_INLINE void sums_of_five(const T (&x)[8], T (&y)[4]) {
  const T x12 = T(x[1] + x[2]), x34 = T(x[3] + x[4]), x56 = T(x[5] + x[6]);
  const T x14 = T(x12 + x34), x36 = T(x34 + x56);
  y[0] = T(x[0] + x14), y[1] = T(x14 + x[5]), y[2] = T(x[2] + x36), y[3] = T(x36 + x[7]);
}

/// The four sums down column i of two blocks of rows below each other.
template <class T, int64_t size>
HS_INLINE void window_sums(const T (&a)[block][size], const T (&b)[block][size], int64_t i,
                           T (&y)[block]) {
  const T x[8]{a[0][i], a[1][i], a[2][i], a[3][i], b[0][i], b[1][i], b[2][i], b[3][i]};
  sums_of_five(x, y);
}

/// The counts of windows that lie in valid pixels alone.
struct WholeWindows {
  float operator()(int, int64_t) const { return 25; }
  float inverse(int, int64_t) const { return 1 / 25.0f; }
};

/// The counts of the four rows of windows that lie on two blocks of rows below each other: NaN
/// where a window's centre is invalid.
struct WindowCounts {
  alignas(64) float valid[block][width];
  float operator()(int r, int64_t i) const { return valid[r][i]; }
  float inverse(int r, int64_t i) const { return 1 / valid[r][i]; }
};

/// Of the columns from `first` to `last`, whole segments.
inline HS_SIMD void count_windows(const Rows& a, const Rows& b, const RowCounts& an,
                                  const RowCounts& bn, int64_t first, int64_t last,
                                  WindowCounts& counts) {
  uint8_t sums[block][width];
#pragma GCC ivdep
  for (int64_t i = first; i < last; ++i) {
    uint8_t n[block];
    window_sums(an.count, bn.count, i, n);
    sums[0][i] = uint8_t(n[0] & -a.has[2][i + 2]), sums[1][i] = uint8_t(n[1] & -a.has[3][i + 2]);
    sums[2][i] = uint8_t(n[2] & -b.has[0][i + 2]), sums[3][i] = uint8_t(n[3] & -b.has[1][i + 2]);
  }
  for (int r = 0; r < block; ++r)
    for (int64_t i = first; i < last; ++i)
      counts.valid[r][i] = sums[r][i] ? float(sums[r][i]) : NAN;
}

}  // namespace hitsieve::box5
