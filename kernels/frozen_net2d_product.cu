// The 2D network on tensor cores: a launch a block of the network, as in float32. Activations lie
// channels last, rounded. A thread block makes a tile of the pooled output: it brings the pixels
// under the tile into shared memory, four elements a load; its warps multiply sixteen windows at a
// time, where sizes are known with the weights in registers, and two rows of outputs from each
// window that they load; and it pools from shared memory.
#include <algorithm>

#include "engine/check.h"
#include "engine/mma.cuh"
#include "engine/tensor.h"
#include "kernels/frozen_product.cuh"

namespace hitsieve {
namespace {

constexpr int threads = 256, warps = threads / 32;
constexpr int most_columns = 31;  // of a tile: 63 of a convolution, in 16 windows of four
constexpr int most_windows = 16 * warps * 2;  // of a tile, with the rows of each made together
constexpr int most_shared = 48 * 1024;        // that four blocks share a multiprocessor

template <class Element>
struct alignas(4 * sizeof(Element)) Quad {  // one load
  Element x[4];
};

/// Tiles of rows x columns pooled outputs. In shared memory: rows of x; then the convolution,
/// [row][window][column of the product].
struct Tiles {
  int rows, columns, across, down;  ///< of a tile; tiles
  int deep;                         ///< rows of outputs that are made together
  int unit;                         ///< a tile begins at a multiple of so many outputs
  int convolved_rows, windows;      ///< of a row
  int x_rows, x_length;
  FrozenProduct product;

  Tiles(const FrozenBlock2d& b, int rows_of_tile, int columns_of_tile, int depth, int deep_rows)
      : rows(rows_of_tile),
        columns(columns_of_tile),
        across((b.pooled() + columns - 1) / columns),
        down((b.pooled() + rows - 1) / rows),
        deep(deep_rows),
        unit(b.C > 1 || b.stride % 4 == 0 ? 1 : (b.stride % 2 == 0 ? 2 : 4)),
        convolved_rows(up_to_multiple(covered(b, rows), deep)),
        product(b.product()) {
    windows = (covered(b, columns) + unit - 1 + product.along - 1) / product.along;
    x_rows = (convolved_rows - 1) * b.stride + b.R;
    x_length = up_to_multiple((windows - 1) * product.step() + product.steps(depth) * depth, 4);
  }

  static int covered(const FrozenBlock2d& b, int pooled) {
    return std::min((pooled - 1) * b.pool_stride + b.pool, b.convolved());
  }
  HS_HD int all_windows() const { return convolved_rows / deep * windows; }
  HS_HD int x_count() const { return up_to_multiple(x_rows * x_length, 8); }
  int elements() const { return x_count() + convolved_rows * windows * product.columns(); }
};

Tiles tiles_of(const FrozenBlock2d& b, int depth, int deep) {
  const int bytes = 32 / depth, pooled = b.pooled();
  const int across = (pooled + most_columns - 1) / most_columns;
  Tiles tiles(b, 1, (pooled + across - 1) / across, depth, deep);
  while (tiles.rows < pooled) {
    const Tiles larger(b, tiles.rows + 1, tiles.columns, depth, deep);
    if (larger.all_windows() > most_windows || larger.elements() * bytes > most_shared) break;
    tiles = larger;
  }
  check(tiles.elements() * bytes <= 160 * 1024, "frozen network: a tile of ",
        tiles.elements() * bytes, " bytes does not fit into a multiprocessor's shared memory");
  return tiles;
}

template <class M>
__device__ typename M::Element rounded(int16_t pixel) {
  return M::rounded(float(pixel));
}
template <class M>
__device__ typename M::Element rounded(typename M::Element x) {
  return x;
}

/// tile[row][i]: the elements of x from (row0, first) on, zeros around the image; `first` counts
/// elements from a row's beginning.
template <class M, class X>
__device__ void load_tile(const FrozenBlock2d& b, const Tiles& s, const X* x, int row0, int first,
                          typename M::Element* tile) {
  const int length = b.side * channels_last(b.C), quads = s.x_length / 4;
  const bool aligned = length % 4 == 0 && first % 4 == 0 && uintptr_t(x) % sizeof(Quad<X>) == 0;
  for (int i = int(threadIdx.x); i < s.x_rows * quads; i += threads) {
    const int h = row0 + i / quads, at = first + i % quads * 4;
    const X* const row = x + int64_t(h) * length;
    const bool inside = h >= 0 && h < b.side;
    Quad<typename M::Element> quad;
    if (aligned && inside && at >= 0 && at < length) {
      const auto loaded = *reinterpret_cast<const Quad<X>*>(row + at);
      for (int j = 0; j < 4; ++j) quad.x[j] = rounded<M>(loaded.x[j]);
    } else {
      for (int j = 0; j < 4; ++j)
        quad.x[j] = !aligned && inside && at + j >= 0 && at + j < length ? rounded<M>(row[at + j])
                                                                         : M::rounded(0);
    }
    reinterpret_cast<Quad<typename M::Element>*>(tile)[i] = quad;
  }
}

/// The weights of `tiles` tiles of columns: in registers where all sizes are known beforehand.
template <int R, int steps, int tiles>
struct Columns {
  uint2 piece[tiles][R][steps];

