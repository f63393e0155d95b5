// CUDA: a thread block takes a vector. Activations lie in shared memory, each row with the
// convolution's zeros around it; what a block of the network reads and what it writes are the two
// halves of that memory.
#include <algorithm>

#include "engine/check.h"
#include "engine/divisor.cuh"
#include "kernels/frozen.cuh"
#include "kernels/frozen_net1d.h"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

constexpr int threads = 128;
constexpr int group = frozen_group;  // output channels that a thread makes

/// What a thread makes of each channel: `wide` neighbouring outputs, in each of `parts` parts of
/// the row, which share weights.
struct Share {
  int wide = 1, parts = 1;
};
/// Kernels are made for the blocks of the published network.
HS_HD constexpr Share share_of(int W, int pool) {
  if (W == 5 && pool == 3) return {2, 1};
  if (W == 3 && pool == 1) return {4, 2};
  return {};
}

/// A block of the network as the kernel works on it.
struct Stage {
  FrozenBlock b;
  int pooled;
  Divisor strips;  ///< threads that share a part of a row
  int pitch;       ///< of x: a row, the zeros around it, and what a last thread reads beyond

  Stage() = default;
  explicit Stage(const FrozenBlock& block) : b(block), pooled(block.pooled()) {
    const auto [wide, parts] = share_of(b.W, b.pool);
    strips = Divisor((pooled + wide * parts - 1) / (wide * parts));
    const int positions = strips.size() * wide * parts * b.pool;
    pitch = up_to_multiple(std::max(b.L, positions) + b.W - 1, 4);
  }
  HS_HD int before() const { return b.W / 2; }  ///< zeros
};

struct Plan {
  int blocks = 0;
  Stage stage[FrozenNet1dSizes::max_blocks];
  int half[2] = {0, 0};  ///< floats: the inputs of even and of odd stages

  explicit Plan(const FrozenNet1dSizes& s) : blocks(s.blocks) {
    const int widest = s.end.widest();
    half[0] = half[1] = widest;
    for (int i = 0; i < blocks; ++i) {
      stage[i] = Stage(s.block[i]);
      half[i % 2] = std::max(half[i % 2], s.block[i].C * stage[i].pitch);
    }
    const FrozenBlock& last = s.block[blocks - 1];
    half[blocks % 2] = std::max(half[blocks % 2], last.K * last.pooled());
    for (int& floats : half) floats = up_to_multiple(floats, 4);
  }
  size_t bytes() const { return size_t(half[0] + half[1]) * sizeof(float); }
};

/// Where a block's outputs go: position 0 of channel 0. quads: every fourth is aligned for a store
/// of four.
struct Outputs {
  float* y;
  int pitch;
  bool quads;
};

/// `count` neighbours in loads of `width` floats.
template <int width, int count>
__device__ void load(const float* x, float (&v)[count]) {
  using Load = Several<float, width>;
#pragma unroll
  for (int i = 0; i < count; ++i)
    if (i % width == 0) {
      const Load loaded = *reinterpret_cast<const Load*>(x + i);
      for (int j = 0; j < width && i + j < count; ++j) v[i + j] = loaded.x[j];
    }
}

/// Neighbouring outputs of channel k, from position `at` on. quads: four at once, all of which are
/// inside or none.
template <bool quads, int wide>
__device__ void put(const Stage& s, const Outputs& to, int k, int at, const float (&v)[wide]) {
  if (k >= s.b.K || (quads && at >= s.pooled)) return;
  const int first = k * to.pitch + at;
  if constexpr (quads)
    reinterpret_cast<float4*>(to.y)[unsigned(first) / 4] = make_float4(v[0], v[1], v[2], v[3]);
  else
    for (int j = 0; j < wide; ++j)
      if (at + j < s.pooled) to.y[first + j] = v[j];
}

/// Convolution, bias, ReLU and pool of a block of known sizes.
template <int W, int pool, bool quads>
__device__ void run_block(const Stage& s, const float* x, const Quad* weights, const Outputs& to) {
  constexpr Share share = share_of(W, pool);
  constexpr int outputs = share.wide * pool, width = outputs % 4 == 0 ? 4 : outputs % 2 ? 1 : 2;
  const FrozenBlock& b = s.b;
  const int groups = frozen_groups(b.K);
  for (int i = int(threadIdx.x); i < groups * s.strips.size(); i += threads) {
    const int g = s.strips.quotient(i), at = s.strips.rest(i, g) * share.wide;
    const Quad* weight = weights + g * b.C * W;
    const Quad bias = weights[groups * b.C * W + g];
    float sum[share.parts][outputs][group];
    for (auto& part : sum)
      for (auto& output : part)
        for (int k = 0; k < group; ++k) output[k] = bias.x[k];
    const float* row = x + at * pool;
    for (int c = 0; c < b.C; ++c, row += s.pitch, weight += W) {
      float v[share.parts][outputs + W - 1];
      for (int part = 0; part < share.parts; ++part)
        load<width>(row + part * s.strips.size() * outputs, v[part]);
#pragma unroll
      for (int t = 0; t < W; ++t) {
        const Quad w = weight[t];
        for (int part = 0; part < share.parts; ++part)
          for (int o = 0; o < outputs; ++o)
            for (int k = 0; k < group; ++k)
              sum[part][o][k] = fmaf(w.x[k], v[part][o + t], sum[part][o][k]);
      }
    }
#pragma unroll
    for (int part = 0; part < share.parts; ++part)
#pragma unroll
      for (int k = 0; k < group; ++k) {
        float most[share.wide] = {};  // ReLU: nothing is below
        for (int o = 0; o < outputs; ++o) most[o / pool] = fmaxf(most[o / pool], sum[part][o][k]);
        put<quads>(s, to, g * group + k, at + part * s.strips.size() * share.wide, most);
      }
  }
}

