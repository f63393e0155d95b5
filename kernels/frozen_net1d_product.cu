// The 1D network on tensor cores: a warp takes a vector. Activations lie channels last in its part
// of shared memory, with the convolution's zeros around them, so that a product's windows are read
// as they lie. The columns of a window are what a pool joins: each lane has its share of them, and
// takes the maximum in registers. The mean over the positions is summed there, too.
#include <algorithm>

#include "engine/check.h"
#include "engine/mma.cuh"
#include "kernels/frozen.cuh"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

constexpr int most_warps = 4;  // a block
constexpr int most_tiles = 2;  // of eight channels, made at once

/// Elements of a block's x: all of it and of every window, margins included.
HS_HD int x_elements(const FrozenBlock& b, int depth) {
  const FrozenProduct p = b.product();
  const int x = (b.L + b.W - 1) * channels_last(b.C);
  const int windows = (b.pooled() - 1) * p.step() + p.steps(depth) * depth;
  return up_to_multiple(x > windows ? x : windows, 4);
}

/// The weights of `tiles` tiles of channels, each of `pool` outputs: in registers, where all sizes
/// are known beforehand.
template <int steps, int pool, int tiles>
struct Columns {
  uint2 piece[pool][tiles][steps];

  __device__ Columns(const FrozenProduct& p, int, const float* weights, int tile0) {
    const int lane = OneWarp::rank(), all = p.y_channels / 8;
#pragma unroll
    for (int o = 0; o < pool; ++o)
#pragma unroll
      for (int j = 0; j < tiles; ++j)
#pragma unroll
        for (int s = 0; s < steps; ++s)
          piece[o][j][s] =
              load_piece(weights + int64_t((o * all + tile0 + j) * steps + s) * 64, lane);
  }
  __device__ uint2 operator()(int o, int j, int s) const { return piece[o][j][s]; }
};
template <int tiles>
struct Columns<0, 0, tiles> {
  const float* weights;
  int steps, all;

  __device__ Columns(const FrozenProduct& p, int steps_of_window, const float* from, int tile0)
      : weights(from + int64_t(tile0) * steps_of_window * 64),
        steps(steps_of_window),
        all(p.y_channels / 8) {}
  __device__ uint2 operator()(int o, int j, int s) const {
    return load_piece(weights + int64_t((o * all + j) * steps + s) * 64, OneWarp::rank());
  }
};

/// Windows g and g + 8 of sixteen. loose: they begin anywhere.
template <class M, int steps, bool loose>
struct Windows {
  uint2 piece[steps][2];

  __device__ Windows(const typename M::Element* g, const typename M::Element* g8) {
#pragma unroll
    for (int s = 0; s < steps; ++s) piece[s][0] = load(g, s), piece[s][1] = load(g8, s);
  }
  static __device__ uint2 load(const typename M::Element* window, int s) {
    const int t = OneWarp::rank() % 4;
    if constexpr (loose)
      return load_loose_piece(window + s * M::depth, t);
    else
      return load_piece(window + s * M::depth, t);
  }
  __device__ uint2 operator()(int s, int half) const { return piece[s][half]; }
};
template <class M, bool loose>
struct Windows<M, 0, loose> {
  const typename M::Element* window[2];

  __device__ Windows(const typename M::Element* g, const typename M::Element* g8) : window{g, g8} {}
  __device__ uint2 operator()(int s, int half) const {
    return Windows<M, 1, loose>::load(window[half], s);
  }
};

/// Where a block's outputs go: (tile j of those made at once, position q, channels k and k + 1).
/// Into the next block's x.
template <class M>
struct ToNext {
  typename M::Element* y;  ///< of position 0
  int channels;

  __device__ void put(int, int q, int k, float v, float w) {
    if (channels == 1 && k == 0) y[q] = M::rounded(v);
    if (channels > 1 && k < channels) store_pair<M>(y + q * channels + k, v, w);
  }
  __device__ void finish(int, int) {}
};
struct ToFeatures {
  float* features;
  int channels, area;

