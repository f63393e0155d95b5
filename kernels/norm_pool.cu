// CUDA: a thread makes one element of the output; a block stays in one plane, so that places in it
// are 32-bit numbers.
#include "engine/launch.cuh"
#include "kernels/norm_pool.h"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

constexpr int block_threads = 256;

LaunchGrid blocks_of(int64_t planes, int64_t elements) {
  return {planes, (elements + block_threads - 1) / block_threads};
}

/// The element of plane blockIdx.x that this thread makes; may be too many.
__device__ int this_place() { return int(blockIdx.y * block_threads + threadIdx.x); }

/// The largest element of window (p, q) of a plane, or the smallest.
template <class T>
__device__ T extreme_of(const Pool2dSizes& s, const T* x, int p, int q, bool smallest) {
  T best = x[s.y.first(p) * s.x.length + s.x.first(q)];
  for (int64_t i = s.y.first(p); i < s.y.last(p); ++i)
    for (int64_t j = s.x.first(q); j < s.x.last(q); ++j) {
      const T value = x[i * s.x.length + j];
      if (smallest ? is_smaller(value, best) : is_larger(value, best)) best = value;
    }
  return best;
}

template <class T>
__global__ void forward_kernel(Pool2dSizes s, int64_t C, const T* x, const T* mean,
                               const T* inverse_std, const T* weight, const T* bias, T* extremes,
                               T* y) {
  const int64_t plane = blockIdx.x, c = plane % C;
  const int place = this_place(), width = int(s.x.windows);
  if (place >= s.area()) return;
  const T* from = x + plane * s.pixels();
  const T extreme =
      extremes ? extreme_of(s, from, place / width, place % width, weight[c] < 0) : from[place];
  const int64_t at = plane * s.area() + place;
  if (extremes) extremes[at] = extreme;
  y[at] = relu_of(normalised(extreme, mean[c], inverse_std[c] * weight[c], bias[c]));
}

template <class T>
void forward(const Pool2dSizes& s, int64_t C, const T* x, const T* mean, const T* inverse_std,
             const T* weight, const T* bias, T* extremes, T* y) {
  launch(forward_kernel<T>, blocks_of(s.planes, s.area()), block_threads, 0, s, C, x, mean,
         inverse_std, weight, bias, extremes, y);
}

/// Whether no element of window (p, q) before (y, x) equals it.
template <class T>
__device__ bool is_first(const Pool2dSizes& s, const T* x, int p, int q, int row, int column) {
  const T value = x[row * s.x.length + column];
  for (int64_t i = s.y.first(p); i <= row; ++i)
    for (int64_t j = s.x.first(q); j < (i < row ? s.x.last(q) : column); ++j)
      if (x[i * s.x.length + j] == value) return false;
  return true;
}

/// The slopes of the windows whose extreme is element (row, column).
template <class T>
__device__ T routed_slope(const Pool2dSizes& s, const T* slopes, const T* x, const T* extremes,
                          int row, int column) {
  const T value = x[row * s.x.length + column];
  T sum = 0;
  for (int p = int(s.y.first_window(row)); p < s.y.last_window(row); ++p)
    for (int q = int(s.x.first_window(column)); q < s.x.last_window(column); ++q) {
      const T extreme = extremes[p * s.x.windows + q];
      const bool nan = value != value && extreme != extreme;
      if (nan || (value == extreme && is_first(s, x, p, q, row, column)))
        sum += slopes[p * s.x.windows + q];
    }
  return sum;
}

template <class T>
__global__ void backward_x_kernel(Pool2dSizes s, int64_t C, int64_t values, const T* slopes,
                                  const T* x, const T* extremes, const T* mean,
                                  const T* inverse_std, const T* weight, const T* dweight,
                                  const T* dbias, T* dx) {
  const int64_t plane = blockIdx.x, c = plane % C;
  const int place = this_place(), width = int(s.x.length);
  if (place >= s.pixels()) return;
  const int64_t at = plane * s.pixels() + place, window = plane * s.area();
  const T slope = extremes ? routed_slope(s, slopes + window, x + plane * s.pixels(),
                                          extremes + window, place / width, place % width)
                           : slopes[at];
  dx[at] =
      batch_norm_slope(c, values, inverse_std, weight, dweight, dbias).dx(slope, x[at], mean[c]);
}

template <class T>
void backward_x(const Pool2dSizes& s, int64_t C, int64_t values, const T* slopes, const T* x,
                const T* extremes, const T* mean, const T* inverse_std, const T* weight,
                const T* dweight, const T* dbias, T* dx) {
  launch(backward_x_kernel<T>, blocks_of(s.planes, s.pixels()), block_threads, 0, s, C, values,
         slopes, x, extremes, mean, inverse_std, weight, dweight, dbias, dx);
}

template <class T>
constexpr NormPoolKernels<T> kernels{forward<T>, backward_x<T>};

}  // namespace

template <>
const NormPoolKernels<float> On<NormPoolKernels<float>>::cuda = kernels<float>;
template <>
const NormPoolKernels<double> On<NormPoolKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
