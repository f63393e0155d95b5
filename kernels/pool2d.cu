// CUDA: a thread makes one element of the output; backward too gathers, over the windows that see
// an element of x.
#include "engine/launch.cuh"
#include "kernels/pool2d.h"

namespace hitsieve {
namespace {

/// Element (y, x) of a plane.
struct Spot {
  int64_t plane, y, x;
};

/// The element that this thread makes, of planes as wide and high as the sizes say; the plane may
/// be one too many.
__device__ Spot this_spot(int64_t height, int64_t width) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  return {i / (height * width), i / width % height, i % width};
}

/// Where in its plane the maximum of window (p, q) is.
template <class T>
__device__ int64_t place_of_maximum(const Pool2dSizes& s, const T* x, int64_t p, int64_t q) {
  int64_t best = s.y.first(p) * s.x.length + s.x.first(q);
  for (int64_t i = s.y.first(p); i < s.y.last(p); ++i)
    for (int64_t j = s.x.first(q); j < s.x.last(q); ++j)
      if (is_larger(x[i * s.x.length + j], x[best])) best = i * s.x.length + j;
  return best;
}

template <class T>
__global__ void max_forward_kernel(Pool2dSizes s, const T* x, T* y) {
  const Spot at = this_spot(s.y.windows, s.x.windows);
  if (at.plane >= s.planes) return;
  const T* from = x + at.plane * s.pixels();
  y[at.plane * s.area() + at.y * s.x.windows + at.x] = from[place_of_maximum(s, from, at.y, at.x)];
}

template <class T>
void max_forward(const Pool2dSizes& s, const T* x, T* y) {
  launch_over(s.planes * s.area(), max_forward_kernel<T>, s, x, y);
}

template <class T>
__global__ void max_backward_kernel(Pool2dSizes s, const T* dy, const T* x, T* dx) {
  const Spot at = this_spot(s.y.length, s.x.length);
  if (at.plane >= s.planes) return;
  const int64_t place = at.y * s.x.length + at.x;
  T sum = 0;
  for (int64_t p = s.y.first_window(at.y); p < s.y.last_window(at.y); ++p)
    for (int64_t q = s.x.first_window(at.x); q < s.x.last_window(at.x); ++q)
      if (place_of_maximum(s, x + at.plane * s.pixels(), p, q) == place)
        sum += dy[at.plane * s.area() + p * s.x.windows + q];
  dx[at.plane * s.pixels() + place] = sum;
}

template <class T>
void max_backward(const Pool2dSizes& s, const T* dy, const T* x, T* dx) {
  launch_over(s.planes * s.pixels(), max_backward_kernel<T>, s, dy, x, dx);
}

template <class T>
__global__ void avg_forward_kernel(Pool2dSizes s, const T* x, T* y) {
  const Spot at = this_spot(s.y.windows, s.x.windows);
  if (at.plane >= s.planes) return;
  T sum = 0;
  for (int64_t i = s.y.first(at.y); i < s.y.last(at.y); ++i)
    for (int64_t j = s.x.first(at.x); j < s.x.last(at.x); ++j)
      sum += x[at.plane * s.pixels() + i * s.x.length + j];
  y[at.plane * s.area() + at.y * s.x.windows + at.x] = sum / T(s.elements(at.y, at.x));
}

template <class T>
void avg_forward(const Pool2dSizes& s, const T* x, T* y) {
  launch_over(s.planes * s.area(), avg_forward_kernel<T>, s, x, y);
}

template <class T>
__global__ void avg_backward_kernel(Pool2dSizes s, const T* dy, T* dx) {
  const Spot at = this_spot(s.y.length, s.x.length);
  if (at.plane >= s.planes) return;
  T sum = 0;
  for (int64_t p = s.y.first_window(at.y); p < s.y.last_window(at.y); ++p)
    for (int64_t q = s.x.first_window(at.x); q < s.x.last_window(at.x); ++q)
      sum += dy[at.plane * s.area() + p * s.x.windows + q] / T(s.elements(p, q));
  dx[at.plane * s.pixels() + at.y * s.x.length + at.x] = sum;
}

template <class T>
void avg_backward(const Pool2dSizes& s, const T* dy, T* dx) {
  launch_over(s.planes * s.pixels(), avg_backward_kernel<T>, s, dy, dx);
}

template <class T>
__global__ void equal_maxima_kernel(Pool2dSizes s, const T* x, int* found) {
  const Spot at = this_spot(s.y.windows, s.x.windows);
  if (at.plane >= s.planes) return;
  const T* from = x + at.plane * s.pixels();
  const T largest = from[place_of_maximum(s, from, at.y, at.x)];
  int times = largest != largest ? 2 : 0;  // a NaN is equal to nothing
  for (int64_t i = s.y.first(at.y); i < s.y.last(at.y); ++i)
    for (int64_t j = s.x.first(at.x); j < s.x.last(at.x); ++j)
      times += from[i * s.x.length + j] == largest;
  if (times > 1) atomicOr(found, 1);
}

template <class T>
constexpr Pool2dKernels<T> kernels{max_forward<T>, max_backward<T>, avg_forward<T>,
                                   avg_backward<T>};

}  // namespace

template <>
const Pool2dKernels<float> On<Pool2dKernels<float>>::cuda = kernels<float>;
template <>
const Pool2dKernels<double> On<Pool2dKernels<double>>::cuda = kernels<double>;

template <class T>
bool has_equal_maxima(const Pool2dSizes& s, const T* x) {
  const Tensor found = Tensor::of<int32_t>({1}, std::vector<int32_t>{0}, Device::cuda);
  launch_over(s.planes * s.area(), equal_maxima_kernel<T>, s, x, found.data<int32_t>());
  return found.values<int32_t>()[0] != 0;
}
template bool has_equal_maxima(const Pool2dSizes& sizes, const float* x);
template bool has_equal_maxima(const Pool2dSizes& sizes, const double* x);

}  // namespace hitsieve
