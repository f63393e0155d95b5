#include "engine/launch.cuh"
#include "kernels/adam.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void step_kernel(int64_t count, AdamStep<T> step, const AdamNumbers* numbers, T* w,
                            const T* gradient, T* m, T* v) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) step.with (*numbers)(w[i], gradient[i], m[i], v[i]);
}

template <class T>
void step_all(int64_t count, const AdamStep<T>& step, const AdamNumbers* numbers, T* w,
              const T* gradient, T* m, T* v) {
  launch_over(count, step_kernel<T>, count, step, numbers, w, gradient, m, v);
}

template <class T>
constexpr AdamKernels<T> kernels{step_all<T>};

}  // namespace

template <>
const AdamKernels<float> On<AdamKernels<float>>::cuda = kernels<float>;
template <>
const AdamKernels<double> On<AdamKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
