#include "kernels/raw_windows.cuh"
#include "kernels/warp_range.cuh"

namespace hitsieve {
namespace {

constexpr int warps = tile / 32;

/// Every warp leaves its range of every row in ranges (N, rows, tiles * warps).
template <class T>
__global__ void __launch_bounds__(tile) ranges_kernel(Job<T> job, Range<float>* ranges) {
  const int64_t n = blockIdx.x, parts = int64_t(gridDim.z) * warps;
  const double floor = floor_of(job, n);
  for_windows(job, [&](int64_t h, const Sums& s, float centre) {
    Range<float> range;
    if (!isnan(centre)) range.take(value_of(s, centre, floor));
    range = warp_range(range);
    if (threadIdx.x % 32 == 0)
      ranges[(n * job.rows() + h) * parts + int64_t(blockIdx.z) * warps + threadIdx.x / 32] = range;
  });
}

/// A thread a row.
__global__ void vector_kernel(int64_t N, int64_t rows, int64_t parts, const Range<float>* ranges,
                              const FrameStatistics* statistics, float* vectors) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= N * rows) return;
  Range<float> all;
  for (int64_t k = i * parts; k < (i + 1) * parts; ++k) all.take(ranges[k]);
  vectors[i] = statistics[i / rows].deviation > 0 ? all.size() : 0.0f;
}

void vectors(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
             float* vectors, FrameStatistics* statistics) {
  with_job(frames, weights, options, statistics, [&]<class T>(const Job<T>& job) {
    const dim3 grid = grid_of(job);
    const int64_t N = frames.N, rows = job.rows(), parts = int64_t(grid.z) * warps;
    const Tensor memory({N, rows, parts, int64_t(sizeof(Range<float>))}, DType::u8, Device::cuda);
    auto* ranges = static_cast<Range<float>*>(memory.bytes());
    launch(ranges_kernel<T>, grid, tile, 0, job, ranges);
    launch_over(N * rows, vector_kernel, N, rows, parts, ranges, job.statistics, vectors);
  });
}

}  // namespace

template <>
const RawToVectorKernels On<RawToVectorKernels>::cuda{vectors};

}  // namespace hitsieve
