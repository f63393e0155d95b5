// CUDA: a launch a block of the network, and one for the layers. A thread block makes a tile of
// the pooled output: it brings the pixels under the tile into shared memory, each row dealt out by
// the convolution's stride so that what a tap meets is contiguous; convolves, four neighbours of
// four channels a thread; and pools from shared memory.
#include <algorithm>

#include "engine/check.h"
#include "engine/tensor.h"
#include "kernels/frozen.cuh"
#include "kernels/frozen_net2d.h"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

constexpr int threads = 256;
constexpr int along = 4;  // neighbouring outputs that a thread makes of each channel
constexpr int group = frozen_group;
constexpr int most_columns = 31;  // of a tile: 63 of a convolution of stride 1 pooled by 3 and 2
constexpr int most_shared = 96 * 1024;

struct alignas(16) Quad {  // one load
  float x[along];
};

HS_HD int whole_quads(int count) { return (count + along - 1) / along * along; }

/// Tiles of rows x columns pooled elements, and their shared memory: the pixels, then all channels
/// of the convolution.
struct Tiles {
  int rows, columns, across, down;  ///< of a tile; tiles
  int convolved_rows, convolved_columns;
  int x_rows, phase;  ///< of a plane of x: rows, and elements of a row that a phase has
  int x_count, convolved_count;

  Tiles(const FrozenBlock2d& b, int rows_of_tile, int columns_of_tile)
      : rows(rows_of_tile),
        columns(columns_of_tile),
        across((b.pooled() + columns - 1) / columns),
        down((b.pooled() + rows - 1) / rows),
        convolved_rows(std::min((rows - 1) * b.pool_stride + b.pool, b.convolved())),
        convolved_columns(
            whole_quads(std::min((columns - 1) * b.pool_stride + b.pool, b.convolved()))),
        x_rows((convolved_rows - 1) * b.stride + b.R),
        phase(convolved_columns + whole_quads((b.R - 1) / b.stride)),
        x_count(b.C * x_rows * b.stride * phase),
        convolved_count(frozen_groups(b.K) * group * convolved_rows * convolved_columns) {}

  int items(const FrozenBlock2d& b) const {
    return frozen_groups(b.K) * convolved_rows * convolved_columns / along;
  }
  size_t bytes() const { return size_t(x_count + convolved_count) * sizeof(float); }
};

/// As many rows as keep all threads busy about once, or what fits.
Tiles tiles_of(const FrozenBlock2d& b) {
  const int pooled = b.pooled(), across = (pooled + most_columns - 1) / most_columns;
  Tiles tiles(b, 1, (pooled + across - 1) / across);
  while (tiles.rows < pooled) {
    const Tiles larger(b, tiles.rows + 1, tiles.columns);
    if (larger.items(b) > threads || larger.bytes() > most_shared) break;
    tiles = larger;
  }
  check(tiles.bytes() <= 160 * 1024, "frozen network: a tile of ", tiles.bytes(),
        " bytes does not fit into a multiprocessor's shared memory");
  return tiles;
}

/// x_tile[c][row][phase][i], zeros around the image; row0 and column0: where the tile begins.
template <class X>
__device__ void load_tile(const FrozenBlock2d& b, const Tiles& s, const X* x, int row0, int column0,
                          float* tile) {
  const int width = s.phase * b.stride;
  for (int i = int(threadIdx.x); i < s.x_count; i += threads) {
    const int w = i % width, line = i / width, c = line / s.x_rows;
    const int h = row0 + line % s.x_rows, column = column0 + w;
    const bool inside = h >= 0 && h < b.side && column >= 0 && column < b.side;
    tile[line * width + w % b.stride * s.phase + w / b.stride] =
        inside ? float(x[(c * b.side + h) * b.side + column]) : 0.0f;
  }
}

/// Adds a row of taps: `x` is the row under the first output, its phases s.phase apart.
template <int R, int stride>
__device__ void add_row(const float* x, int phase_length, const float* weight,
                        float (&sum)[along][group]) {
#pragma unroll
  for (int phase = 0; phase < stride; ++phase) {
    constexpr int quads = (along + (R - 1) / stride + along - 1) / along;
    Quad v[quads];
#pragma unroll
    for (int i = 0; i < quads; ++i)
      v[i] = reinterpret_cast<const Quad*>(x + phase * phase_length)[i];
#pragma unroll
    for (int t = 0; phase + t * stride < R; ++t) {
      const Quad w = reinterpret_cast<const Quad*>(weight)[phase + t * stride];
#pragma unroll
      for (int q = 0; q < along; ++q)
#pragma unroll
        for (int k = 0; k < group; ++k)
          sum[q][k] = fmaf(w.x[k], v[(q + t) / along].x[(q + t) % along], sum[q][k]);
    }
  }
}

/// Any size.
__device__ void add_row(const FrozenBlock2d& b, const float* x, int phase_length,
                        const float* weight, float (&sum)[along][group]) {
  for (int t = 0; t < b.R; ++t) {
    const float* values = x + t % b.stride * phase_length + t / b.stride;
    for (int q = 0; q < along; ++q)
      for (int k = 0; k < group; ++k) sum[q][k] = fmaf(weight[t * group + k], values[q], sum[q][k]);
  }
}

