// CUDA: forward and both gradients are the same sum of products,
//   out[row, column] = sum_term left[row, term] * right[term, column],
// with the elements of `right` gathered from images x or dy while tiles are loaded (an implicit
// im2col). Columns and terms are triples (outer, y, x):
//                     row   column      term        left     right
//   forward           k     (n, p, q)   (c, r, s)   weight   x
//   backward_x        c     (n, h, w)   (k, r, s)   weight   dy
//   backward_weight   k     (c, r, s)   (n, p, q)   dy       x
#include <algorithm>
#include <limits>

#include "kernels/block_sum.cuh"
#include "kernels/conv2d.h"

namespace hitsieve {
namespace {

constexpr int tile_rows = 16, tile_columns = 128, tile_terms = 16;
constexpr int thread_rows = 4, thread_columns = 4;  // a thread's share of the tile
constexpr int threads_across = tile_columns / thread_columns;
static_assert(threads_across == 32 && tile_rows / thread_rows == 4 && tile_terms == 16);

struct Point {
  int y, x;
};

Point point(const Pair& pair) { return {int(pair.y), int(pair.x)}; }

/// Of columns or terms: (outer, y, x) is at outer * image in `right`, at (y, x) * step + start in
/// that image, and at outer * others + y * size.x + x in `left` (terms) or `out` (columns).
struct Triples {
  Point size;  // of the inner two
  int image, others;
  Point step, start;
};

/// right[term, column] is the element of an image of size `limit` at position / divisor, position
/// the sum of the column's and the term's, or 0 where that is not whole or outside.
struct Product {
  int rows, columns, terms;
  Triples column, term;
  Point limit, divisor;
  int left_row, out_row;
};

struct Place {
  int other, base, y, x;
};

__device__ Place place_of(const Triples& s, int i) {
  const int area = s.size.y * s.size.x, outer = i / area, inner = i % area;
  return {outer * s.others + inner, outer * s.image, inner / s.size.x * s.step.y + s.start.y,
          inner % s.size.x * s.step.x + s.start.x};
}

template <class T>
__device__ T gather(const Product& s, const Place& column, const Place& term, const T* right) {
  int y = column.y + term.y, x = column.x + term.x;
  if (y < 0 || x < 0) return 0;
  if (s.divisor.y > 1 || s.divisor.x > 1) {
    if (y % s.divisor.y || x % s.divisor.x) return 0;
    y /= s.divisor.y, x /= s.divisor.x;
  }
  if (y >= s.limit.y || x >= s.limit.x) return 0;
  return right[column.base + term.base + y * s.limit.x + x];
}

/// A block makes a tile of the part of the sum over terms [blockIdx.z, blockIdx.z + 1) *
/// terms_a_part, a thread 4 x 4 elements of it. Parts follow each other in `out`.
template <class T>
__global__ void product_kernel(Product s, int terms_a_part, int64_t out_count, const T* left,
                               const T* right, const T* bias, T* out) {
  SHARED(T, left_tile, [tile_terms][tile_rows + 1]);
  SHARED(T, right_tile, [tile_terms][tile_columns]);
  SHARED(Place, places, [tile_terms]);
  const int tx = int(threadIdx.x), ty = int(threadIdx.y), thread = ty * threads_across + tx;
  const int row0 = int(blockIdx.y) * tile_rows, column0 = int(blockIdx.x) * tile_columns;
  const int begin = int(blockIdx.z) * terms_a_part, end = min(begin + terms_a_part, s.terms);
  const int column = column0 + thread;  // of right_tile, loaded by this thread
  const Place here = place_of(s.column, min(column, s.columns - 1));
  T sum[thread_rows][thread_columns] = {};
  // Two barriers a round: the next round's first one also keeps its tiles from overwriting these.
  for (int term0 = begin; term0 < end; term0 += tile_terms) {
    if (thread < tile_terms) places[thread] = place_of(s.term, min(term0 + thread, end - 1));
    __syncthreads();
    for (int i = thread; i < tile_terms * tile_rows; i += tile_columns) {
      const int t = i % tile_terms, r = i / tile_terms;
      const bool inside = term0 + t < end && row0 + r < s.rows;
      left_tile[t][r] = inside ? left[(row0 + r) * s.left_row + places[t].other] : T(0);
    }
    for (int t = 0; t < tile_terms; ++t) {
      const bool inside = term0 + t < end && column < s.columns;
      right_tile[t][thread] = inside ? gather(s, here, places[t], right) : T(0);
    }
    __syncthreads();
    for (int t = 0; t < tile_terms; ++t)
      for (int r = 0; r < thread_rows; ++r)
        for (int c = 0; c < thread_columns; ++c)
          sum[r][c] += left_tile[t][ty * thread_rows + r] * right_tile[t][c * threads_across + tx];
  }
  for (int r = 0; r < thread_rows; ++r)
    for (int c = 0; c < thread_columns; ++c) {
      const int m = row0 + ty * thread_rows + r, n = column0 + c * threads_across + tx;
      if (m >= s.rows || n >= s.columns) continue;
      out[blockIdx.z * out_count + place_of(s.column, n).other + m * s.out_row] =
          sum[r][c] + (bias ? bias[m] : T(0));
    }
}

template <class T>
__global__ void add_parts_kernel(int64_t count, int parts, const T* partial, T* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  T sum = 0;
  for (int part = 0; part < parts; ++part) sum += partial[part * count + i];
  y[i] = sum;
}

/// `parts` above 1 gives every part's sum, one after the other in `out`.
template <class T>
void product(const Product& s, int parts, const T* left, const T* right, const T* bias, T* out) {
  const dim3 grid(unsigned((s.columns + tile_columns - 1) / tile_columns),
                  unsigned((s.rows + tile_rows - 1) / tile_rows), unsigned(parts));
  launch(product_kernel<T>, grid, dim3(threads_across, tile_rows / thread_rows), 0, s,
         (s.terms + parts - 1) / parts, int64_t(s.rows) * s.columns, left, right, bias, out);
}

/// The sizes as the kernels have them, which index with 32 bits.
struct Sizes {
  int N, C, K, taps, pixels, area;            // taps = R * S, pixels = H * W, area = P * Q
  Point x, y, weight, stride, before, after;  // images' sizes; -padding, +padding

