// Internal to raw_to_vector and raw_to_image on the CPU: values of 5 x 5 box windows from the sums
// along their rows.
//
// With n, S, Q the window's count, sum and sum of squares and c its centre, the value is
// y = (c - S / n) / max(sqrt(Q / n - (S / n)^2), floor). Without a root, and with one division,
//     y |y| = d |d| / max(v, (n floor)^2),  d = n c - S,  v = n Q - S^2,
// which grows with y: a row's extremes of y are where those of y |y| are.
#pragma once
#include "kernels/box5_counts.h"

namespace hitsieve::box5 {

/// y |y| of the four rows of windows that lie on two blocks of rows below each other, of the
/// columns from `first` to `last`; NaN where there is no value. False if somewhere v is so small a
/// difference of large terms that its rounding would show; never false for Sum = double.
template <class Sum, class Counts>
HS_SIMD bool window_values(const Rows& a, const Rows& b, const RowSums<Sum>& as,
                           const RowSums<Sum>& bs, const Counts& counts, int64_t first,
                           int64_t last, float floor, float (&y)[block][width]) {
  constexpr float cancels = sizeof(Sum) == 4 ? 16 : 1e30f;
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
      const float divisor = v > least ? v : least;
      y[r][i] =
          sizeof(Sum) == 4 ? d * std::fabs(d) * reciprocal(divisor) : d * std::fabs(d) / divisor;
      const float rest = cancels * divisor - float(all);
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
  const float scale = 1 / floor;
#pragma GCC ivdep
  for (int64_t i = first; i < last; ++i) {
    float sum[block];
    window_sums(as.sum, bs.sum, i, sum);
    const float centre[block]{a.x[2][i + 2], a.x[3][i + 2], b.x[0][i + 2], b.x[1][i + 2]};
#pragma GCC unroll 4
    for (int r = 0; r < block; ++r) {
      const float n = counts(r, i), value = (n * centre[r] - sum[r]) * (reciprocal(n) * scale);
      y[r][i] = value * std::fabs(value);
    }
  }
}

}  // namespace hitsieve::box5
