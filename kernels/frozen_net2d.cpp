#include "kernels/frozen_net2d.h"

#include <algorithm>
#include <vector>

#include "engine/parallel.h"
#include "kernels/bands.h"
#include "kernels/correlate.h"
#include "kernels/padded_rows.h"
#include "kernels/pool_rows.h"

namespace hitsieve {
namespace {

constexpr int64_t products_a_band = 5 << 19;  // so much that rows which bands share matter little

/// This thread's memory: it grows to what the largest network needs and stays.
struct Memory {
  Correlation plan;
  std::vector<float> rows, convolved, joined;
};

Memory& memory() {
  thread_local Memory memory;
  return memory;
}

PoolAxis pool_axis(const FrozenBlock2d& b) {
  return {b.convolved(), b.pooled(), b.pool, b.pool_stride, b.pool_padding};
}

/// No NaN comes out of stored pixels.
struct LargestNumber {
  HS_INLINE static float join(float best, float x) { return x > best ? x : best; }
};

/// y[q] = max(0, the largest of window q) of `rows` rows.
HS_SIMD void pool_and_cut(const PoolAxis& axis, int64_t rows, const float* x, float* joined,
                          float* y) {
  join_rows<float, LargestNumber>(rows, axis.length, x, joined);
  pool_row<float, LargestNumber>(axis, joined, y);
  for (int64_t q = 0; q < axis.windows; ++q) y[q] = y[q] > 0 ? y[q] : 0.0f;
}

/// Rows [first, last) of a block's output: x (C, side, side) -> y (K, pooled, pooled).
template <class X>
void run_band(const FrozenBlock2d& b, const Band& band, const X* x, const float* weight, float* y) {
  const int64_t width = b.convolved(), pooled = b.pooled(), first = b.begin(int(band.first));
  const int64_t height = b.end(int(band.last)) - first;
  Memory& m = memory();
  PaddedRows<float> rows({.planes = b.C,
                          .height = b.side,
                          .width = b.side,
                          .rows = (height - 1) * b.stride + b.R,
                          .stride = b.stride,
                          .padding = b.R / 2,
                          .length = (b.R - 1) / b.stride + round_up(width, lanes<float, wide>)},
                         m.rows);
  rows.fill(x, first * b.stride - b.R / 2);
  Correlation& s = m.plan;
  s.inputs = b.C, s.x_plane = rows.plane_stride(), s.x_row = b.stride * rows.row_stride();
  s.height = height, s.width = s.y_row = width, s.y_plane = height * width;
  s.shift.clear();
  for (int t = 0; t < b.R * b.R; ++t) s.shift.push_back(rows.shift(t / b.R, t % b.R));
  const int padded = frozen_groups(b.K) * frozen_group;
  m.convolved.resize(std::max(m.convolved.size(), size_t(padded * s.y_plane)));
  m.joined.resize(std::max(m.joined.size(), size_t(width)));
  correlate_all(padded, s, weight, weight + padded * b.terms(), rows.data(), m.convolved.data());
  const PoolAxis axis = pool_axis(b);
  for (int64_t k = 0; k < b.K; ++k)
    for (int64_t p = band.first; p < band.last; ++p)
      pool_and_cut(axis, axis.last(p) - axis.first(p),
                   m.convolved.data() + k * s.y_plane + (axis.first(p) - first) * width,
                   m.joined.data(), y + (k * pooled + p) * pooled);
}

template <class X>
void run_block(const FrozenBlock2d& b, const X* x, const float* weight, float* y) {
  const int64_t a_row = int64_t(b.pool_stride) * b.convolved() * b.K * b.terms();
  const Bands bands(b.pooled(), a_row, products_a_band);
  parallel_for(bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run_band(b, bands[i], x, weight, y);
  });
}

void run_image(const FrozenNet2dSizes& s, const int16_t* image, const float* weights,
               float* logits) {
  thread_local std::vector<float> activations[2], layers;
  for (std::vector<float>& x : activations) x.resize(std::max(x.size(), size_t(s.activations())));
  layers.resize(std::max(layers.size(), size_t(2 * s.end.widest())));
  for (int i = 0; i < s.blocks; ++i) {
    float* y = activations[i % 2].data();
    if (i == 0)
      run_block(s.block[i], image, weights, y);
    else
      run_block(s.block[i], activations[(i + 1) % 2].data(), weights, y);
    weights += packed_channels(s.block[i].K, s.block[i].terms());
  }
  const FrozenBlock2d& last = s.block[s.blocks - 1];
  run_frozen_end(s.end, last.K, last.pooled() * last.pooled(),
                 activations[(s.blocks + 1) % 2].data(), weights, layers.data(), logits);
}

/// Many images side by side; of a single one, its bands.
void forward(const FrozenNet2dSizes& s, Precision precision, int64_t N, const int16_t* images,
             const float* weights, float* logits) {
  check_cpu_precision(precision);
  const int64_t pixels = int64_t(s.side()) * s.side();
  parallel_for(N, 1, [&](int64_t n, int64_t) {
    run_image(s, images + n * pixels, weights, logits + n * s.outputs());
  });
}

}  // namespace

template <>
const FrozenNet2dKernels On<FrozenNet2dKernels>::cpu{forward};

int64_t FrozenNet2dSizes::weights(Precision precision) const {
  int64_t total = end.weights();
  for (int i = 0; i < blocks; ++i)
    total += precision == Precision::float32 ? packed_channels(block[i].K, block[i].terms())
                                             : block[i].product().weights(depth_of(precision));
  return total;
}

int64_t FrozenNet2dSizes::activations() const {
  int64_t most = 0;
  for (int i = 0; i < blocks; ++i)
    most = std::max(most, int64_t(block[i].K) * block[i].pooled() * block[i].pooled());
  return most;
}

}  // namespace hitsieve