  explicit Sizes(const Conv2dSizes& s)
      : N(int(s.N)),
        C(int(s.C)),
        K(int(s.K)),
        taps(int(s.R * s.S)),
        pixels(int(s.H * s.W)),
        area(int(s.output_area())),
        x(point({s.H, s.W})),
        y(point({s.output_height(), s.output_width()})),
        weight(point({s.R, s.S})),
        stride(point(s.stride)),
        before(point({-s.padding.y, -s.padding.x})),
        after(point(s.padding)) {
    const int64_t padded = (s.H + 2 * s.padding.y) * (s.W + 2 * s.padding.x);
    const int64_t image = std::max(padded, s.output_area());
    const int64_t largest = std::max(std::max(s.C, s.K) * s.N * image, s.K * s.C * s.R * s.S);
    check(largest + s.R * s.S < std::numeric_limits<int>::max(), "conv2d: ", largest,
          " elements in a tensor are too many for the CUDA kernels; use a smaller batch");
  }
};

constexpr Point one{1, 1}, none{0, 0};

template <class T>
void forward(const Conv2dSizes& sizes, const T* x, const T* weight, const T* bias, T* y) {
  const Sizes s(sizes);
  product({.rows = s.K,
           .columns = s.N * s.area,
           .terms = s.C * s.taps,
           .column = {s.y, s.C * s.pixels, s.K * s.area, s.stride, s.before},
           .term = {s.weight, s.pixels, s.taps, one, none},
           .limit = s.x,
           .divisor = one,
           .left_row = s.C * s.taps,
           .out_row = s.area},
          1, weight, x, bias, y);
}

template <class T>
void backward_x(const Conv2dSizes& sizes, const T* dy, const T* weight, T* dx) {
  const Sizes s(sizes);
  product<T>({.rows = s.C,
              .columns = s.N * s.pixels,
              .terms = s.K * s.taps,
              .column = {s.x, s.K * s.area, s.C * s.pixels, one, s.after},
              .term = {s.weight, s.area, s.C * s.taps, {-1, -1}, none},
              .limit = s.y,
              .divisor = s.stride,
              .left_row = s.taps,
              .out_row = s.pixels},
             1, weight, dy, nullptr, dx);
}

/// The sum over (n, p, q) is long and its result small: it is cut into parts, so that all of the
/// GPU has work, and the parts are added in order.
template <class T>
void backward_weight(const Conv2dSizes& sizes, const T* dy, const T* x, T* dweight) {
  const Sizes s(sizes);
  const Product plan{.rows = s.K,
                     .columns = s.C * s.taps,
                     .terms = s.N * s.area,
                     .column = {s.weight, s.pixels, s.taps, one, s.before},
                     .term = {s.y, s.C * s.pixels, s.K * s.area, s.stride, none},
                     .limit = s.x,
                     .divisor = one,
                     .left_row = s.area,
                     .out_row = s.C * s.taps};
  const int blocks = ((plan.columns - 1) / tile_columns + 1) * ((s.K - 1) / tile_rows + 1);
  const int terms_a_part = std::max(128, (plan.terms - 1) / std::max(1, 512 / blocks) + 1);
  const int parts = (plan.terms - 1) / terms_a_part + 1;
  const int64_t count = int64_t(plan.rows) * plan.columns;
  const Tensor partial({parts, count}, dtype_of<T>, Device::cuda);
  product<T>(plan, parts, dy, x, nullptr, partial.data<T>());
  launch_over(count, add_parts_kernel<T>, count, parts, partial.data<T>(), dweight);
}

/// A block sums one output channel.
template <class T>
__global__ void backward_bias_kernel(int64_t N, int64_t K, int64_t area, const T* dy, T* dbias) {
  const int64_t k = blockIdx.x;
  T sum = 0;
  for (int64_t i = threadIdx.x; i < N * area; i += sum_threads)
    sum += dy[(i / area * K + k) * area + i % area];
  sum = block_sum(sum);
  if (threadIdx.x == 0) dbias[k] = sum;
}

template <class T>
void backward_bias(const Conv2dSizes& s, const T* dy, T* dbias) {
  launch(backward_bias_kernel<T>, s.K, sum_threads, 0, s.N, s.K, s.output_area(), dy, dbias);
}

template <class T>
constexpr Conv2dKernels<T> kernels{forward<T>, backward_x<T>, backward_weight<T>, backward_bias<T>};

}  // namespace

template <>
const Conv2dKernels<float> On<Conv2dKernels<float>>::cuda = kernels<float>;
template <>
const Conv2dKernels<double> On<Conv2dKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
