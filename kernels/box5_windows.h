// Internal to raw_to_vector and raw_to_image on the CPU: values of 5 x 5 box windows from the sums
// along their rows.
//
// With n, S, Q the window's count, sum and sum of squares and c its centre, the value is
//     y = d / sqrt(v), d = n c - S, v = n Q - S^2, or where v < (n floor)^2: d / n / floor.
// Both devices find the latter in the same steps, so that they come to the same bits.
#pragma once
#include "kernels/box5_counts.h"

namespace hitsieve::box5 {

/// 1 / sqrt(x) to 2e-7 of itself, for normal positive x: a guess from the bits, and three of
/// Newton's steps.
HS_INLINE float inverse_root(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = 0x5f375a86u - (bits >> 1);
  float y;
  std::memcpy(&y, &bits, sizeof y);
  const float half = 0.5f * x;
  y *= 1.5f - half * y * y, y *= 1.5f - half * y * y;
  return y * (1.5f - half * y * y);
}

/// The four rows of windows that lie on two blocks of rows below each other, of the columns from
/// `first` to `last`; NaN where there is no value. False if somewhere v is so small a difference of
/// large terms that its rounding would show; never false for Sum = double.
template <class Sum, class Counts>
HS_SIMD bool window_values(const Rows& a, const Rows& b, const RowSums<Sum>& as,
                           const RowSums<Sum>& bs, const Counts& counts, int64_t first,
                           int64_t last, float floor, float (&y)[block][width]) {
  constexpr float cancels = sizeof(Sum) == 4 ? 16 : 1e30f;
  const float of_floor = 1 / floor;
  int32_t ill = 0;
#pragma GCC ivdep
  for (int64_t i = first; i < last; ++i) {
    Sum sum[block], square[block];
    window_sums(as.sum, bs.sum, i, sum);
    window_sums(as.square, bs.square, i, square);
    const float centre[block]{a.x[2][i + 2], a.x[3][i + 2], b.x[0][i + 2], b.x[1][i + 2]};
#pragma GCC unroll 4
    for (int r = 0; r < block; ++r) {
      const float n = counts(r, i);
      const float d = float(Sum(n) * Sum(centre[r]) - sum[r]);
      const Sum all = Sum(n) * square[r];
      const float v = float(all - sum[r] * sum[r]), least = (n * floor) * (n * floor);
      const float wild = sizeof(Sum) == 4 ? d * inverse_root(v) : d / std::sqrt(v);
      y[r][i] = v > least ? wild : d * counts.inverse(r, i) * of_floor;
      const float rest = cancels * (v > least ? v : least) - float(all);
      int32_t bits;
      std::memcpy(&bits, &rest, sizeof bits);
      ill |= bits;  // its sign
    }
  }
  return ill >= 0;
}

/// The same of windows in calm pixels (box5_calm.h), which ask for no squares.
template <class Counts>
HS_SIMD void calm_window_values(const Rows& a, const Rows& b, const RowSums<float>& as,
                                const RowSums<float>& bs, const Counts& counts, int64_t first,
                                int64_t last, float floor, float (&y)[block][width]) {
  const float of_floor = 1 / floor;
#pragma GCC ivdep
  for (int64_t i = first; i < last; ++i) {
    float sum[block];
    window_sums(as.sum, bs.sum, i, sum);
    const float centre[block]{a.x[2][i + 2], a.x[3][i + 2], b.x[0][i + 2], b.x[1][i + 2]};
#pragma GCC unroll 4
    for (int r = 0; r < block; ++r) {
      const float d = counts(r, i) * centre[r] - sum[r];
      y[r][i] = d * counts.inverse(r, i) * of_floor;
    }
  }
}

}  // namespace hitsieve::box5
