// CUDA: a launch a block of the network, and one for the layers. A thread block makes a tile of
// the pooled output: it brings the pixels under the tile into shared memory, convolves, and pools
// from there. A thread takes four neighbours of four channels, twice where the taps are many.
#include <algorithm>

#include "engine/tensor.h"
#include "kernels/frozen.cuh"
#include "kernels/frozen_net2d_pixels.cuh"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

/// The sums of a thread: of each part of its row, neighbours of all channels of a group.
template <int parts>
using Sums = float[parts][along][group];

/// Adds a row of taps: `x` is the row under the first output of the first part.
template <int R, int stride, int parts>
__device__ void add_row(const Tiles& s, const float* x, const Quad* weight, Sums<parts>& sum) {
  constexpr int lead = (4 - R / 2 % 4) % 4;
  constexpr int quads = (along + (lead + R - 1) / stride + along - 1) / along;
#pragma unroll
  for (int phase = 0; phase < stride; ++phase) {
    Quad v[parts][quads];
#pragma unroll
    for (int part = 0; part < parts; ++part)
#pragma unroll
      for (int i = 0; i < quads; ++i)
        v[part][i] =
            reinterpret_cast<const Quad*>(x + phase * s.x_phase)[part * s.part_quads.size() + i];
#pragma unroll
    for (int at = phase; at < lead + R; at += stride) {
      if (at < lead) continue;
      const Quad w = weight[at - lead];
#pragma unroll
      for (int part = 0; part < parts; ++part)
#pragma unroll
        for (int q = 0; q < along; ++q)
#pragma unroll
          for (int k = 0; k < group; ++k) {
            const int i = q + at / stride;
            sum[part][q][k] = fmaf(w.x[k], v[part][i / along].x[i % along], sum[part][q][k]);
          }
    }
  }
}

/// Any size.
__device__ void add_row(const FrozenBlock2d& b, const float* x, const Quad* weight, Sums<1>& sum) {
  for (int t = 0; t < b.R; ++t) {
    const Quad w = weight[t];
    for (int q = 0; q < along; ++q)
      for (int k = 0; k < group; ++k)
        sum[0][q][k] = fmaf(w.x[k], x[q * b.stride + t], sum[0][q][k]);
  }
}

/// The convolution of the tile, which begins at (row0, column0) of the image's: 0 beside that, as
/// nothing is less once it is cut off at 0.
template <int R, int stride, int parts, int deal>
__device__ void convolve(const FrozenBlock2d& b, const Tiles& s, const float* tile,
                         const float* weights, int row0, int column0, float* convolved) {
  const int quads = s.part_quads.size(), x_length = s.x_quads.size() * along;
  const Quad* const packed = reinterpret_cast<const Quad*>(weights);
  for (int i = int(threadIdx.x); i < s.items(b); i += threads) {
    const int line = s.part_quads.quotient(i), column = s.part_quads.rest(i, line) * along;
    const int g = s.convolved_rows.quotient(line), row = s.convolved_rows.rest(line, g);
    const Quad bias = packed[frozen_groups(b.K) * b.terms() + g];
    Sums<parts> sum;
    for (auto& part : sum)
      for (auto& output : part)
        for (int k = 0; k < group; ++k) output[k] = bias.x[k];
    const Quad* weight = packed + g * b.terms();
    for (int c = 0; c < b.C; ++c)
      for (int r = 0; r < b.R; ++r, weight += b.R) {
        const float* x = tile + (c * s.x_rows.size() + row * b.stride + r) * x_length;
        if constexpr (R > 0)
          add_row<R, stride, parts>(s, x + column, weight, sum);
        else
          add_row(b, x + column * b.stride + s.lead, weight, sum);
      }
    const int h = row0 + row, width = h >= 0 && h < s.convolved ? s.convolved : 0;
    const int plane = s.convolved_rows.size() * s.convolved_columns;
    const int y_row = g * group * plane + row * s.convolved_columns;
#pragma unroll
    for (int part = 0; part < parts; ++part) {
      const int first = column + part * quads * along;
#pragma unroll
      for (int k = 0; k < group; ++k) {
        float v[along];
        for (int q = 0; q < along; ++q)
          v[q] = unsigned(column0 + first + q) < unsigned(width) ? sum[part][q][k] : 0.0f;
        put<deal>(v, convolved, y_row + k * plane + first / deal, s.y_phase);
      }
    }
  }
}

