// Internal to raw_to_vector on the CPU: windows of any size, box or Gaussian, and either floor. In
// double throughout, plain where box5_rows.h is fast; the formulas are the same.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/simd.h"
#include "kernels/lcn.h"

namespace hitsieve::any_window {

/// One row of windows: per column the weights' sum (0: no value there), d = weight * centre - sum,
/// and v = weight * square - sum^2.
struct WindowRow {
  int64_t columns;
  const double *weight, *d, *v;
};

/// y += w * x
inline HS_SIMD void add_scaled(double w, const double* __restrict x, int64_t count,
                               double* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] += w * x[i];
}

/// The weights, values and squares of a row's pixels, summed over the window's columns.
inline HS_SIMD void sum_row(const WindowWeights& weights, const float* __restrict x,
                            const uint8_t* __restrict has, int64_t columns,
                            double* __restrict sums) {
  double* __restrict weight = sums, * __restrict sum = sums + columns;
  double* __restrict square = sums + 2 * columns;
  std::fill_n(sums, 3 * columns, 0.0);
  for (int k = 0; k < weights.size; ++k) {
    const double w = weights.axis[k];
#pragma GCC ivdep
    for (int64_t i = 0; i < columns; ++i) {
      const double value = x[i + k];
      weight[i] += w * has[i + k], sum[i] += w * value, square[i] += w * value * value;
    }
  }
}

/// sums (weight, sum, square) -> (weight, d, v), in place.
inline HS_SIMD void finish_row(const float* __restrict centre, const uint8_t* __restrict has,
                               int64_t columns, double* __restrict sums) {
  double* __restrict weight = sums, * __restrict sum = sums + columns;
  double* __restrict square = sums + 2 * columns;
#pragma GCC ivdep
  for (int64_t i = 0; i < columns; ++i) {
    const double d = weight[i] * double(centre[i]) - sum[i];
    square[i] = weight[i] * square[i] - sum[i] * sum[i];
    sum[i] = d;
    weight[i] = has[i] ? weight[i] : 0.0;
  }
}

/// Calls body(h, WindowRow) for every row of windows of an image H x W, whose row h is written by
/// read(h, x, has): x and has are 0 where there is no value.
template <class Read, class Body>
void for_window_rows(const WindowWeights& weights, int64_t H, int64_t W, const Read& read,
                     const Body& body) {
  thread_local std::vector<double> row_sums, sums;  // keep their memory from frame to frame
  thread_local std::vector<float> x;
  thread_local std::vector<uint8_t> has;
  const int64_t size = weights.size, columns = W - size + 1;
  row_sums.resize(size_t(size * 3 * columns)), sums.resize(size_t(3 * columns));
  x.resize(size_t(size * W)), has.resize(size_t(size * W));
  for (int64_t h = 0; h < H; ++h) {
    const int64_t slot = h % size;  // where the row that is no longer needed was
    read(h, &x[size_t(slot * W)], &has[size_t(slot * W)]);
    sum_row(weights, &x[size_t(slot * W)], &has[size_t(slot * W)], columns,
            &row_sums[size_t(slot * 3 * columns)]);
    const int64_t top = h - size + 1;
    if (top < 0) continue;
    std::fill(sums.begin(), sums.end(), 0.0);
    for (int64_t k = 0; k < size; ++k)
      add_scaled(weights.axis[k], &row_sums[size_t((top + k) % size * 3 * columns)], 3 * columns,
                 sums.data());
    const int64_t centre = (top + size / 2) % size * W + size / 2;
    finish_row(&x[size_t(centre)], &has[size_t(centre)], columns, sums.data());
    body(top, WindowRow{columns, sums.data(), sums.data() + columns, sums.data() + 2 * columns});
  }
}

/// Adds the deviations of a row's windows, and their number.
inline void add_deviations(const WindowRow& row, double& sum, int64_t& count) {
  for (int64_t i = 0; i < row.columns; ++i)
    if (row.weight[i] > 0) sum += std::sqrt(std::max(0.0, row.v[i])) / row.weight[i], ++count;
}

/// d / max(sqrt(v), weight * floor) of a window that has a value, where 0 / 0 is 0.
inline double value_of(const WindowRow& row, int64_t i, double floor) {
  const double divisor = std::max(std::sqrt(std::max(0.0, row.v[i])), row.weight[i] * floor);
  return divisor > 0 ? row.d[i] / divisor : 0.0;
}

/// Largest less smallest of a row's values; 0 without a value.
inline double range_of_row(const WindowRow& row, double floor) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double top = -infinity, bottom = infinity;
  for (int64_t i = 0; i < row.columns; ++i) {
    if (!(row.weight[i] > 0)) continue;
    const double y = value_of(row, i, floor);
    top = std::max(top, y), bottom = std::min(bottom, y);
  }
  return top >= bottom ? top - bottom : 0.0;
}

}  // namespace hitsieve::any_window
