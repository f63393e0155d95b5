#include "engine/launch.cuh"
#include "kernels/sgd.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void step_kernel(int64_t count, SgdStep<T> step, const double* learning_rate, T* w,
                            const T* gradient, T* v) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  T none = 0;
  step(T(*learning_rate), w[i], gradient[i], v ? v[i] : none);
}

template <class T>
void step_all(int64_t count, const SgdStep<T>& step, const double* learning_rate, T* w,
              const T* gradient, T* v) {
  launch_over(count, step_kernel<T>, count, step, learning_rate, w, gradient, v);
}

template <class T>
constexpr SgdKernels<T> kernels{step_all<T>};

}  // namespace

template <>
const SgdKernels<float> On<SgdKernels<float>>::cuda = kernels<float>;
template <>
const SgdKernels<double> On<SgdKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