/// The convolution of the tile: convolved[k][row][column]. R 0: any size.
template <int R, int stride>
__device__ void convolve(const FrozenBlock2d& b, const Tiles& s, const float* tile,
                         const float* weights, float* convolved) {
  const int quads = s.convolved_columns / along, row_stride = b.stride * s.phase;
  const float* bias = weights + frozen_groups(b.K) * group * b.terms();
  for (int i = int(threadIdx.x); i < frozen_groups(b.K) * s.convolved_rows * quads; i += threads) {
    const int column = i % quads * along, row = i / quads % s.convolved_rows;
    const int g = i / quads / s.convolved_rows;
    float sum[along][group];
    for (int q = 0; q < along; ++q)
      for (int k = 0; k < group; ++k) sum[q][k] = bias[g * group + k];
    const float* weight = weights + g * group * b.terms();
    for (int c = 0; c < b.C; ++c)
      for (int r = 0; r < b.R; ++r, weight += b.R * group) {
        const float* x = tile + (c * s.x_rows + row * b.stride + r) * row_stride + column;
        if constexpr (R > 0)
          add_row<R, stride>(x, s.phase, weight, sum);
        else
          add_row(b, x, s.phase, weight, sum);
      }
    for (int k = 0; k < group; ++k)
      for (int q = 0; q < along; ++q)
        convolved[((g * group + k) * s.convolved_rows + row) * s.convolved_columns + column + q] =
            sum[q][k];
  }
}

/// y = max(0, the largest of each window); row0 and column0: where the tile's convolution begins.
__device__ void pool(const FrozenBlock2d& b, const Tiles& s, int first_row, int first_column,
                     const float* convolved, float* y) {
  const int pooled = b.pooled(), row0 = b.begin(first_row), column0 = b.begin(first_column);
  const int rows = min(s.rows, pooled - first_row), columns = min(s.columns, pooled - first_column);
  for (int i = int(threadIdx.x); i < b.K * rows * columns; i += threads) {
    const int q = first_column + i % columns, p = first_row + i / columns % rows;
    const int k = i / columns / rows;
    float most = 0;
    for (int h = b.begin(p); h < b.end(p + 1); ++h)
      for (int w = b.begin(q); w < b.end(q + 1); ++w)
        most = fmaxf(
            most, convolved[(k * s.convolved_rows + h - row0) * s.convolved_columns + w - column0]);
    y[(k * pooled + p) * pooled + q] = most;
  }
}

/// blockIdx: the tile, the image.
template <class X, int R, int stride>
__global__ void __launch_bounds__(threads)
    block_kernel(FrozenBlock2d b, Tiles s, const X* x, const float* weights, float* y) {
  DYN_SHARED(float, tile);
  float* convolved = tile + s.x_count;
  const int first_row = int(blockIdx.x) / s.across * s.rows;
  const int first_column = int(blockIdx.x) % s.across * s.columns;
  const int row0 = b.begin(first_row) * b.stride - b.R / 2;
  const int column0 = b.begin(first_column) * b.stride - b.R / 2;
  load_tile(b, s, x + int64_t(blockIdx.y) * b.C * b.side * b.side, row0, column0, tile);
  __syncthreads();
  convolve<R, stride>(b, s, tile, weights, convolved);
  __syncthreads();
  pool(b, s, first_row, first_column, convolved,
       y + int64_t(blockIdx.y) * b.K * b.pooled() * b.pooled());
}

template <class X>
void run_block(const FrozenBlock2d& b, int64_t N, const X* x, const float* weights, float* y) {
  const Tiles tiles = tiles_of(b);
  const auto run = [&](auto* kernel) {
    launch(kernel, dim3(unsigned(tiles.across * tiles.down), unsigned(N)), threads, tiles.bytes(),
           b, tiles, x, weights, y);
  };
  if (b.R == 7 && b.stride == 2)
    run(block_kernel<X, 7, 2>);
  else if (b.R == 3 && b.stride == 2)
    run(block_kernel<X, 3, 2>);
  else
    run(block_kernel<X, 0, 0>);
}

/// A thread block an image.
__global__ void __launch_bounds__(threads)
    end_kernel(FrozenEnd end, int channels, int area, int widest, const float* x,
               const float* weights, float* logits) {
  DYN_SHARED(float, memory);
  read_out<WholeBlock>(end, channels, area, x + int64_t(blockIdx.x) * channels * area, memory);
  __syncthreads();
  run_layers<WholeBlock>(end, weights, memory, memory + widest,
                         logits + int64_t(blockIdx.x) * end.outputs());
}

void run_images(const FrozenNet2dSizes& s, int64_t N, const int16_t* images, const float* weights,
                float* from, float* to, float* logits) {
  for (int i = 0; i < s.blocks; ++i) {
    const FrozenBlock2d& b = s.block[i];
    if (i == 0)
      run_block(b, N, images, weights, to);
    else
      run_block(b, N, from, weights, to);
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
  const int64_t together = std::min(N, images_together), count = together * s.activations();
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
