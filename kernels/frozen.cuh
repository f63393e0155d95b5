// Internal to the frozen networks on CUDA: frozen.h's end of the network, by the threads of a
// block or of a warp.
#pragma once
#include "engine/launch.cuh"
#include "kernels/frozen.h"

namespace hitsieve {
namespace {

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

/// x (channels, area) -> features.
template <class Team>
__device__ void read_out(const FrozenEnd& end, int channels, int area, const float* x,
                         float* features) {
  if (end.readout == FrozenReadout::flatten) {
    for (int i = Team::rank(); i < channels * area; i += Team::size()) features[i] = x[i];
    return;
  }
  for (int k = Team::rank(); k < channels; k += Team::size()) {
    float sum = 0;
    for (int i = 0; i < area; ++i) sum += x[k * area + i];
    features[k] = sum / float(area);
  }
}

/// Features in `from` -> logits; from and to hold widest() floats of shared memory each. All
/// threads of the team come here, after they waited for each other.
template <class Team>
__device__ void run_layers(const FrozenEnd& end, const float* weights, float* from, float* to,
                           float* logits) {
  for (int i = 0; i < end.layers; ++i) {
    const int C = end.width[i], K = end.width[i + 1];
    const bool last = i + 1 == end.layers;
    float* y = last ? logits : to;
    for (int k = Team::rank(); k < K; k += Team::size()) {
      float sum = weights[C * K + k];
      for (int c = 0; c < C; ++c) sum = fmaf(from[c], weights[c * K + k], sum);
      y[k] = last ? sum : fmaxf(sum, 0.0f);
    }
    Team::wait();
    weights += packed_layer(C, K);
    float* used = from;
    from = to, to = used;
  }
}

}  // namespace
}  // namespace hitsieve
