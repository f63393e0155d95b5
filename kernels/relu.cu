#include "engine/launch.cuh"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void forward_kernel(int64_t count, const T* x, T* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] = relu_of(x[i]);
}

template <class T>
void forward(int64_t count, const T* x, T* y) {
  launch_over(count, forward_kernel<T>, count, x, y);
}

template <class T>
__global__ void backward_kernel(int64_t count, const T* dy, const T* y, T* dx) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) dx[i] = relu_slope(y[i], dy[i]);
}

template <class T>
void backward(int64_t count, const T* dy, const T* y, T* dx) {
  launch_over(count, backward_kernel<T>, count, dy, y, dx);
}

template <class T>
constexpr ReluKernels<T> kernels{forward<T>, backward<T>};

}  // namespace

template <>
const ReluKernels<float> On<ReluKernels<float>>::cuda = kernels<float>;
template <>
const ReluKernels<double> On<ReluKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
