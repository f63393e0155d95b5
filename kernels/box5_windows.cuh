// Internal to raw_to_vector and raw_to_image on CUDA: a warp's way down a strip of 5 x 5 box
// windows. Sums go down the columns first, each lane's own, then along the rows, with its
// neighbour's.
#pragma once
#include "kernels/box5_rows.cuh"
#include "kernels/box5_values.cuh"

namespace hitsieve {
namespace {

/// A warp on its way down a strip.
template <class T, bool packs>
struct Box5Walk {
  using Offset = std::conditional_t<packs, int, int64_t>;
  const Box5Job<T>& job;
  int64_t n;
  int w, columns;  ///< the lane's first window and how many it has
  Centring centring;
  float floor;
  const T* first;           ///< the band's first row
  const uint8_t* bad;       ///< and of the mask, or null
  Offset row{}, bad_row{};  ///< from them on: the one after the last in `rows`
  Box5Elements<T> pixels{};
  Box5Elements<uint8_t> masked{};
  Box5Rows rows{};

  __device__ void load() {
    pixels.template load<packs>(first, row, w, int(job.frames.W));
    if (job.frames.mask) masked.template load<packs>(bad, bad_row, w, int(job.frames.W));
  }
  /// Takes row h, the r-th of four, and reads the one below, if there is one.
  __device__ void take(int h, int r, float (&sum)[box5_columns]) {
    const Box5Elements<T> x = pixels;
    const Box5Elements<uint8_t> x_masked = masked;
    const bool more = h + 1 < int(job.frames.H);
    row += more ? Offset(job.frames.row_stride) : 0;
    bad_row += more ? Offset(job.frames.mask_row_stride) : 0;
    load();
    box5_take(job, centring, floor, x, x_masked, r, rows, sum);
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
    if (!box5_values(sum, square, centre, box5_counts(rows.has), columns, floor, y)) return;
#pragma unroll 1
    for (int i = 0; i < box5_columns && i < columns; ++i) {
      const float exact = box5_exact(job, centring, n, h - 4, w + i, floor);
#pragma unroll
      for (int k = 0; k < box5_columns; ++k) y[k] = k == i ? exact : y[k];
    }
  }
  /// Of the windows that end with row h, the r-th of four.
  __device__ Box5Values values(const float (&down)[box5_columns], int h, int r) const {
    Box5Values v;
    float sum[box5_columns], centre[box5_columns];
    box5_along(down, sum), box5_centres(rows, r, centre);
    v.inverse = 1, v.of_floor = 1 / floor;
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
    if (columns > 0 && columns < box5_columns)
#pragma unroll
      for (int i = 0; i < box5_columns; ++i) v.y[i] = i < columns ? v.y[i] : NAN;
    return v;
  }
};

/// Calls body(h, w, columns, values) with all lanes for every row h of windows in the warp's strip
/// and band: those of the lane's windows from (h, w) on, of which there are `columns`, or none if
/// that is not positive.
template <bool packs, class T, class Body>
__device__ void for_box5_rows(const Box5Job<T>& job, const Body& body) {
  const int64_t n = box5_frame();
  const int lane = int(threadIdx.x), w = int(blockIdx.x) * box5_strip + lane * box5_columns;
  const int first = int(blockIdx.y) * box5_band, last = min(first + box5_band, job.rows());
  const int columns = lane < 31 ? job.columns() - w : 0;
  const Centring centre = centring<T>(job.statistics[n]);
  Box5Walk<T, packs> walk{.job = job,
                          .n = n,
                          .w = w,
                          .columns = columns,
                          .centring = centre,
                          .floor = float(job.floor_factor * centre.deviation),
                          .first = job.frames.template row<T>(n, first),
                          .bad = job.frames.mask_row(n, first)};
  walk.load();
  float sum[box5_columns];
#pragma unroll
  for (int r = 0; r < 4; ++r) walk.take(first + r, r, sum);
  for (int top = first; top < last; top += 4)
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const int h = top + r;
      if (h >= last) return;
      walk.take(h + 4, r, sum);
      body(h, w, columns, walk.values(sum, h + 4, r));
    }
}

}  // namespace
}  // namespace hitsieve
