// Sums over the threads of a block, always in the same order: same input, same bits.
#pragma once
#include "engine/launch.cuh"

namespace hitsieve {

/// Threads of a block that calls block_sum: one dimension, whole warps.
inline constexpr int sum_threads = 256;

/// The sum of `value` over the block; every thread gets it, and every thread must call it.
template <class T>
__device__ T block_sum(T value) {
  SHARED(T, of_warp, [sum_threads / 32]);
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  T sum = 0;
  for (int warp = 0; warp < sum_threads / 32; ++warp) sum += of_warp[warp];
  __syncthreads();  // the next call overwrites of_warp
  return sum;
}

}  // namespace hitsieve
