// Internal to raw_to_vector and raw_to_image on CUDA: the fast path for the default window, a box
// of 5 x 5 with the global floor. A warp walks down a strip of columns, four a lane, all in
// registers, without shared memory or barriers. Here: pixels, and sums along the rows from the
// lane's own pixels and its neighbour's; box5_windows.cuh: down the columns.
#pragma once
#include "engine/launch.cuh"
#include "kernels/raw_to_vector.h"

namespace hitsieve {
namespace {

constexpr int box5_columns = 4;                // of windows, a lane
constexpr int box5_strip = 31 * box5_columns;  // a warp; the last lane brings pixels alone
constexpr int box5_band = 60;                  // rows of windows, a warp
constexpr int box5_threads = 128;

/// One launch over strips and bands of all frames, a warp each.
template <class T>
struct Box5Job {
  RawFrames frames;
  PixelBounds<T> bounds;
  const FrameStatistics* statistics;
  double floor_factor;
  bool packs, mask_packs;  ///< four pixels (mask bytes) can be loaded at once everywhere

  HS_HD int64_t rows() const { return frames.H - 4; }
  HS_HD int64_t columns() const { return frames.W - 4; }
  HS_HD int64_t strips() const { return (columns() + box5_strip - 1) / box5_strip; }
  HS_HD int64_t bands() const { return (rows() + box5_band - 1) / box5_band; }
  int64_t blocks() const {
    const int64_t warps = frames.N * strips() * bands();
    return (warps * 32 + box5_threads - 1) / box5_threads;
  }
};

template <class T>
struct alignas(box5_columns * sizeof(T)) Box5Pack {
  T p[box5_columns];
};

template <class T>
Box5Job<T> box5_job(const RawFrames& frames, const LcnOptions& options,
                    const FrameStatistics* statistics) {
  const auto whole = [](const void* at, int64_t row, int64_t frame, size_t bytes) {
    return reinterpret_cast<uintptr_t>(at) % bytes == 0 && row % box5_columns == 0 &&
           frame % box5_columns == 0;
  };
  return {frames,
          bounds_of<T>(frames.range),
          statistics,
          options.floor_factor,
          whole(frames.pixels, frames.row_stride, frames.frame_stride, sizeof(Box5Pack<T>)),
          whole(frames.mask, frames.mask_row_stride, frames.mask_frame_stride, box5_columns)};
}

/// Of one row, a lane's: sums of five pixels from each column on, how many of them count (a byte a
/// column), and the pixels in the middle of the windows that begin there.
struct Box5Line {
  float sum[box5_columns], square[box5_columns], centre[box5_columns];
  unsigned count, has_centre;
};

/// The pixel, centred.
template <class T>
__device__ float box5_centred(T p, const Centring& centring) {
  if constexpr (sizeof(T) == 2) return float(int(p) - centring.whole);
  return float((double(p) - centring.origin) * centring.scale);
}

/// Elements i of a row that has `inside` of them, 0 beyond; at once if `whole`.
template <class T>
__device__ Box5Pack<T> box5_load(const T* row, int64_t inside, bool whole) {
  if (whole && inside >= box5_columns) return *reinterpret_cast<const Box5Pack<T>*>(row);
  Box5Pack<T> pack{};
  for (int i = 0; i < box5_columns && i < inside; ++i) pack.p[i] = row[i];
  return pack;
}

/// Centred pixels of row h from column w on, 0 where there is none; a byte each, 1 where there is.
template <class T>
__device__ unsigned box5_pixels(const Box5Job<T>& job, const Centring& centring, int64_t n,
                                int64_t h, int64_t w, float (&x)[box5_columns]) {
  const int64_t inside = job.frames.W - w;
  const uint8_t* bad = job.frames.mask_row(n, h);
  const auto pack = box5_load(job.frames.template row<T>(n, h) + w, inside, job.packs);
  Box5Pack<uint8_t> masked{};
  if (bad) masked = box5_load(bad + w, inside, job.mask_packs);
  unsigned has = 0;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) {
    const bool counts = i < inside && job.bounds.contain(pack.p[i]) && !masked.p[i];
    x[i] = counts ? box5_centred(pack.p[i], centring) : 0.0f;
    has |= unsigned(counts) << 8 * i;
  }
  return has;
}

/// y[i] = x[i] + ... + x[i + 4], sharing what they have in common.
__device__ inline void box5_sums(const float (&x)[2 * box5_columns], float (&y)[box5_columns]) {
  const float x12 = x[1] + x[2], x34 = x[3] + x[4], x56 = x[5] + x[6];
  const float x14 = x12 + x34, x36 = x34 + x56;
  y[0] = x[0] + x14, y[1] = x14 + x[5], y[2] = x[2] + x36, y[3] = x36 + x[7];
}

}  // namespace
}  // namespace hitsieve
