// Internal to raw_to_vector and raw_to_image on CUDA: the windows of raw frames, centred and
// normalised in shared memory, without ever holding the normalised image.
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
  return float((double(p) - centring.origin) * centring.scale);
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

struct Part {
  double sum, count;
};

template <class T>
__global__ void __launch_bounds__(tile) deviations_kernel(Job<T> job, Part* parts) {
  double sum = 0, count = 0;
  for_windows(job, [&](int64_t, const Sums& s, float centre) {
    if (!isnan(centre)) sum += weighted_deviation(s) / s.weight, count += 1;
  });
  sum = block_sum(sum), count = block_sum(count);
  const int64_t block = (int64_t(blockIdx.x) * gridDim.y + blockIdx.y) * gridDim.z + blockIdx.z;
  if (threadIdx.x == 0) parts[block] = {sum, count};
}

/// A thread a frame, which adds its parts up in order.
__global__ void floor_kernel(int64_t N, int64_t count, const Part* parts, double* floors) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= N) return;
  Part all{0, 0};
  for (int64_t i = n * count; i < (n + 1) * count; ++i)
    all.sum += parts[i].sum, all.count += parts[i].count;
  floors[n] = all.count > 0 ? all.sum / all.count : 0.0;
}

/// What a deviation of frame n is kept from below by.
template <class T>
__device__ double floor_of(const Job<T>& job, int64_t n) {
  return job.floor_factor * (job.floors ? job.floors[n] : centring<T>(job.statistics[n]).deviation);
}

/// Blocks over all bands and tiles of all frames.
template <class T>
dim3 grid_of(const Job<T>& job) {
  const int64_t tiles = (job.columns() + job.columns_of_tile() - 1) / job.columns_of_tile();
  return {unsigned(job.frames.N), unsigned((job.rows() + band - 1) / band), unsigned(tiles)};
}

/// Calls body(job) with the statistics and the floors that the options ask for.
template <class Body>
void with_job(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
              FrameStatistics* statistics, const Body& body) {
  if (frames.N == 0) return;
  pick<GcnKernels>(Device::cuda).statistics(frames, statistics);
  by_pixel(frames.type, "raw frames", [&]<class T>() {
    Job<T> job{frames,  bounds_of<T>(frames.range), weights, statistics,
               nullptr, options.floor_factor};
    const dim3 grid = grid_of(job);
    const int64_t blocks = int64_t(grid.y) * grid.z;
    const Tensor floors({frames.N}, DType::f64, Device::cuda);
    if (options.floor == Floor::mean_deviation) {
      const Tensor parts({frames.N * blocks, int64_t(sizeof(Part))}, DType::u8, Device::cuda);
      Part* sums = static_cast<Part*>(parts.bytes());
      launch(deviations_kernel<T>, grid, tile, 0, job, sums);
      launch_over(frames.N, floor_kernel, frames.N, blocks, sums, floors.data<double>());
      job.floors = floors.data<double>();
    }
    body(job);
  });
}

}  // namespace
}  // namespace hitsieve
