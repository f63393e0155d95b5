#include "kernels/box5_pairs.cuh"
#include "kernels/box5_windows.cuh"
#include "kernels/raw_windows.cuh"
#include "kernels/warp_range.cuh"

namespace hitsieve {
namespace {

constexpr int warps = tile / 32;

/// Every warp leaves its range of every row in ranges (N, tiles * warps, rows).
template <class T>
__global__ void __launch_bounds__(tile) ranges_kernel(Job<T> job, Range<float>* ranges) {
  const int64_t n = blockIdx.x, part = int64_t(blockIdx.z) * warps + threadIdx.x / 32;
  Range<float>* const to = ranges + (n * gridDim.z * warps + part) * job.rows();
  const double floor = floor_of(job, n);
  for_windows(job, [&](int64_t h, const Sums& s, float centre) {
    Range<float> range;
    if (!isnan(centre)) range.take(value_of(s, centre, floor));
    range = warp_range(range);
    if (threadIdx.x % 32 == 0) to[h] = range;
  });
}

/// Floats in the order of integers.
__device__ int ordered(float x) {
  const int bits = __float_as_int(x);
  return bits < 0 ? bits ^ 0x7fffffff : bits;
}
__device__ float from_ordered(int bits) {
  return __int_as_float(bits < 0 ? bits ^ 0x7fffffff : bits);
}

/// The range of a row of the warp's windows.
__device__ Range<float> box5_range(const Box5Values& values, int columns) {
  Range<float> range;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) range.take(values.y[i]);
  if (columns <= 0) range = {};
  const float top = from_ordered(__reduce_max_sync(box5_lanes, ordered(range.top)));
  const float bottom = from_ordered(__reduce_min_sync(box5_lanes, ordered(range.bottom)));
  return {values.value(top), values.value(bottom)};
}

/// The same from d = 25 c - S in pairs. Words are in the order of their upper halves.
template <class T>
__device__ Range<float> box5_range(unsigned (&d)[box5_pairs], const Box5Strip<T>& strip) {
  if (!strip.whole)
#pragma unroll
    for (int k = 0; k < box5_pairs; ++k)
      if (2 * k + 1 >= strip.columns)
        d[k] = unsigned(int16_t(2 * k < strip.columns ? d[k] : d[0])) * box5_halves;
  int most = INT_MIN, least = INT_MAX;
#pragma unroll
  for (int k = 0; k < box5_pairs; ++k) {
    const int upper = int(d[k]), lower = int(d[k] << 16);
    most = max(most, max(upper, lower)), least = min(least, min(upper, lower));
  }
  if (strip.columns <= 0) most = INT_MIN, least = INT_MAX;
  const auto value = [of_floor = 1 / strip.floor](int word) {
    return float((word + 0x8000) >> 16) * (1 / 25.0f) * of_floor;
  };
  return {value(__reduce_max_sync(box5_lanes, most)), value(__reduce_min_sync(box5_lanes, least))};
}

/// Every warp leaves its range of every row in ranges (N, strips, rows).
template <class T, bool packs>
__global__ void __launch_bounds__(box5_threads, packs ? 16 : 12)
    box5_ranges_kernel(Box5Job<T> job, Range<float>* ranges) {
  Range<float>* const to = ranges + (box5_frame() * job.strips() + blockIdx.x) * job.rows();
  const Box5Strip<T> strip{job};
  const auto keep = [&](int h, const Range<float>& range) {
    if (threadIdx.x == 0) to[h] = range;
  };
  const auto of_values = [&](int h, const Box5Values& values) {
    keep(h, box5_range(values, strip.columns));
  };
  if constexpr (sizeof(T) == 2) {
    const auto of_pairs = [&](int h, auto& d) { keep(h, box5_range(d, strip)); };
    const Box5Interval<T> calm(strip);
    for (int h = strip.first; h < strip.last;) {
      if (calm.any)
        h = job.frames.mask ? for_box5_pairs<packs, true>(strip, calm, h, of_pairs)
                            : for_box5_pairs<packs, false>(strip, calm, h, of_pairs);
      if (h < strip.last)
        h = for_box5_rows<packs>(strip, h, calm.any ? box5_pairs_again : INT_MAX, of_values);
    }
  } else {
    for_box5_rows<packs>(strip, strip.first, INT_MAX, of_values);
  }
}

/// A thread a row, of which ranges (N, parts, rows) has `parts`.
__global__ void vector_kernel(int64_t N, int64_t rows, int64_t parts, const Range<float>* ranges,
                              const FrameStatistics* statistics, float* vectors) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= N * rows) return;
  const int64_t n = i / rows, h = i % rows;
  Range<float> all;
  for (int64_t k = 0; k < parts; ++k) all.take(ranges[(n * parts + k) * rows + h]);
  vectors[i] = statistics[n].deviation > 0 ? all.size() : 0.0f;
}

void box5_vectors(const RawFrames& frames, const LcnOptions& options, float* vectors,
                  FrameStatistics* statistics) {
  for_box5_jobs(frames, options, statistics, [&]<class T>(int64_t n, const Box5Job<T>& job) {
    const int64_t some = job.frames.N, rows = job.rows(), strips = job.strips();
    const Tensor memory({some, strips, rows, int64_t(sizeof(Range<float>))}, DType::u8,
                        Device::cuda);
    auto* ranges = static_cast<Range<float>*>(memory.bytes());
    launch(job.packs() ? box5_ranges_kernel<T, true> : box5_ranges_kernel<T, false>, job.grid(),
           box5_threads, 0, job, ranges);
    launch_over(some * rows, vector_kernel, some, rows, strips, ranges, job.statistics,
                vectors + n * rows);
  });
}

void vectors(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
             float* vectors, FrameStatistics* statistics) {
  if (frames.N > 0 && weights.is_box5() && options.floor == Floor::global)
    return box5_vectors(frames, options, vectors, statistics);
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
