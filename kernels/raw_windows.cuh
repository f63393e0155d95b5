// Internal to raw_to_vector and raw_to_image on CUDA: the floor of the windows' deviations, and the
// job that both launch.
#pragma once
#include "kernels/raw_window_sums.cuh"

namespace hitsieve {
namespace {

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
