#include "kernels/frozen_net1d.h"

#include <algorithm>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

constexpr int group = frozen_group;
constexpr int lanes = 16;  // positions computed together

using Lanes = float __attribute__((vector_size(sizeof(float) * lanes)));
using LooseLanes = float __attribute__((vector_size(sizeof(float) * lanes), aligned(4), may_alias));

/// Rows are stored with the convolution's zeros on both sides, and room for whole tiles.
int row_stride(const FrozenBlock& b) { return (b.L + lanes - 1) / lanes * lanes + b.W - 1; }

/// conv + bias + ReLU for a group of four channels: rows[j * stride + l].
HS_INLINE void convolve(const FrozenBlock& b, const float* x, const float* weight,
                        const float* bias, float* rows, int stride) {
  for (int l = 0; l < b.L; l += lanes) {
    Lanes sum[group];
    for (int j = 0; j < group; ++j) sum[j] = bias[j] - Lanes{};
    const float* w = weight;
    for (int c = 0; c < b.C; ++c) {
      const float* row = x + c * stride + l;
      for (int i = 0; i < b.W; ++i, w += group) {
        const Lanes v = *reinterpret_cast<const LooseLanes*>(row + i);
        for (int j = 0; j < group; ++j) sum[j] += w[j] * v;
      }
    }
    for (int j = 0; j < group; ++j)
      *reinterpret_cast<LooseLanes*>(rows + j * stride + l) = sum[j] > 0.0f ? sum[j] : Lanes{};
  }
}

template <int pool>
HS_INLINE void pool_row(const float* x, int count, int any_pool, float* y) {
  const int p = pool ? pool : any_pool;
  for (int i = 0; i < count; ++i) {
    float most = x[i * p];
    for (int j = 1; j < p; ++j) most = std::max(most, x[i * p + j]);
    y[i] = most;
  }
}

/// x: C padded rows; y: K rows of `y_stride`, filled from `y_offset`. rows: scratch for a group.
HS_SIMD void run_block(const FrozenBlock& b, float* x, const float* weight, float* rows, float* y,
                       int y_stride, int y_offset) {
  const int stride = row_stride(b), pad = b.W / 2;
  for (int c = 0; c < b.C; ++c) {
    std::fill_n(x + c * stride, pad, 0.0f);
    std::fill(x + c * stride + pad + b.L, x + (c + 1) * stride, 0.0f);
  }
  const float* bias = weight + packed_channels(b.K, b.C * b.W) - frozen_groups(b.K) * group;
  for (int g = 0; g < frozen_groups(b.K); ++g) {
    convolve(b, x, weight + int64_t(g) * group * b.C * b.W, bias + g * group, rows, stride);
    for (int j = 0; j < std::min(group, b.K - g * group); ++j) {
      float* to = y + (g * group + j) * y_stride + y_offset;
      if (b.pool == 2)
        pool_row<2>(rows + j * stride, b.pooled(), 2, to);
      else if (b.pool == 4)
        pool_row<4>(rows + j * stride, b.pooled(), 4, to);
      else
        pool_row<0>(rows + j * stride, b.pooled(), b.pool, to);
    }
  }
}

/// This thread's memory for activations: it grows to what the largest network needs and stays.
float* scratch(size_t floats) {
  thread_local std::vector<float> memory;
  if (memory.size() < floats) memory.resize(floats);
  return memory.data();
}

struct Buffers {
  int64_t x[2] = {0, 0}, rows = 0, widest;
  explicit Buffers(const FrozenNet1dSizes& s) : widest(s.end.widest()) {
    for (int i = 0; i < s.blocks; ++i) {
      x[i % 2] = std::max<int64_t>(x[i % 2], int64_t(s.block[i].C) * row_stride(s.block[i]));
      rows = std::max<int64_t>(rows, group * row_stride(s.block[i]));
    }
    const FrozenBlock& last = s.block[s.blocks - 1];
    x[s.blocks % 2] = std::max<int64_t>(x[s.blocks % 2], int64_t(last.K) * last.pooled());
  }
  size_t total() const { return size_t(x[0] + x[1] + rows + 2 * widest); }
};

void run_vector(const FrozenNet1dSizes& s, const Buffers& sizes, const float* vector,
                const float* weights, float* logits) {
  float* memory = scratch(sizes.total());
  float* x[2] = {memory, memory + sizes.x[0]};
  float* rows = x[1] + sizes.x[1];
  std::copy_n(vector, s.length(), x[0] + s.block[0].W / 2);
  for (int i = 0; i < s.blocks; ++i) {
    const bool last = i + 1 == s.blocks;
    const int y_stride = last ? s.block[i].pooled() : row_stride(s.block[i + 1]);
    run_block(s.block[i], x[i % 2], weights, rows, x[(i + 1) % 2], y_stride,
              last ? 0 : s.block[i + 1].W / 2);
    weights += packed_channels(s.block[i].K, s.block[i].C * s.block[i].W);
  }
  const FrozenBlock& last = s.block[s.blocks - 1];
  run_frozen_end(s.end, last.K, last.pooled(), x[s.blocks % 2], weights, rows + sizes.rows, logits);
}

void forward(const FrozenNet1dSizes& s, Precision precision, int64_t N, const float* x,
             const float* weights, float* logits) {
  check_cpu_precision(precision);
  const Buffers sizes(s);
  parallel_for(N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      run_vector(s, sizes, x + n * s.length(), weights, logits + n * s.outputs());
  });
}

}  // namespace

template <>
const FrozenNet1dKernels On<FrozenNet1dKernels>::cpu{forward};

int64_t FrozenNet1dSizes::weights(Precision precision) const {
  int64_t total = end.weights();
  for (int i = 0; i < blocks; ++i)
    total += precision == Precision::float32
                 ? packed_channels(block[i].K, block[i].C * block[i].W)
                 : block[i].product().weights(depth_of(block[i].precision(precision)));
  return total;
}

}  // namespace hitsieve
