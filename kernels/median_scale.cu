#include "engine/launch.cuh"
#include "kernels/median_scale.h"

namespace hitsieve {
namespace {

constexpr int threads = 256;  // one block a row

/// How many of the row's elements above 0 have bits that, shifted right, are below `bound`.
/// Positive floats are ordered as their bits are. All threads get the count.
__device__ int count_below(const float* x, int64_t L, unsigned bound) {
  int count = 0;
  for (int64_t first = 0; first < L; first += threads) {
    const int64_t i = first + threadIdx.x;
    const float v = i < L ? x[i] : 0.0f;
    count += __syncthreads_count(v > 0 && unsigned(__float_as_int(v)) < bound);
  }
  return count;
}

/// The lower median of the elements above 0, found bit by bit from the top; 0 when there is none.
__device__ float positive_median(const float* x, int64_t L) {
  const int positive = count_below(x, L, 0x80000000u);
  if (positive == 0) return 0;
  const int rank = (positive - 1) / 2;
  unsigned bits = 0;
  for (int bit = 30; bit >= 0; --bit) {
    const unsigned candidate = bits | 1u << bit;
    if (count_below(x, L, candidate) <= rank) bits = candidate;
  }
  return __int_as_float(int(bits));
}

__global__ void __launch_bounds__(threads) forward_kernel(int64_t L, const float* x, float* y) {
  x += blockIdx.x * L, y += blockIdx.x * L;
  const float median = positive_median(x, L);
  __syncthreads();  // y may be x
  for (int64_t i = threadIdx.x; i < L; i += threads) y[i] = x[i] > 0 ? x[i] / median - 1 : 0.0f;
}

void forward(int64_t N, int64_t L, const float* x, float* y) {
  if (N > 0) launch(forward_kernel, dim3(unsigned(N)), dim3(threads), 0, L, x, y);
}

}  // namespace

template <>
const MedianScaleKernels On<MedianScaleKernels>::cuda{forward};

}  // namespace hitsieve
