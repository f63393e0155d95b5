#include <algorithm>

#include "engine/check.h"
#include "kernels/frozen.cuh"
#include "kernels/frozen_net1d.h"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

constexpr int threads = 256;         // one block a vector
constexpr int group = frozen_group;  // output channels a thread makes

/// Elements of the two halves of shared memory: the inputs of even and of odd stages.
struct Halves {
  int64_t even = 0, odd = 0;
};

Halves halves(const FrozenNet1dSizes& s) {
  Halves h;
  for (int i = 0; i < s.blocks; ++i) {
    int64_t& half = i % 2 ? h.odd : h.even;
    half = std::max(half, int64_t(s.block[i].C) * s.block[i].L);
  }
  const FrozenBlock& last = s.block[s.blocks - 1];
  int64_t& base = s.blocks % 2 ? h.odd : h.even;
  base = std::max(base, int64_t(last.K) * last.pooled());
  const int64_t widest = s.end.widest();
  h.even = std::max(h.even, widest), h.odd = std::max(h.odd, widest);
  return h;
}

/// One pooled position of four channels: the maximum of `pool` convolutions, bias, ReLU.
__device__ void convolve_and_pool(const FrozenBlock& b, const float* x, const float* weight,
                                  const float* bias, int position, float most[group]) {
  for (int j = 0; j < group; ++j) most[j] = 0;  // ReLU: nothing is below
  for (int p = 0; p < b.pool; ++p) {
    const int first = position * b.pool + p - b.W / 2;
    float sum[group];
    for (int j = 0; j < group; ++j) sum[j] = bias[j];
    const float* w = weight;
    for (int c = 0; c < b.C; ++c)
      for (int i = 0; i < b.W; ++i, w += group) {
        const int l = first + i;
        const float v = l >= 0 && l < b.L ? x[c * b.L + l] : 0.0f;
        for (int j = 0; j < group; ++j) sum[j] = fmaf(w[j], v, sum[j]);
      }
    for (int j = 0; j < group; ++j) most[j] = fmaxf(most[j], sum[j]);
  }
}

/// Runs one block of the network from x (C, L) to y (K, pooled); returns the weights after it.
__device__ const float* run_block(const FrozenBlock& b, const float* x, const float* weight,
                                  float* y) {
  const int groups = frozen_groups(b.K), L = b.pooled();
  const float* bias = weight + groups * group * b.C * b.W;
  for (int i = int(threadIdx.x); i < groups * L; i += threads) {
    const int g = i / L, position = i % L;
    float most[group];
    convolve_and_pool(b, x, weight + g * group * b.C * b.W, bias + g * group, position, most);
    for (int j = 0; j < group; ++j)
      if (g * group + j < b.K) y[(g * group + j) * L + position] = most[j];
  }
  return bias + groups * group;
}

__global__ void __launch_bounds__(threads)
    forward_kernel(FrozenNet1dSizes s, int64_t odd_half, const float* x, const float* weights,
                   float* logits) {
  DYN_SHARED(float, memory);
  float* half[2] = {memory, memory + odd_half};
  const float* vector = x + int64_t(blockIdx.x) * s.block[0].L;
  for (int l = int(threadIdx.x); l < s.block[0].L; l += threads) half[0][l] = vector[l];
  __syncthreads();
  int stage = 0;
  for (int i = 0; i < s.blocks; ++i, ++stage) {
    weights = run_block(s.block[i], half[stage % 2], weights, half[(stage + 1) % 2]);
    __syncthreads();
  }
  const FrozenBlock& last = s.block[s.blocks - 1];
  float *y = half[stage % 2], *features = half[(stage + 1) % 2];
  read_out<WholeBlock>(s.end, last.K, last.pooled(), y, features);
  __syncthreads();
  run_layers<WholeBlock>(s.end, weights, features, y,
                         logits + int64_t(blockIdx.x) * s.end.outputs());
}

void forward(const FrozenNet1dSizes& s, Precision precision, int64_t N, const float* x,
             const float* weights, float* logits) {
  if (N == 0) return;
  if (precision != Precision::float32)
    return frozen_net1d_by_products(s, precision, N, x, weights, logits);
  const Halves h = halves(s);
  const size_t bytes = size_t(h.even + h.odd) * sizeof(float);
  check(bytes <= 163 * 1024, "frozen network: activations of ", bytes,
        " bytes do not fit into a multiprocessor's shared memory");
  launch(forward_kernel, dim3(unsigned(N)), dim3(threads), bytes, s, h.even, x, weights, logits);
}

}  // namespace

template <>
const FrozenNet1dKernels On<FrozenNet1dKernels>::cuda{forward};

}  // namespace hitsieve
