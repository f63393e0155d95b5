// CUDA: forward and both gradients are the same sum of products,
//   out[row, column] = sum_term left[row, term] * right[term, column],
// with the elements of `right` gathered from rows of x or dy while tiles are loaded (an implicit
// im2col). Columns and terms are pairs (outer, inner):
//                     row   column   term     left     right
//   forward           k     (n, l)   (c, w)   weight   x
//   backward_x        c     (n, l)   (k, w)   weight   dy
//   backward_weight   k     (c, w)   (n, l)   dy       x
#include <algorithm>
#include <limits>

#include "kernels/block_sum.cuh"
#include "kernels/conv1d.h"

namespace hitsieve {
namespace {

constexpr int tile_rows = 16, tile_columns = 128, tile_terms = 16;
constexpr int thread_rows = 4, thread_columns = 4;  // a thread's share of the tile
constexpr int threads_across = tile_columns / thread_columns;
static_assert(threads_across == 32 && tile_rows / thread_rows == 4 && tile_terms == 16);

/// Where elements are. right[term, column] is at base + position / divisor, or is 0 where that is
/// no whole number in [0, limit).
struct Product {
  int rows, columns, terms;
  int column_inner, column_base, column_step, column_start;  // base, position: outer, inner -> ...
  int term_inner, term_left, term_right, term_step;
  int left_row, limit, divisor;
  int out_outer, out_row;  // of out[row, (outer, inner)]; inner is contiguous
};

struct Place {
  int left, base, position;
};

__device__ Place place_of_column(const Product& s, int column) {
  const int outer = column / s.column_inner, inner = column % s.column_inner;
  return {0, outer * s.column_base, inner * s.column_step + s.column_start};
}

__device__ Place place_of_term(const Product& s, int term) {
  const int outer = term / s.term_inner, inner = term % s.term_inner;
  return {outer * s.term_left + inner, outer * s.term_right, inner * s.term_step};
}

template <class T>
__device__ T gather(const Product& s, const Place& column, const Place& term, const T* right) {
  int position = column.position + term.position;
  if (position < 0) return 0;
  if (s.divisor > 1) {
    if (position % s.divisor) return 0;
    position /= s.divisor;
  }
  return position < s.limit ? right[column.base + term.base + position] : T(0);
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
  const Place here = place_of_column(s, min(column, s.columns - 1));
  T sum[thread_rows][thread_columns] = {};
  // Two barriers a round: the next round's first one also keeps its tiles from overwriting these.
  for (int term0 = begin; term0 < end; term0 += tile_terms) {
    if (thread < tile_terms) places[thread] = place_of_term(s, min(term0 + thread, end - 1));
    __syncthreads();
    for (int i = thread; i < tile_terms * tile_rows; i += tile_columns) {
      const int t = i % tile_terms, r = i / tile_terms;
      const bool inside = term0 + t < end && row0 + r < s.rows;
      left_tile[t][r] = inside ? left[(row0 + r) * s.left_row + places[t].left] : T(0);
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
      const int outer = n / s.column_inner, inner = n % s.column_inner;
      out[blockIdx.z * out_count + outer * s.out_outer + m * s.out_row + inner] =
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

/// The kernels index with 32 bits.
void check_counts(const Conv1dSizes& s) {
  const int64_t length = std::max(s.L + 2 * s.padding, s.output_length());
  const int64_t largest = std::max({s.N * s.C * length, s.N * s.K * length, s.K * s.C * s.W});
  check(largest + s.W < std::numeric_limits<int>::max(), "conv1d: ", largest,
        " elements in a tensor are too many for the CUDA kernels; use a smaller batch");
}

template <class T>
void forward(const Conv1dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  check_counts(s);
  const int N = int(s.N), C = int(s.C), L = int(s.L), K = int(s.K), W = int(s.W);
  const int length = int(s.output_length()), stride = int(s.stride), padding = int(s.padding);
  product({.rows = K,
           .columns = N * length,
           .terms = C * W,
           .column_inner = length,
           .column_base = C * L,
           .column_step = stride,
           .column_start = -padding,
           .term_inner = W,
           .term_left = W,
           .term_right = L,
           .term_step = 1,
           .left_row = C * W,
           .limit = L,
           .divisor = 1,
           .out_outer = K * length,
           .out_row = length},
          1, weight, x, bias, y);
}

template <class T>
void backward_x(const Conv1dSizes& s, const T* dy, const T* weight, T* dx) {
  check_counts(s);
  const int N = int(s.N), C = int(s.C), L = int(s.L), K = int(s.K), W = int(s.W);
  const int length = int(s.output_length()), stride = int(s.stride), padding = int(s.padding);
  product<T>({.rows = C,
              .columns = N * L,
              .terms = K * W,
              .column_inner = L,
              .column_base = K * length,
              .column_step = 1,
              .column_start = padding,
              .term_inner = W,
              .term_left = C * W,
              .term_right = length,
              .term_step = -1,
              .left_row = W,
              .limit = length,
              .divisor = stride,
              .out_outer = C * L,
              .out_row = L},
             1, weight, dy, nullptr, dx);
}

/// The sum over (n, l) is long and its result small: it is cut into parts, so that all of the GPU
/// has work, and the parts are added in order.
template <class T>
void backward_weight(const Conv1dSizes& s, const T* dy, const T* x, T* dweight) {
  check_counts(s);
  const int N = int(s.N), C = int(s.C), L = int(s.L), K = int(s.K), W = int(s.W);
  const int length = int(s.output_length()), stride = int(s.stride), padding = int(s.padding);
  const Product sizes{.rows = K,
                      .columns = C * W,
                      .terms = N * length,
                      .column_inner = W,
                      .column_base = L,
                      .column_step = 1,
                      .column_start = -padding,
                      .term_inner = length,
                      .term_left = K * length,
                      .term_right = C * L,
                      .term_step = stride,
                      .left_row = length,
                      .limit = L,
                      .divisor = 1,
                      .out_outer = W,
                      .out_row = C * W};
  const int blocks = ((C * W - 1) / tile_columns + 1) * ((K - 1) / tile_rows + 1);
  const int terms_a_part = std::max(128, (N * length - 1) / std::max(1, 512 / blocks) + 1);
  const int parts = (N * length - 1) / terms_a_part + 1;
  const Tensor partial({parts, K * C * W}, dtype_of<T>, Device::cuda);
  product<T>(sizes, parts, dy, x, nullptr, partial.data<T>());
  launch_over(s.K * s.C * s.W, add_parts_kernel<T>, s.K * s.C * s.W, parts, partial.data<T>(),
              dweight);
}

/// A block sums one output channel.
template <class T>
__global__ void backward_bias_kernel(int64_t N, int64_t K, int64_t length, const T* dy, T* dbias) {
  const int64_t k = blockIdx.x;
  T sum = 0;
  for (int64_t i = threadIdx.x; i < N * length; i += sum_threads)
    sum += dy[(i / length * K + k) * length + i % length];
  sum = block_sum(sum);
  if (threadIdx.x == 0) dbias[k] = sum;
}

template <class T>
void backward_bias(const Conv1dSizes& s, const T* dy, T* dbias) {
  launch(backward_bias_kernel<T>, s.K, sum_threads, 0, s.N, s.K, s.output_length(), dy, dbias);
}

template <class T>
constexpr Conv1dKernels<T> kernels{forward<T>, backward_x<T>, backward_weight<T>, backward_bias<T>};

}  // namespace

template <>
const Conv1dKernels<float> On<Conv1dKernels<float>>::cuda = kernels<float>;
template <>
const Conv1dKernels<double> On<Conv1dKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
