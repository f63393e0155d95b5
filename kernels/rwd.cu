#include "kernels/rwd.h"
#include "kernels/warp_range.cuh"

namespace hitsieve {
namespace {

constexpr int warps = 8;  // of a block; a warp a row

template <class T>
__global__ void __launch_bounds__(32 * warps)
    ranges_kernel(int64_t rows, int64_t W, const T* y, T* d) {
  const int64_t row = int64_t(blockIdx.x) * warps + threadIdx.x / 32;
  if (row >= rows) return;  // the whole warp
  Range<T> range;
  for (int64_t w = threadIdx.x % 32; w < W; w += 32) range.take(y[row * W + w]);
  range = warp_range(range);
  if (threadIdx.x % 32 == 0) d[row] = range.size();
}

template <class T>
void ranges(int64_t rows, int64_t W, const T* y, T* d) {
  if (rows > 0) launch(ranges_kernel<T>, (rows + warps - 1) / warps, 32 * warps, 0, rows, W, y, d);
}

template <class T>
constexpr RwdKernels<T> kernels{ranges<T>};

}  // namespace

template <>
const RwdKernels<float> On<RwdKernels<float>>::cuda = kernels<float>;
template <>
const RwdKernels<double> On<RwdKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
