// Internal to the frozen networks on CUDA: frozen.h's end of the network, by the threads of a
// block or of a warp.
#pragma once
#include <cstddef>
#include <type_traits>

#include "engine/launch.cuh"
#include "kernels/frozen.h"

namespace hitsieve {
namespace {

/// Neighbours that one load brings.
template <class T, int count>
struct alignas(count * sizeof(T)) Several {
  T x[count];
};
using Quad = Several<float, 4>;

/// The threads that work together on one vector or image.
struct WholeBlock {
  static __device__ int rank() { return int(threadIdx.x); }
  static __device__ int size() { return int(blockDim.x); }
  static __device__ void wait() { __syncthreads(); }
};
struct OneWarp {
  static __device__ int rank() { return int(threadIdx.x) % 32; }
  static __device__ int size() { return 32; }
  static __device__ void wait() { __syncwarp(); }
};

/// x (channels, area) -> features. A warp takes the mean of a channel, always in the same order.
template <class Team>
__device__ void read_out(const FrozenEnd& end, int channels, int area, const float* x,
                         float* features) {
  if (end.readout == FrozenReadout::flatten) {
    for (int i = Team::rank(); i < channels * area; i += Team::size()) features[i] = x[i];
    return;
  }
  const int lane = Team::rank() % 32;
  for (int k = Team::rank() / 32; k < channels; k += Team::size() / 32) {
    float sum = 0;
    for (int i = lane; i < area; i += 32) sum += x[k * area + i];
    for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
    if (lane == 0) features[k] = sum / float(area);
  }
}

/// Terms [begin, end) of a layer's output k, added to sum.
__device__ inline float add_terms(int begin, int end, int K, const float* x, const float* weight,
                                  int k, float sum) {
  for (int c = begin; c < end; ++c) sum = fmaf(x[c], weight[c * K + k], sum);
  return sum;
}

/// y = a layer of x, with ReLU unless it is the last. All threads of the team come here. sums:
/// Team::size() floats of shared memory, where several threads are to share an output; else
/// nullptr.
template <class Team, class Sums>
__device__ void run_layer(int C, int K, bool last, const float* x, const float* weight, Sums sums,
                          float* y) {
  int parts = 0;
  if constexpr (std::is_same_v<Sums, float*>) {
    parts = Team::size() / K;
    const int part = Team::rank() / K, k = Team::rank() - part * K;
    if (part < parts)
      sums[Team::rank()] =
          add_terms(C * part / parts, C * (part + 1) / parts, K, x, weight, k, 0.0f);
    Team::wait();
  }
  for (int k = Team::rank(); k < K; k += Team::size()) {
    float sum = weight[C * K + k];
    if constexpr (std::is_same_v<Sums, float*>)
      for (int j = 0; j < parts; ++j) sum += sums[j * K + k];
    if (parts == 0) sum = add_terms(0, C, K, x, weight, k, sum);
    y[k] = last ? sum : fmaxf(sum, 0.0f);
  }
  Team::wait();
}

/// Features in `from` -> logits; from and to hold widest() floats of shared memory each. All
/// threads of the team come here, after they waited for each other.
template <class Team, class Sums = std::nullptr_t>
__device__ void run_layers(const FrozenEnd& end, const float* weights, float* from, float* to,
                           float* logits, Sums sums = nullptr) {
  for (int i = 0; i < end.layers; ++i) {
    const int C = end.width[i], K = end.width[i + 1];
    const bool last = i + 1 == end.layers;
    run_layer<Team>(C, K, last, from, weights, sums, last ? logits : to);
    weights += packed_layer(C, K);
    float* used = from;
    from = to, to = used;
  }
}

}  // namespace
}  // namespace hitsieve
