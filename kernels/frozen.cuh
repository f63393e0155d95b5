// Internal to the frozen networks on CUDA: frozen.h's end of the network, by the threads of a
// block.
#pragma once
#include "engine/launch.cuh"
#include "kernels/frozen.h"

namespace hitsieve {
namespace {

/// x (channels, area) -> features.
__device__ void read_out(const FrozenEnd& end, int channels, int area, const float* x,
                         float* features) {
  if (end.readout == FrozenReadout::flatten) {
    for (int i = int(threadIdx.x); i < channels * area; i += int(blockDim.x)) features[i] = x[i];
    return;
  }
  for (int k = int(threadIdx.x); k < channels; k += int(blockDim.x)) {
    float sum = 0;
    for (int i = 0; i < area; ++i) sum += x[k * area + i];
    features[k] = sum / float(area);
  }
}

/// Features in `from` -> logits; from and to hold widest() floats of shared memory each. All
/// threads of the block come here, after a barrier.
__device__ void run_layers(const FrozenEnd& end, const float* weights, float* from, float* to,
                           float* logits) {
  for (int i = 0; i < end.layers; ++i) {
    const int C = end.width[i], K = end.width[i + 1];
    const bool last = i + 1 == end.layers;
    float* y = last ? logits : to;
    for (int k = int(threadIdx.x); k < K; k += int(blockDim.x)) {
      float sum = weights[C * K + k];
      for (int c = 0; c < C; ++c) sum = fmaf(from[c], weights[c * K + k], sum);
      y[k] = last ? sum : fmaxf(sum, 0.0f);
    }
    __syncthreads();
    weights += packed_layer(C, K);
    float* used = from;
    from = to, to = used;
  }
}

}  // namespace
}  // namespace hitsieve
