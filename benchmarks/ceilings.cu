#include "benchmarks/ceilings.h"
#include "engine/launch.cuh"
#include "engine/tensor.h"

namespace hitsieve::bench {
namespace {

constexpr int chains = 8, rounds = 4096, threads_of_block = 256, blocks = 2048;

/// Chains that do not wait for each other; the result is written so that nothing is left out.
__global__ void multiply_adds(float a, float b, float* y) {
  float x[chains];
  for (int i = 0; i < chains; ++i) x[i] = float(threadIdx.x + i);
  for (int r = 0; r < rounds; ++r) {
#pragma unroll
    for (int i = 0; i < chains; ++i) x[i] = fmaf(x[i], a, b);
  }
  float sum = 0;
  for (int i = 0; i < chains; ++i) sum += x[i];
  y[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

}  // namespace

double multiply_adds_on_gpu() {
  static const Tensor y({int64_t(blocks) * threads_of_block}, DType::f32, Device::cuda);
  launch(multiply_adds, blocks, threads_of_block, 0, 0.999f, 0.001f, y.data<float>());
  return 2.0 * chains * rounds * blocks * threads_of_block;
}

}  // namespace hitsieve::bench