  __device__ void put(int, int q, int k, float v, float w) {
    if (k < channels) features[k * area + q] = v;
    if (k + 1 < channels) features[(k + 1) * area + q] = w;
  }
  __device__ void finish(int, int) {}
};
struct ToMean {
  float* features;
  int channels, area;
  float sum[most_tiles][2] = {};

  __device__ void put(int j, int, int, float v, float w) { sum[j][0] += v, sum[j][1] += w; }
  __device__ void finish(int j, int k) {
    for (int i = 0; i < 2; ++i) {
      for (int lanes = 4; lanes < 32; lanes *= 2)
        sum[j][i] += __shfl_xor_sync(0xffffffffu, sum[j][i], lanes);
      if (OneWarp::rank() < 4 && k + i < channels) features[k + i] = sum[j][i] / float(area);
      sum[j][i] = 0;
    }
  }
};

/// `tiles` tiles of eight channels from tile0 on. steps and pool 0: any.
template <class M, bool loose, int steps, int pool, int tiles, class To>
__device__ void convolve(const FrozenBlock& b, const typename M::Element* x, const float* weights,
                         int tile0, To& to) {
  const FrozenProduct p = b.product();
  const int n_steps = steps ? steps : p.steps(M::depth), outputs = pool ? pool : b.pool;
  const int g = OneWarp::rank() / 4, t = OneWarp::rank() % 4, last = b.pooled() - 1;
  const int k = tile0 * 8 + 2 * t;
  const Columns<steps, pool, tiles> columns(p, n_steps, weights, tile0);
  float bias[tiles][2];
  for (int j = 0; j < tiles; ++j)
    for (int i = 0; i < 2; ++i) bias[j][i] = weights[p.bias(M::depth) + k + 8 * j + i];
  for (int q = g; q - g <= last; q += 16) {
    const Windows<M, steps, loose> windows(x + min(q, last) * p.step(),
                                           x + min(q + 8, last) * p.step());
    float most[tiles][4] = {};  // ReLU: nothing is below
#pragma unroll
    for (int o = 0; o < outputs; ++o)
#pragma unroll
      for (int j = 0; j < tiles; ++j) {
        float sum[4] = {bias[j][0], bias[j][1], bias[j][0], bias[j][1]};
#pragma unroll
        for (int s = 0; s < n_steps; ++s)
          M::multiply_add(sum, windows(s, 0), windows(s, 1), columns(o, j, s));
        for (int i = 0; i < 4; ++i) most[j][i] = fmaxf(most[j][i], sum[i]);
      }
#pragma unroll
    for (int j = 0; j < tiles; ++j) {
      if (q <= last) to.put(j, q, k + 8 * j, most[j][0], most[j][1]);
      if (q + 8 <= last) to.put(j, q + 8, k + 8 * j, most[j][2], most[j][3]);
    }
  }
  for (int j = 0; j < tiles; ++j) to.finish(j, k + 8 * j);
}

/// The first block of the RWD network, or any of one channel.
template <class To>
__device__ void run_block(const FrozenBlock& b, const float* x, const float* weights, To to) {
  const FrozenProduct p = b.product();
  if (p.steps(Tf32::depth) == 1 && b.pool == 3 && p.y_channels == 8)
    return convolve<Tf32, true, 1, 3, 1>(b, x, weights, 0, to);
  for (int tile = 0; tile < p.y_channels / 8; ++tile)
    convolve<Tf32, true, 0, 0, 1>(b, x, weights, tile, to);
}

/// Its second, or any other.
template <class M, class To>
__device__ void run_inner_block(const FrozenBlock& b, const typename M::Element* x,
                                const float* weights, To to) {
  constexpr int steps = (24 + M::depth - 1) / M::depth;
  const FrozenProduct p = b.product();
  if (p.steps(M::depth) == steps && b.pool == 1 && p.y_channels == 16)
    return convolve<M, false, steps, 1, 2>(b, x, weights, 0, to);
  for (int tile = 0; tile < p.y_channels / 8; ++tile)
    convolve<M, false, 0, 0, 1>(b, x, weights, tile, to);
}

