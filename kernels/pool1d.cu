// CUDA: a thread makes one element of the output; backward too gathers, over the windows that see
// an element of x.
#include "engine/launch.cuh"
#include "kernels/pool1d.h"

namespace hitsieve {
namespace {

__device__ int64_t this_thread() { return int64_t(blockIdx.x) * blockDim.x + threadIdx.x; }

template <class T>
__global__ void max_forward_kernel(Pool1dSizes s, const T* x, T* y) {
  const int64_t i = this_thread(), row = i / s.windows;
  if (row >= s.rows) return;
  const T* from = x + row * s.L;
  y[i] = from[place_of_maximum(s, from, i % s.windows)];
}

template <class T>
void max_forward(const Pool1dSizes& s, const T* x, T* y) {
  launch_over(s.rows * s.windows, max_forward_kernel<T>, s, x, y);
}

template <class T>
__global__ void max_backward_kernel(Pool1dSizes s, const T* dy, const T* x, T* dx) {
  const int64_t i = this_thread(), row = i / s.L, place = i % s.L;
  if (row >= s.rows) return;
  T sum = 0;
  for (int64_t l = s.first_window(place); l < s.last_window(place); ++l)
    if (place_of_maximum(s, x + row * s.L, l) == place) sum += dy[row * s.windows + l];
  dx[i] = sum;
}

template <class T>
void max_backward(const Pool1dSizes& s, const T* dy, const T* x, T* dx) {
  launch_over(s.rows * s.L, max_backward_kernel<T>, s, dy, x, dx);
}

template <class T>
__global__ void avg_forward_kernel(Pool1dSizes s, const T* x, T* y) {
  const int64_t i = this_thread(), row = i / s.windows;
  if (row >= s.rows) return;
  const int64_t first = s.first(i % s.windows), last = s.last(i % s.windows);
  T sum = 0;
  for (int64_t at = first; at < last; ++at) sum += x[row * s.L + at];
  y[i] = sum / T(last - first);
}

template <class T>
void avg_forward(const Pool1dSizes& s, const T* x, T* y) {
  launch_over(s.rows * s.windows, avg_forward_kernel<T>, s, x, y);
}

template <class T>
__global__ void avg_backward_kernel(Pool1dSizes s, const T* dy, T* dx) {
  const int64_t i = this_thread(), row = i / s.L;
  if (row >= s.rows) return;
  T sum = 0;
  for (int64_t l = s.first_window(i % s.L); l < s.last_window(i % s.L); ++l)
    sum += dy[row * s.windows + l] / T(s.last(l) - s.first(l));
  dx[i] = sum;
}

template <class T>
void avg_backward(const Pool1dSizes& s, const T* dy, T* dx) {
  launch_over(s.rows * s.L, avg_backward_kernel<T>, s, dy, dx);
}

template <class T>
constexpr Pool1dKernels<T> kernels{max_forward<T>, max_backward<T>, avg_forward<T>,
                                   avg_backward<T>};

}  // namespace

template <>
const Pool1dKernels<float> On<Pool1dKernels<float>>::cuda = kernels<float>;
template <>
const Pool1dKernels<double> On<Pool1dKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
