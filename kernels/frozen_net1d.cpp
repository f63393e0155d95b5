#include "kernels/frozen_net1d.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

constexpr int group = frozen_group;
constexpr int lanes = 16;  // positions computed together

using Lanes = float __attribute__((vector_size(sizeof(float) * lanes)));

/// How a block's convolution reads its input: a row and its zeros are taken apart into `pool`
/// phases, element u is number u / pool of phase u % pool. What a pool joins then lies at the same
/// number in all phases, and is joined vector by vector.
struct Phases {
  int length, row;  ///< floats of a phase, readable for whole vectors of windows; of a channel
  explicit Phases(const FrozenBlock& b)
      : length((b.pooled() + lanes - 1) / lanes * lanes + (b.pool + b.W - 2) / b.pool),
        row(length * b.pool) {}
};

/// y[i] = x[i * every]. Inlined with a constant, it is vectorised.
HS_INLINE void take_every(int every, int count, const float* __restrict x, float* __restrict y) {
  for (int i = 0; i < count; ++i) y[i] = x[i * every];
}

/// x (C, L) -> phases (C, pool, length), zeros beside each row.
HS_INLINE void take_apart(const FrozenBlock& b, const Phases& s, const float* x, float* phases) {
  for (int c = 0; c < b.C; ++c, x += b.L)
    for (int phase = 0; phase < b.pool; ++phase, phases += s.length) {
      const int before = b.W / 2 - phase;  // element i is x[i * pool - before]
      const int begin = std::min(s.length, before > 0 ? (before + b.pool - 1) / b.pool : 0);
      const int end = std::clamp((b.L + before + b.pool - 1) / b.pool, begin, s.length);
      std::fill(phases, phases + begin, 0.0f);
      const float* from = x + begin * b.pool - before;
      if (b.pool == 1)
        take_every(1, end - begin, from, phases + begin);
      else if (b.pool == 2)
        take_every(2, end - begin, from, phases + begin);
      else if (b.pool == 3)
        take_every(3, end - begin, from, phases + begin);
      else
        take_every(b.pool, end - begin, from, phases + begin);
      std::fill(phases + end, phases + s.length, 0.0f);
    }
}

/// Conv + bias + ReLU + max pool of windows [q, q + vectors * lanes) for a group of four channels,
/// of which `channels` are stored: y[j * pooled + q]. `at`: of element u of a row, where it is.
template <int vectors>
HS_INLINE void run_tile(const FrozenBlock& b, int row, const int* at, const float* weight,
                        const float* bias, const float* phases, int q, int channels, float* y) {
  Lanes most[group][vectors];  // ReLU: at least 0, and no NaN
  for (int j = 0; j < group; ++j)
    for (int v = 0; v < vectors; ++v) most[j][v] = Lanes{};
  for (int phase = 0; phase < b.pool; ++phase) {
    Lanes sum[group][vectors];
    for (int j = 0; j < group; ++j)
      for (int v = 0; v < vectors; ++v) sum[j][v] = Lanes{} + bias[j];
    const float* w = weight;
    for (int c = 0; c < b.C; ++c)
      for (int i = 0; i < b.W; ++i, w += group)
        for (int v = 0; v < vectors; ++v) {
          Lanes x;
          std::memcpy(&x, phases + c * row + at[phase + i] + q + v * lanes, sizeof x);
          for (int j = 0; j < group; ++j) sum[j][v] += w[j] * x;
        }
    for (int j = 0; j < group; ++j)
      for (int v = 0; v < vectors; ++v)
        most[j][v] = sum[j][v] > most[j][v] ? sum[j][v] : most[j][v];
  }
  const int pooled = b.pooled(), count = std::min(vectors * lanes, pooled - q);
  for (int j = 0; j < channels; ++j)
    std::memcpy(y + j * pooled + q, most[j], size_t(count) * sizeof(float));
}

/// x (C, L) -> y (K, pooled). phases: memory for Phases.
HS_SIMD void run_block(const FrozenBlock& b, const int* at, const float* weight, const float* x,
                       float* phases, float* y) {
  const Phases s(b);
  take_apart(b, s, x, phases);
  const int terms = b.C * b.W, pooled = b.pooled();
  const float* bias = weight + packed_channels(b.K, terms) - frozen_groups(b.K) * group;
  for (int k = 0; k < b.K; k += group, weight += group * terms, bias += group, y += group * pooled)
    for (int q = 0; q < pooled;) {
      const int channels = std::min(group, b.K - k);
      if (has_wide_vectors() && q + lanes < pooled)
        run_tile<2>(b, s.row, at, weight, bias, phases, q, channels, y), q += 2 * lanes;
      else
        run_tile<1>(b, s.row, at, weight, bias, phases, q, channels, y), q += lanes;
    }
}

/// This thread's memory: it grows to what the largest network needs and stays.
struct Memory {
  std::vector<float> x[2], phases, layers;
  std::vector<int> at;

  void fit(const FrozenNet1dSizes& s) {
    const auto grow = [](auto& memory, int64_t count) {
      memory.resize(std::max(memory.size(), size_t(count)));
    };
    for (int i = 0; i < s.blocks; ++i) {
      const FrozenBlock& b = s.block[i];
      grow(x[i % 2], int64_t(b.K) * b.pooled());
      grow(phases, int64_t(b.C) * Phases(b).row);
      grow(at, b.pool + b.W - 1);
    }
    grow(layers, 2 * s.end.widest());
  }
};

void run_vector(const FrozenNet1dSizes& s, const float* vector, const float* weights,
                float* logits) {
  thread_local Memory m;
  m.fit(s);
  const float* x = vector;
  for (int i = 0; i < s.blocks; ++i) {
    const FrozenBlock& b = s.block[i];
    for (int u = 0; u < b.pool + b.W - 1; ++u)
      m.at[size_t(u)] = u % b.pool * Phases(b).length + u / b.pool;
    run_block(b, m.at.data(), weights, x, m.phases.data(), m.x[i % 2].data());
    x = m.x[i % 2].data();
    weights += packed_channels(b.K, b.C * b.W);
  }
  const FrozenBlock& last = s.block[s.blocks - 1];
  run_frozen_end(s.end, last.K, last.pooled(), x, weights, m.layers.data(), logits);
}

void forward(const FrozenNet1dSizes& s, Precision precision, int64_t N, const float* x,
             const float* weights, float* logits) {
  check_cpu_precision(precision);
  parallel_for(N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      run_vector(s, x + n * s.length(), weights, logits + n * s.outputs());
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
