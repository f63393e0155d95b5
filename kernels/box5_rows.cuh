// Internal to raw_to_vector and raw_to_image on CUDA: the last rows that a lane has read, and their
// sums down the columns.
#pragma once
#include "kernels/box5_pixels.cuh"

namespace hitsieve {
namespace {

/// What a lane keeps of the rows that it has read: of the h-th in place h % 4, or h % 2.
struct Box5Rows {
  float x[4][box5_columns];    ///< centred; 0 where a pixel does not count
  float sum[2][box5_columns];  ///< of the row and the one above it
  float oldest[box5_columns];  ///< the fifth row from below
  /// A bit a pixel, set where it counts: a byte a row, the last row's lowest.
  uint64_t has;
  int whole, calm;  ///< rows up to the last in which all of the warp's count, or are calm
};

/// Puts the next row in place r of four; sum: over it and the four above.
template <class T>
__device__ void box5_take(const Box5Job<T>& job, const Centring& centring, float floor,
                          const Box5Elements<T>& pixels, const Box5Elements<uint8_t>& masked, int r,
                          Box5Rows& rows, float (&sum)[box5_columns]) {
  float x[box5_columns];
  unsigned has = 255;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) x[i] = box5_centred(pixels, i, centring);
  Box5Ends ends(x);
  const bool all = box5_contain(job.bounds, centring, pixels, ends) &&
                   (masked.words[0][0] | masked.words[1][0]) == 0;
  rows.whole = __all_sync(box5_lanes, all) ? rows.whole + 1 : 0;
  if (!rows.whole) {
#pragma unroll
    for (int i = 0; i < box5_columns; ++i)
      if (!job.bounds.contain(pixels[i]) || masked[i]) x[i] = 0, has &= ~(1u << i);
    ends = Box5Ends(x);
  }
  rows.calm = __all_sync(box5_lanes, floor > 0 && ends.within(-floor, floor)) ? rows.calm + 1 : 0;
  rows.has = rows.has << 8 | has;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    const float two = x[i] + rows.x[(r + 3) % 4][i];
    rows.oldest[i] = rows.x[r][i], rows.x[r][i] = x[i];
    sum[i] = two + rows.sum[r % 2][i] + rows.oldest[i], rows.sum[r % 2][i] = two;
  }
}

/// The pixels in the middle of the windows that end with the row in place r.
__device__ inline void box5_centres(const Box5Rows& rows, int r, float (&centre)[box5_columns]) {
  const float(&middle)[box5_columns] = rows.x[(r + 2) % 4];
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    const float pixel = middle[(i + 2) % box5_columns];
    centre[i] = i + 2 < box5_columns ? pixel : __shfl_down_sync(box5_lanes, pixel, 1);
  }
}

}  // namespace
}  // namespace hitsieve
