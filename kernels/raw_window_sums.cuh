// Internal to raw_to_vector and raw_to_image on CUDA: the sums over the windows of raw frames,
// centred, in shared memory, without ever holding the normalised image.
#pragma once
#include "kernels/block_sum.cuh"
#include "kernels/raw_to_vector.h"

namespace hitsieve {
namespace {

constexpr int tile = sum_threads;  // input columns of a block, one a thread
constexpr int band = 32;           // rows of windows of a block

/// One launch over bands and tiles of all frames: blockIdx = (frame, band, tile).
template <class T>
struct Job {
  RawFrames frames;
  PixelBounds<T> bounds;
  WindowWeights weights;
  const FrameStatistics* statistics;
  const double* floors;  ///< a frame's, or null: the deviation of the frame
  double floor_factor;

  HS_HD int64_t rows() const { return frames.H - weights.size + 1; }
  HS_HD int64_t columns() const { return frames.W - weights.size + 1; }
  HS_HD int columns_of_tile() const { return tile - weights.size + 1; }
};

/// The pixel, centred, or NaN.
template <class T>
__device__ float centred(const Job<T>& job, Centring centring, int64_t n, int64_t h, int64_t w) {
  if (w >= job.frames.W) return NAN;
  const T p = job.frames.template row<T>(n, h)[w];
  const uint8_t* bad = job.frames.mask_row(n, h);
  if (!job.bounds.contain(p) || (bad && bad[w])) return NAN;
  return centred_pixel(p, centring);
}

/// Sums over a window or one column of it.
struct Sums {
  double weight, sum, square;
};

/// Calls body(h, sums, centre) with all threads for every row h of windows in the block's band. A
/// thread's window begins at its own column; centre is NaN where there is no value.
template <class T, class Body>
__device__ void for_windows(const Job<T>& job, const Body& body) {
  SHARED(float, ring, [max_window][tile]);  // the rows under the window
  SHARED(Sums, down, [tile]);               // its columns
  const int t = int(threadIdx.x), size = job.weights.size;
  const int64_t n = blockIdx.x, w = int64_t(blockIdx.z) * job.columns_of_tile() + t;
  const int64_t first = int64_t(blockIdx.y) * band;
  const int64_t last = min(first + band, job.rows()) + size - 1;
  const bool in_tile = t < job.columns_of_tile() && w < job.columns();
  const Centring centring = hitsieve::centring<T>(job.statistics[n]);
  for (int64_t h = first; h < last; ++h) {
    ring[h % size][t] = centred(job, centring, n, h, w);
    const int64_t top = h - size + 1;
    if (top < first) continue;
    Sums column{};
    for (int k = 0; k < size; ++k) {
      const double x = ring[(top + k) % size][t], a = job.weights.axis[k];
      if (!isnan(x)) column.weight += a, column.sum += a * x, column.square += a * x * x;
    }
    down[t] = column;
    __syncthreads();
    Sums window{};
    for (int k = 0; k < size && in_tile; ++k) {
      const double a = job.weights.axis[k];
      window.weight += a * down[t + k].weight, window.sum += a * down[t + k].sum;
      window.square += a * down[t + k].square;
    }
    body(top, window, in_tile ? ring[(top + size / 2) % size][t + size / 2] : NAN);
    __syncthreads();  // before the next row overwrites both
  }
}

/// The window's deviation times its weight.
__device__ double weighted_deviation(const Sums& s) {
  return sqrt(max(0.0, s.weight * s.square - s.sum * s.sum));
}

/// The normalised pixel in the middle of the window.
__device__ float value_of(const Sums& s, float centre, double floor) {
  const double divisor = max(weighted_deviation(s), s.weight * floor);
  return divisor > 0 ? float((s.weight * double(centre) - s.sum) / divisor) : 0.0f;
}

}  // namespace
}  // namespace hitsieve