template <class M, class To>
__device__ void run_block(const FrozenBlock& b, const void* x, const float* weights, To to) {
  if (b.C == 1)
    run_block(b, static_cast<const float*>(x), weights, to);
  else
    run_inner_block<M>(b, static_cast<const typename M::Element*>(x), weights, to);
}

/// Zeros around the x of a block, and its first element.
template <class M>
__device__ typename M::Element* begin_x(const FrozenBlock& b, void* memory) {
  auto* const x = static_cast<typename M::Element*>(memory);
  const int channels = channels_last(b.C), before = b.W / 2 * channels, all = b.L * channels;
  for (int i = OneWarp::rank(); i < x_elements(b, M::depth) - all; i += 32)
    x[i < before ? i : all + i] = M::rounded(0);
  return x + before;
}

template <class M>
__global__ void __launch_bounds__(32 * most_warps)
    forward_kernel(FrozenNet1dSizes s, int even_half, int odd_half, int64_t N, const float* vectors,
                   const float* weights, float* logits) {
  DYN_SHARED(float, memory);
  const int warp = int(threadIdx.x) / 32;
  const int64_t n = int64_t(blockIdx.x) * (blockDim.x / 32) + warp;
  if (n >= N) return;  // whole warps, and nothing waits for them
  float* const even = memory + warp * (even_half + odd_half);
  float* const odd = even + even_half;
  float* const x = begin_x<Tf32>(s.block[0], even);
  for (int l = OneWarp::rank(); l < s.block[0].L; l += 32)
    x[l] = Tf32::rounded(vectors[n * s.block[0].L + l]);
  for (int i = 0; i < s.blocks; ++i) {
    const FrozenBlock& b = s.block[i];
    const float* from = i % 2 ? odd : even;
    float* to = i % 2 ? even : odd;
    const bool last = i + 1 == s.blocks;
    const FrozenBlock& next = s.block[last ? i : i + 1];
    __syncwarp();
    if (last && s.end.readout == FrozenReadout::mean)
      run_block<M>(b, from, weights, ToMean{to, b.K, b.pooled()});
    else if (last)
      run_block<M>(b, from, weights, ToFeatures{to, b.K, b.pooled()});
    else if (next.C == 1)
      run_block<M>(b, from, weights, ToNext<Tf32>{begin_x<Tf32>(next, to), 1});
    else
      run_block<M>(b, from, weights, ToNext<M>{begin_x<M>(next, to), channels_last(next.C)});
    weights += b.product().weights(b.C == 1 ? Tf32::depth : M::depth);
  }
  __syncwarp();
  float *features = s.blocks % 2 ? odd : even, *spare = s.blocks % 2 ? even : odd;
  run_layers<OneWarp>(s.end, weights, features, spare, logits + n * s.end.outputs());
}

template <class M>
void run(const FrozenNet1dSizes& s, Precision precision, int64_t N, const float* x,
         const float* weights, float* logits) {
  int half[2] = {s.end.widest(), s.end.widest()};
  for (int i = 0; i < s.blocks; ++i) {
    const Precision of = s.block[i].precision(precision);
    const int elements = x_elements(s.block[i], depth_of(of));
    half[i % 2] = std::max(half[i % 2], of == Precision::bf16 ? elements / 2 : elements);
  }
  for (int& floats : half) floats = up_to_multiple(floats, 4);
  const int bytes = (half[0] + half[1]) * int(sizeof(float));
  check(bytes <= 160 * 1024, "frozen network: activations of ", bytes,
        " bytes do not fit into a multiprocessor's shared memory");
  const int warps = std::clamp(96 * 1024 / bytes, 1, most_warps);
  launch(forward_kernel<M>, (N + warps - 1) / warps, 32 * warps, size_t(warps) * bytes, s, half[0],
         half[1], N, x, weights, logits);
}

}  // namespace

void frozen_net1d_by_products(const FrozenNet1dSizes& s, Precision precision, int64_t N,
                              const float* x, const float* weights, float* logits) {
  (precision == Precision::tf32 ? run<Tf32> : run<Bf16>)(s, precision, N, x, weights, logits);
}

}  // namespace hitsieve