/// y = max(0, the largest of each window); shift: columns before the first window. A thread goes
/// down a column of windows, or as many rows of it as leave no thread idle; where windows share one
/// row, it looks at that once.
template <int deal>
__device__ void pool(const FrozenBlock2d& b, const Tiles& s, int first_row, int first_column,
                     int shift, const float* convolved, int pitch, float* y) {
  const int columns = b.K * s.columns.size(), stretches = max(threads / columns, 1);
  const int of_stretch = (s.rows.size() + stretches - 1) / stretches;
  const int overlap = b.pool == b.pool_stride + 1 ? 1 : 0;
  int begin[deal];  // in a row, of what the first window sees
  for (int i = 0; i < deal; ++i) begin[i] = (shift + i) % deal * s.y_phase + (shift + i) / deal;
  const auto most_of_row = [&](const float* x) {
    float most = 0;
#pragma unroll
    for (int w = 0; w < b.pool; ++w) most = fmaxf(most, x[begin[w % deal] + w / deal]);
    return most;
  };
  for (int i = int(threadIdx.x); i < columns * stretches; i += threads) {
    const int line = s.columns.quotient(i), q = s.columns.rest(i, line);
    const int stretch = s.channels.quotient(line), k = s.channels.rest(line, stretch);
    const int p0 = stretch * of_stretch, end = min(p0 + of_stretch, s.rows.size());
    const int rows = first_column + q < s.pooled ? min(end, s.pooled - first_row) - p0 : 0;
    const float* x = convolved + q * (b.pool_stride / deal) +
                     (k * s.convolved_rows.size() + p0 * b.pool_stride) * s.convolved_columns;
    if (rows <= 0) continue;
    float* to = y + (k * s.pooled + first_row + p0) * pitch + first_column + q;
    float below = most_of_row(x);
#pragma unroll 2
    for (int p = 0; p < rows; ++p, to += pitch, x += b.pool_stride * s.convolved_columns) {
      float most = overlap ? below : 0;
#pragma unroll
      for (int h = overlap; h < b.pool; ++h) {
        below = most_of_row(x + h * s.convolved_columns);
        most = fmaxf(most, below);
      }
      *to = most;
    }
  }
}

template <int R, int stride, int size, int pool_stride>
constexpr Form form_of() {
  if (R == 7) return {R, stride, size, pool_stride, 2, up_to_multiple(2 * most_columns + 1, 8)};
  return {R, stride, size, pool_stride};
}

/// blockIdx: the tile, the image. Made for R, stride, size (the pool's) and pool_stride; 0: any,
/// which has to be told how many registers it may take, or it spills.
template <class X, int R, int stride, int size, int pool_stride>
__global__ void __launch_bounds__(threads, R > 0 ? 0 : 4)
    block_kernel(FrozenBlock2d b, Tiles s, Pitches pitch, const X* x, const float* weights,
                 float* y) {
  constexpr Form form = form_of<R, stride, size, pool_stride>();
  if constexpr (R > 0) b.R = R, b.stride = stride, b.pool = size, b.pool_stride = pool_stride;
  if constexpr (is_image<X>) b.C = 1;
  if constexpr (form.columns > 0) s.set_columns(b, form, form.columns);
  DYN_SHARED(float, tile);
  float* const convolved = tile + s.x_count;
  const int tile_row = int(blockIdx.x) / s.across, tile_column = int(blockIdx.x) % s.across;
  const int first_row = tile_row * s.rows.size(), first_column = tile_column * s.columns.size();
  const int row0 = first_row * b.pool_stride - b.pool_padding;
  const int shift = s.shift_of(s.begin(b, tile_column));
  const int column0 = s.begin(b, tile_column) - shift;
  load_tile<form.x_deal()>(b, s, pitch, x + int64_t(blockIdx.y) * b.C * b.side * pitch.x,
                           row0 * b.stride - b.R / 2, column0 * b.stride - b.R / 2 - s.lead, tile);
  __syncthreads();
  convolve<R, stride, form.parts, form.y_deal()>(b, s, tile, weights, row0, column0, convolved);
  __syncthreads();
  pool<form.y_deal()>(b, s, first_row, first_column, shift, convolved, pitch.y,
                      y + int64_t(blockIdx.y) * b.K * s.pooled * pitch.y);
}

