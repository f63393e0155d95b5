// Internal to raw_to_vector on the CPU: values of 5 x 5 box windows from the sums along their rows.
//
// With n, S, Q the window's count, sum and sum of squares and c its centre, the value is
// y = (c - S / n) / max(sqrt(Q / n - (S / n)^2), floor). Without a root, and with one division,
//     y |y| = d |d| / max(v, (n floor)^2),  d = n c - S,  v = n Q - S^2,
// which grows with y: a row's extremes of y are where those of y |y| are.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/box5_rows.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve::box5 {

constexpr int lanes = 16;  // columns whose extremes are kept apart until the row's end

/// y[r] = x[r] + ... + x[r + 4] for r < 4, sharing what they have in common.
template <class T>
HS_INLINE void sums_of_five(const T (&x)[8], T (&y)[4]) {
  const T x12 = T(x[1] + x[2]), x34 = T(x[3] + x[4]), x56 = T(x[5] + x[6]);
  const T x14 = T(x12 + x34), x36 = T(x34 + x56);
  y[0] = T(x[0] + x14), y[1] = T(x14 + x[5]), y[2] = T(x[2] + x36), y[3] = T(x36 + x[7]);
}

template <class T>
HS_INLINE void window_sums(const T (&a)[block][strip], const T (&b)[block][strip], int64_t i,
                           T (&y)[block]) {
  const T x[8]{a[0][i], a[1][i], a[2][i], a[3][i], b[0][i], b[1][i], b[2][i], b[3][i]};
  sums_of_five(x, y);
}

/// Valid pixels of the four rows of windows that lie on the rows a and b below each other; NaN
/// where the window's centre is invalid, and from `columns` to `padded`.
inline HS_SIMD void count_windows(const Rows& a, const Rows& b, int64_t columns, int64_t padded,
                                  float (&count)[block][strip]) {
  uint8_t sums[block][strip];
#pragma GCC ivdep
  for (int64_t i = 0; i < columns; ++i) {
    uint8_t n[block];
    window_sums(a.count, b.count, i, n);
    sums[0][i] = uint8_t(n[0] & -a.has[2][i + 2]), sums[1][i] = uint8_t(n[1] & -a.has[3][i + 2]);
    sums[2][i] = uint8_t(n[2] & -b.has[0][i + 2]), sums[3][i] = uint8_t(n[3] & -b.has[1][i + 2]);
  }
  for (int r = 0; r < block; ++r) {
    for (int64_t i = 0; i < columns; ++i) count[r][i] = sums[r][i] ? float(sums[r][i]) : NAN;
    for (int64_t i = columns; i < padded; ++i) count[r][i] = NAN;
  }
}

/// y |y| of those windows, NaN where there is no value. False if somewhere v is so small a
/// difference of large terms that its rounding would show; never false for Sum = double.
template <class Sum>
HS_SIMD bool window_values(const Rows& a, const Rows& b, const RowSums<Sum>& as,
                           const RowSums<Sum>& bs, const float (&count)[block][strip],
                           int64_t columns, float floor, float (&y)[block][strip]) {
  constexpr float cancels = sizeof(Sum) == 4 ? 16 : 1e30f;
  int32_t ill = 0;
#pragma GCC ivdep
  for (int64_t i = 0; i < columns; ++i) {
    Sum sum[block], square[block];
    window_sums(as.sum, bs.sum, i, sum);
    window_sums(as.square, bs.square, i, square);
    const float centre[block]{a.x[2][i + 2], a.x[3][i + 2], b.x[0][i + 2], b.x[1][i + 2]};
#pragma GCC unroll 4
    for (int r = 0; r < block; ++r) {
      const float n = count[r][i];
      const float d = float(Sum(n) * Sum(centre[r]) - sum[r]);
      const Sum all = Sum(n) * square[r];
      const float v = float(all - sum[r] * sum[r]), least = (n * floor) * (n * floor);
      const float divisor = v > least ? v : least;
      y[r][i] = d * std::fabs(d) / divisor;
      ill |= float(all) > cancels * divisor;
    }
  }
  return !ill;
}

/// y |y| of the largest and smallest values met so far in a row, lane by lane.
struct Extremes {
  float top[lanes], bottom[lanes];
  Extremes() {
    std::fill_n(top, lanes, -std::numeric_limits<float>::infinity());
    std::fill_n(bottom, lanes, std::numeric_limits<float>::infinity());
  }
};

inline HS_SIMD void take(const float (&y)[strip], int64_t columns, Extremes& e) {
  typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));
  Lanes v, top, bottom;
  std::memcpy(&top, e.top, sizeof top), std::memcpy(&bottom, e.bottom, sizeof bottom);
  for (int64_t i = 0; i < columns; i += lanes) {
    std::memcpy(&v, &y[i], sizeof v);
    top = v > top ? v : top;  // a NaN is never > or <
    bottom = v < bottom ? v : bottom;
  }
  std::memcpy(e.top, &top, sizeof top), std::memcpy(e.bottom, &bottom, sizeof bottom);
}

/// The range of y in a row; 0 when there was no value.
inline HS_SIMD float range_of(Extremes e) {
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) {
      e.top[i] = e.top[i + half] > e.top[i] ? e.top[i + half] : e.top[i];
      e.bottom[i] = e.bottom[i + half] < e.bottom[i] ? e.bottom[i + half] : e.bottom[i];
    }
  return e.top[0] >= e.bottom[0] ? signed_root(e.top[0]) - signed_root(e.bottom[0]) : 0.0f;
}

}  // namespace hitsieve::box5
