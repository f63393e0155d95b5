#include "kernels/block_sum.cuh"
#include "kernels/lcn.h"

namespace hitsieve {
namespace {

/// A thread a window: the mean relative to the centre, then the squares relative to the mean, so
/// that nothing cancels.
template <class T>
__global__ void contrast_kernel(LcnSizes s, const T* x, T* contrast, T* deviation) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t columns = s.columns(), rows = s.rows();
  if (i >= s.N * rows * columns) return;
  const int size = s.weights.size;
  const T* window = x + (i / (rows * columns) * s.H + i / columns % rows) * s.W + i % columns;
  const T centre = window[size / 2 * (s.W + 1)];
  if (isnan(centre)) {
    contrast[i] = deviation[i] = centre;
    return;
  }
  T weight = 0, mean = 0, squares = 0;
  for (int r = 0; r < size; ++r)
    for (int c = 0; c < size; ++c) {
      const T value = window[r * s.W + c], w = T(s.weights.axis[r]) * T(s.weights.axis[c]);
      if (!isnan(value)) weight += w, mean += w * (value - centre);
    }
  mean /= weight;
  for (int r = 0; r < size; ++r)
    for (int c = 0; c < size; ++c) {
      const T d = window[r * s.W + c] - centre - mean;
      if (!isnan(d)) squares += T(s.weights.axis[r]) * T(s.weights.axis[c]) * d * d;
    }
  contrast[i] = -mean;
  deviation[i] = sqrt(squares / weight);
}

template <class T>
void contrast(const LcnSizes& s, const T* x, T* contrast, T* deviation) {
  launch_over(s.N * s.rows() * s.columns(), contrast_kernel<T>, s, x, contrast, deviation);
}

/// A block a frame.
template <class T>
__global__ void __launch_bounds__(sum_threads)
    mean_deviation_kernel(int64_t count, const T* deviation, T* floor) {
  deviation += blockIdx.x * count;
  double sum = 0, valid = 0;
  for (int64_t i = threadIdx.x; i < count; i += sum_threads)
    if (!isnan(deviation[i])) sum += double(deviation[i]), valid += 1;
  sum = block_sum(sum), valid = block_sum(valid);
  if (threadIdx.x == 0) floor[blockIdx.x] = valid > 0 ? T(sum / valid) : T(0);
}

template <class T>
void mean_deviation(const LcnSizes& s, const T* deviation, T* floor) {
  if (s.N == 0) return;
  launch(mean_deviation_kernel<T>, s.N, sum_threads, 0, s.rows() * s.columns(), deviation, floor);
}

template <class T>
__global__ void divide_kernel(int64_t N, int64_t count, const T* deviation, const T* floor,
                              T factor, T* contrast) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= N * count || isnan(contrast[i])) return;
  const T divisor = max(deviation[i], factor * floor[i / count]);
  contrast[i] = divisor == 0 ? T(0) : contrast[i] / divisor;
}

template <class T>
void divide(const LcnSizes& s, const T* deviation, const T* floor, T factor, T* contrast) {
  const int64_t count = s.rows() * s.columns();
  launch_over(s.N * count, divide_kernel<T>, s.N, count, deviation, floor, factor, contrast);
}

template <class T>
constexpr LcnKernels<T> kernels{contrast<T>, mean_deviation<T>, divide<T>};

}  // namespace

template <>
const LcnKernels<float> On<LcnKernels<float>>::cuda = kernels<float>;
template <>
const LcnKernels<double> On<LcnKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
