#include "engine/launch.cuh"
#include "kernels/baseline_scale.h"

namespace hitsieve {
namespace {

constexpr int threads = 256;  // one block a vector, one warp a knot at a time
constexpr int warps = threads / 32;
constexpr unsigned everyone = 0xffffffffu;

/// How many of the elements are above 0 and have bits below `bound`; every lane gets the count.
__device__ int count_below(const float* x, int count, int bound) {
  int below = 0;
  for (int first = 0; first < count; first += 32) {
    const int i = first + int(threadIdx.x % 32);
    const int bits = i < count ? __float_as_int(x[i]) : 0;
    below += __popc(__ballot_sync(everyone, bits > 0 && bits < bound));
  }
  return below;
}

/// The lower median of the elements above 0, from the top bit down; 0 when there is none.
__device__ float positive_median(const float* x, int count) {
  const int positive = count_below(x, count, 0x7fffffff);
  if (positive == 0) return 0;
  const int rank = (positive - 1) / 2;
  int found = 0;
  for (int bit = 30; bit >= 0; --bit) {
    const int candidate = found | 1 << bit;
    if (count_below(x, count, candidate) <= rank) found = candidate;
  }
  return __int_as_float(found);
}

/// Dynamic shared memory: the vector, then the medians.
__global__ void __launch_bounds__(threads)
    forward_kernel(BaselineSizes s, const float* x, float* y) {
  DYN_SHARED(float, vector);
  float* medians = vector + s.L();
  x += int64_t(blockIdx.x) * s.L(), y += int64_t(blockIdx.x) * s.L();
  for (int i = int(threadIdx.x); i < s.L(); i += threads) vector[i] = x[i];
  __syncthreads();
  for (int knot = int(threadIdx.x) / 32; knot < s.knots.count(); knot += warps) {
    float median =
        positive_median(vector + s.knots.first(knot), s.knots.last(knot) - s.knots.first(knot));
    if (!(median > 0)) median = positive_median(vector, s.L());
    if (threadIdx.x % 32 == 0) medians[knot] = median;
  }
  __syncthreads();
  for (int i = int(threadIdx.x); i < s.L(); i += threads)
    y[i] = off_baseline(vector[i], interpolated(medians, between(s.knots, i)));
}

void forward(const BaselineSizes& s, const float* x, float* y) {
  if (s.N == 0) return;
  const size_t bytes = size_t(s.L() + s.knots.count()) * sizeof(float);
  launch(forward_kernel, dim3(unsigned(s.N)), dim3(threads), bytes, s, x, y);
}

}  // namespace

template <>
const BaselineScaleKernels On<BaselineScaleKernels>::cuda{forward};

}  // namespace hitsieve
