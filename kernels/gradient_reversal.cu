#include "engine/launch.cuh"
#include "kernels/gradient_reversal.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void reverse_kernel(int64_t count, const double* lambda, const T* x, T* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] = T(-*lambda) * x[i];
}

template <class T>
void reverse(int64_t count, const double* lambda, const T* x, T* y) {
  launch_over(count, reverse_kernel<T>, count, lambda, x, y);
}

template <class T>
constexpr GradientReversalKernels<T> kernels{reverse<T>};

}  // namespace

template <>
const GradientReversalKernels<float> On<GradientReversalKernels<float>>::cuda = kernels<float>;
template <>
const GradientReversalKernels<double> On<GradientReversalKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