/// Of any.
__device__ void run_block(const Stage& s, const float* x, const Quad* weights, const Outputs& to) {
  const FrozenBlock& b = s.b;
  const int groups = frozen_groups(b.K);
  for (int i = int(threadIdx.x); i < groups * s.strips.size(); i += threads) {
    const int g = s.strips.quotient(i), at = s.strips.rest(i, g);
    const Quad bias = weights[groups * b.C * b.W + g];
    Quad most = {};
    for (int p = 0; p < b.pool; ++p) {
      Quad sum = bias;
      const Quad* weight = weights + g * b.C * b.W;
      for (int c = 0; c < b.C; ++c) {
        const float* row = x + c * s.pitch + at * b.pool + p;
        for (int t = 0; t < b.W; ++t, ++weight) {
          const Quad w = *weight;
          for (int k = 0; k < group; ++k) sum.x[k] = fmaf(w.x[k], row[t], sum.x[k]);
        }
      }
      for (int k = 0; k < group; ++k) most.x[k] = fmaxf(most.x[k], sum.x[k]);
    }
    for (int k = 0; k < group; ++k) {
      const float one[1] = {most.x[k]};
      put<false>(s, to, g * group + k, at, one);
    }
  }
}

/// Zeros around the rows of a block's x, by a warp a row.
__device__ void clear_around(const Stage& s, float* x) {
  for (int c = int(threadIdx.x) / 32; c < s.b.C; c += threads / 32)
    for (int j = int(threadIdx.x) % 32; j < s.pitch - s.b.L; j += 32)
      x[c * s.pitch + (j < s.before() ? j : s.b.L + j)] = 0;
}

/// As many blocks on a multiprocessor as have room for the published network's activations on an
/// A100; no register is spilled for it.
__global__ void __launch_bounds__(threads, 7)
    forward_kernel(Plan plan, FrozenEnd end, const float* vectors, const float* weights,
                   float* logits) {
  DYN_SHARED(float, memory);
  float *x = memory, *y = memory + plan.half[0];
  const Stage& first = plan.stage[0];
  clear_around(first, x);
  const float* vector = vectors + int64_t(blockIdx.x) * first.b.L;
  for (int l = int(threadIdx.x); l < first.b.L; l += threads) x[first.before() + l] = vector[l];
  __syncthreads();
  for (int i = 0; i < plan.blocks; ++i) {
    const Stage& s = plan.stage[i];
    Outputs to{y, s.pooled, s.pooled % 4 == 0};
    if (i + 1 < plan.blocks) {
      const Stage& next = plan.stage[i + 1];
      clear_around(next, y);
      to = {y + next.before(), next.pitch, false};
    }
    const Quad* const packed = reinterpret_cast<const Quad*>(weights);
    if (s.b.W == 5 && s.b.pool == 3)
      run_block<5, 3, false>(s, x, packed, to);
    else if (s.b.W == 3 && s.b.pool == 1 && to.quads)
      run_block<3, 1, true>(s, x, packed, to);
    else if (s.b.W == 3 && s.b.pool == 1)
      run_block<3, 1, false>(s, x, packed, to);
    else
      run_block(s, x, packed, to);
    weights += packed_channels(s.b.K, s.b.C * s.b.W);
    __syncthreads();
    float* const read = x;
    x = y, y = read;
  }
  const Stage& last = plan.stage[plan.blocks - 1];
  read_out<WholeBlock>(end, last.b.K, last.pooled, x, y);
  __syncthreads();
  run_layers<WholeBlock>(end, weights, y, x, logits + int64_t(blockIdx.x) * end.outputs());
}

void forward(const FrozenNet1dSizes& s, Precision precision, int64_t N, const float* x,
             const float* weights, float* logits) {
  if (N == 0) return;
  if (precision != Precision::float32)
    return frozen_net1d_by_products(s, precision, N, x, weights, logits);
  const Plan plan(s);
  check(plan.bytes() <= 163 * 1024, "frozen network: activations of ", plan.bytes(),
        " bytes do not fit into a multiprocessor's shared memory");
  launch(forward_kernel, dim3(unsigned(N)), dim3(threads), plan.bytes(), plan, s.end, x, weights,
         logits);
}

}  // namespace

template <>
const FrozenNet1dKernels On<FrozenNet1dKernels>::cuda{forward};

}  // namespace hitsieve
