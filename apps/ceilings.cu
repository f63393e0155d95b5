#include "apps/ceilings.h"
#include "engine/device.h"
#include "engine/launch.cuh"

namespace hitsieve {
namespace {

constexpr int chains = 8, threads_of_block = 256, blocks = 2048;

/// Chains that do not wait for each other. What comes out is never negative; that it would be
/// written keeps the compiler from leaving it out.
__global__ void multiply_adds(int64_t rounds, float a, float b, float* sink) {
  float x[chains];
  for (int i = 0; i < chains; ++i) x[i] = float(threadIdx.x + i);
#pragma unroll 16
  for (int64_t r = 0; r < rounds; ++r) {
#pragma unroll
    for (int i = 0; i < chains; ++i) x[i] = fmaf(x[i], a, b);
  }
  float sum = 0;
  for (int i = 0; i < chains; ++i) sum += x[i];
  if (sum < 0) *sink = sum;
}

double on_every_multiprocessor(int64_t rounds, float* sink) {
  launch(multiply_adds, blocks, threads_of_block, 0, rounds, 0.999f, 0.001f, sink);
  return 2.0 * chains * double(rounds) * blocks * threads_of_block;
}

}  // namespace

template <>
const MultiplyAddOps On<MultiplyAddOps>::cuda{on_every_multiprocessor};

}  // namespace hitsieve
