#include "engine/launch.cuh"
#include "kernels/gradient_reversal.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void scale_kernel(int64_t count, T factor, const T* x, T* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] = factor * x[i];
}

template <class T>
void scale(int64_t count, T factor, const T* x, T* y) {
  launch_over(count, scale_kernel<T>, count, factor, x, y);
}

template <class T>
constexpr GradientReversalKernels<T> kernels{scale<T>};

}  // namespace

template <>
const GradientReversalKernels<float> On<GradientReversalKernels<float>>::cuda = kernels<float>;
template <>
const GradientReversalKernels<double> On<GradientReversalKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
