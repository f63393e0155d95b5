#include "engine/launch.cuh"
#include "kernels/dropout.h"

namespace hitsieve {
namespace {

/// A thread draws one block of four random numbers, for up to four elements.
template <class T>
__global__ void apply_kernel(int64_t count, DropoutMask mask_of_step, const double* before, T scale,
                             const T* x, T* y) {
  const DropoutMask mask = mask_of_step.after(before);
  const int64_t block = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t first = block * 4 - int64_t(mask.offset % 4);
  if (first >= count) return;
  const Philox4 bits = mask.bits(mask.offset / 4 + uint64_t(block));
  for (int lane = 0; lane < 4; ++lane) {
    const int64_t i = first + lane;
    if (i >= 0 && i < count) y[i] = mask.keeps(bits.v[lane]) ? x[i] * scale : T(0);
  }
}

template <class T>
void apply(int64_t count, const DropoutMask& mask, const double* before, T scale, const T* x,
           T* y) {
  if (count == 0) return;
  const int64_t most = (3 + count - 1) / 4 + 1;  // blocks, wherever in a block the first element is
  launch_over(most, apply_kernel<T>, count, mask, before, scale, x, y);
}

template <class T>
constexpr DropoutKernels<T> kernels{apply<T>};

}  // namespace

template <>
const DropoutKernels<float> On<DropoutKernels<float>>::cuda = kernels<float>;
template <>
const DropoutKernels<double> On<DropoutKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