  __device__ Columns(const float* weights, int, int) {
#pragma unroll
    for (int i = 0; i < tiles * R * steps; ++i)
      piece[i / (R * steps)][i / steps % R][i % steps] =
          load_piece(weights + i * 64, int(threadIdx.x) % 32);
  }
  __device__ uint2 operator()(int tile, int r, int s) const { return piece[tile][r][s]; }
};
template <>
struct Columns<0, 0, 1> {
  const float* weights;
  int rows, steps;

  __device__ Columns(const float* from, int rows_of_kernel, int steps_of_row)
      : weights(from), rows(rows_of_kernel), steps(steps_of_row) {}
  __device__ uint2 operator()(int tile, int r, int s) const {
    return load_piece(weights + ((tile * rows + r) * steps + s) * 64, int(threadIdx.x) % 32);
  }
};

/// The convolution of the tile, bias and ReLU, by warps: each takes sixteen windows and `tiles`
/// tiles of columns at a time. R, steps 0: any.
template <class M, int R, int stride, int steps, int tiles, int deep>
__device__ void convolve(const FrozenBlock2d& b, const Tiles& s, const typename M::Element* x,
                         const float* weights, typename M::Element* convolved) {
  const FrozenProduct& p = s.product;
  const int rows = R ? R : b.R, n_steps = steps ? steps : p.steps(M::depth);
  const int g = int(threadIdx.x) % 32 / 4, t = int(threadIdx.x) % 4, last = s.all_windows() - 1;
  const int sixteens = last / 16 + 1, groups = R ? 1 : p.tiles();  // known sizes: all tiles at once
  const Columns<R, steps, tiles> columns(weights, rows, n_steps);
  const auto window = [&](int i) {
    return x + i / s.windows * deep * b.stride * s.x_length + i % s.windows * p.step();
  };
  for (int item = int(threadIdx.x) / 32; item < sixteens * groups; item += warps) {
    const int i = item % sixteens * 16 + g, tile0 = R ? 0 : item / sixteens;
    const typename M::Element *from = window(min(i, last)), *from8 = window(min(i + 8, last));
    float sum[deep][tiles][4];
#pragma unroll
    for (int j = 0; j < tiles; ++j)
      for (int c = 0; c < 4; ++c) {
        const int n = ((tile0 + j) * 8 + 2 * t + c % 2) % p.y_channels;
        for (int d = 0; d < deep; ++d) sum[d][j][c] = weights[p.bias(M::depth) + n];
      }
#pragma unroll
    for (int r = 0; r < rows + (deep - 1) * stride; ++r)
#pragma unroll
      for (int k = 0; k < n_steps; ++k) {
        const uint2 a = load_piece(from + r * s.x_length + k * M::depth, t);
        const uint2 a8 = load_piece(from8 + r * s.x_length + k * M::depth, t);
#pragma unroll
        for (int d = 0; d < deep; ++d)
          if (r >= d * stride && r - d * stride < rows)
#pragma unroll
            for (int j = 0; j < tiles; ++j)
              M::multiply_add(sum[d][j], a, a8, columns(tile0 + j, r - d * stride, k));
      }
#pragma unroll
    for (int j = 0; j < tiles; ++j) {
      const int n = (tile0 + j) * 8 + 2 * t;
      for (int half = 0; half < 2; ++half)
        for (int d = 0; d < deep; ++d) {
          const int w = i + 8 * half, row = w / s.windows * deep + d;
          if (w <= last && n < p.columns())
            store_pair<M>(convolved + (row * s.windows + w % s.windows) * p.columns() + n,
                          fmaxf(sum[d][j][2 * half], 0.0f), fmaxf(sum[d][j][2 * half + 1], 0.0f));
        }
    }
  }
}

/// The largest of each window, four channels a thread; row0 and column0: where the tile's
/// convolution begins. `last`: y is float32 (K, pooled, pooled), for the layers.
template <class M>
__device__ void pool(const FrozenBlock2d& b, const Tiles& s, int first_row, int first_column,
                     int row0, int column0, const typename M::Element* convolved, bool last,
                     void* y) {
  const int pooled = b.pooled(), quads = s.product.y_channels / 4;
  const int rows = min(s.rows, pooled - first_row), columns = min(s.columns, pooled - first_column);
  const int in_row = s.windows * s.product.along;
  using Four = Quad<typename M::Element>;
  for (int i = int(threadIdx.x); i < rows * columns * quads; i += threads) {
    const int quad = i % quads, q = first_column + i / quads % columns;
    const int p = first_row + i / quads / columns;
    float most[4] = {};
    for (int h = b.begin(p); h < b.end(p + 1); ++h)
      for (int w = b.begin(q); w < b.end(q + 1); ++w) {
        const Four v = reinterpret_cast<const Four*>(
            convolved)[((h - row0) * in_row + w - column0) * quads + quad];
        for (int j = 0; j < 4; ++j) most[j] = fmaxf(most[j], M::value(v.x[j]));
      }
    const int at = p * pooled + q, channels = channels_last(b.K);
    if (last) {
      for (int j = 0; j < 4; ++j)
        if (quad * 4 + j < b.K)
          static_cast<float*>(y)[(quad * 4 + j) * pooled * pooled + at] = most[j];
    } else if (channels == 1) {
      static_cast<typename M::Element*>(y)[at] = M::rounded(most[0]);
    } else {
      Four v;
      for (int j = 0; j < 4; ++j) v.x[j] = M::rounded(most[j]);
      static_cast<Four*>(y)[at * quads + quad] = v;
    }
  }
}

/// blockIdx: the tile, the image. y_image: bytes of an image's y.
template <class M, class X, int R, int stride, int steps, int tiles, int deep>
__global__ void __launch_bounds__(threads)
    block_kernel(FrozenBlock2d b, Tiles s, const X* x, const float* weights, bool last,
                 int64_t y_image, void* y) {
  DYN_SHARED(typename M::Element, tile);
  typename M::Element* const convolved = tile + s.x_count();
  const int first_row = int(blockIdx.x) / s.across * s.rows;
  const int first_column = int(blockIdx.x) % s.across * s.columns;
  const int row0 = b.begin(first_row), column0 = b.begin(first_column) / s.unit * s.unit;
  const int channels = channels_last(b.C);
  load_tile<M>(b, s, x + int64_t(blockIdx.y) * b.side * b.side * channels,
               row0 * b.stride - b.R / 2,
               (column0 * b.stride - b.R / 2) * channels - s.product.lead, tile);
  __syncthreads();
  convolve<M, R, stride, steps, tiles, deep>(b, s, tile, weights, convolved);
  __syncthreads();
  pool<M>(b, s, first_row, first_column, row0, column0, convolved, last,
          static_cast<char*>(y) + int64_t(blockIdx.y) * y_image);
}

template <class M, class X>
void run_block(const FrozenBlock2d& b, int64_t N, const X* x, const float* weights, bool last,
               int64_t y_image, void* y) {
  const FrozenProduct p = b.product();
  const auto run = [&](auto* kernel, int deep) {
    const Tiles tiles = tiles_of(b, M::depth, deep);
    launch(kernel, dim3(unsigned(tiles.across * tiles.down), unsigned(N)), threads,
           size_t(tiles.elements()) * sizeof(typename M::Element), b, tiles, x, weights, last,
           y_image, y);
  };
  const auto is = [&](int R, int span, int tiles) {
    return b.stride == 2 && b.R == R && p.span() == span && p.tiles() == tiles;
  };
  if constexpr (std::is_same_v<X, int16_t>) {
    if (is(7, 14, 2)) return run(block_kernel<M, X, 7, 2, (14 + M::depth - 1) / M::depth, 2, 2>, 2);
  } else {
    if (is(3, 12, 1)) return run(block_kernel<M, X, 3, 2, (12 + M::depth - 1) / M::depth, 1, 1>, 1);
    if (is(3, 24, 2)) return run(block_kernel<M, X, 3, 2, (24 + M::depth - 1) / M::depth, 2, 1>, 1);
  }
  run(block_kernel<M, X, 0, 0, 0, 1, 1>, 1);
}

template <class M>
void run_images(const FrozenNet2dSizes& s, int64_t N, const int16_t* images, const float* weights,
                char* from, char* to, float* logits) {
  for (int i = 0; i < s.blocks; ++i) {
    const FrozenBlock2d& b = s.block[i];
    const bool last = i + 1 == s.blocks;
    const int64_t area = int64_t(b.pooled()) * b.pooled();
    const int64_t y_image = last ? area * b.K * int64_t(sizeof(float))
                                 : area * channels_last(b.K) * int64_t(sizeof(typename M::Element));
    if (i == 0)
      run_block<M>(b, N, images, weights, last, y_image, to);
    else
      run_block<M>(b, N, reinterpret_cast<const typename M::Element*>(from), weights, last, y_image,
                   to);
    weights += b.product().weights(M::depth);
    std::swap(from, to);
  }
  end_of_images(s, N, reinterpret_cast<const float*>(from), weights, logits);
}

template <class M>
void run(const FrozenNet2dSizes& s, int64_t N, const int16_t* images, const float* weights,
         float* logits) {
  int64_t room = 0;  // bytes of the largest activations of an image
  for (int i = 0; i < s.blocks; ++i)
    room = std::max(room, int64_t(s.block[i].pooled()) * s.block[i].pooled() *
                              channels_last(s.block[i].K) * int64_t(sizeof(float)));
  const int64_t together = std::min(N, images_together);
  const Tensor activations({2, together * up_to_multiple(int(room), 64)}, DType::u8, Device::cuda);
  char* const memory = reinterpret_cast<char*>(activations.data<uint8_t>());
  for (int64_t n = 0; n < N; n += together)
    run_images<M>(s, std::min(together, N - n), images + n * s.side() * s.side(), weights, memory,
                  memory + activations.count() / 2, logits + n * s.outputs());
}

}  // namespace

void frozen_net2d_by_products(const FrozenNet2dSizes& s, Precision precision, int64_t N,
                              const int16_t* images, const float* weights, float* logits) {
  (precision == Precision::tf32 ? run<Tf32> : run<Bf16>)(s, N, images, weights, logits);
}

}  // namespace hitsieve