/// Kernels are made for the published network's blocks.
template <class X>
void run_block(const FrozenBlock2d& b, int64_t N, int x_pitch, const X* x, const float* weights,
               int y_pitch, float* y) {
  constexpr int R = is_image<X> ? 7 : 3, size = R == 7 ? 3 : 2;
  constexpr Form published = form_of<R, 2, size, 2>();
  const bool fits = published.fits(b);
  const Tiles s = tiles_of(b, fits ? published : Form());
  const bool quads = x_pitch % along == 0 && uintptr_t(x) % sizeof(Words<X>) == 0;
  launch(fits ? block_kernel<X, R, 2, size, 2> : block_kernel<X, 0, 0, 0, 0>,
         dim3(unsigned(s.across * s.down), unsigned(N)), threads, s.bytes(), b, s,
         Pitches{x_pitch, y_pitch, quads}, x, weights, y);
}

/// A thread block an image.
__global__ void __launch_bounds__(threads)
    end_kernel(FrozenEnd end, int channels, int area, int widest, const float* x,
               const float* weights, float* logits) {
  DYN_SHARED(float, memory);
  SHARED(float, sums, [threads]);
  read_out<WholeBlock>(end, channels, area, x + int64_t(blockIdx.x) * channels * area, memory);
  __syncthreads();
  run_layers<WholeBlock>(end, weights, memory, memory + widest,
                         logits + int64_t(blockIdx.x) * end.outputs(), &sums[0]);
}

/// Elements from row to row of a block's output: so many that the next block reads them four a
/// load; the layers read the last block's side by side.
int row_pitch(const FrozenNet2dSizes& s, int block) {
  const int pooled = s.block[block].pooled();
  return block + 1 == s.blocks ? pooled : up_to_multiple(pooled, along);
}

/// Floats of the largest output of a block, a multiple of four.
int64_t largest_output(const FrozenNet2dSizes& s) {
  int64_t most = 0;
  for (int i = 0; i < s.blocks; ++i)
    most = std::max(most, int64_t(s.block[i].K) * s.block[i].pooled() * row_pitch(s, i));
  return (most + along - 1) / along * along;
}

void run_images(const FrozenNet2dSizes& s, int64_t N, const int16_t* images, const float* weights,
                float* from, float* to, float* logits) {
  for (int i = 0; i < s.blocks; ++i) {
    const FrozenBlock2d& b = s.block[i];
    if (i == 0)
      run_block(b, N, b.side, images, weights, row_pitch(s, i), to);
    else
      run_block(b, N, row_pitch(s, i - 1), static_cast<const float*>(from), weights,
                row_pitch(s, i), to);
    weights += packed_channels(b.K, b.terms());
    std::swap(from, to);
  }
  end_of_images(s, N, from, weights, logits);
}

void forward(const FrozenNet2dSizes& s, Precision precision, int64_t N, const int16_t* images,
             const float* weights, float* logits) {
  if (N == 0) return;
  if (precision != Precision::float32)
    return frozen_net2d_by_products(s, precision, N, images, weights, logits);
  const int64_t together = std::min(N, images_together), count = together * largest_output(s);
  const Tensor activations({2, count}, DType::f32, Device::cuda);
  float* memory = activations.data<float>();
  for (int64_t n = 0; n < N; n += together)
    run_images(s, std::min(together, N - n), images + n * s.side() * s.side(), weights, memory,
               memory + count, logits + n * s.outputs());
}

}  // namespace

void end_of_images(const FrozenNet2dSizes& s, int64_t N, const float* x, const float* weights,
                   float* logits) {
  const FrozenBlock2d& last = s.block[s.blocks - 1];
  launch(end_kernel, dim3(unsigned(N)), threads, size_t(2 * s.end.widest()) * sizeof(float), s.end,
         last.K, last.pooled() * last.pooled(), s.end.widest(), x, weights, logits);
}

template <>
const FrozenNet2dKernels On<FrozenNet2dKernels>::cuda{forward};

}  // namespace hitsieve
