#include "engine/launch.cuh"
#include "kernels/linear.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void add_bias_kernel(int64_t count, int64_t K, const T* bias, T* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] += bias[i % K];
}

template <class T>
void add_bias(int64_t N, int64_t K, const T* bias, T* y) {
  if (N * K > 0) launch_over(N * K, add_bias_kernel<T>, N * K, K, bias, y);
}

/// A thread sums one column: neighbours read neighbouring addresses, and the order is fixed.
template <class T>
__global__ void backward_bias_kernel(int64_t N, int64_t K, const T* dy, T* dbias) {
  const int64_t k = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k >= K) return;
  T sum = 0;
  for (int64_t n = 0; n < N; ++n) sum += dy[n * K + k];
  dbias[k] = sum;
}

template <class T>
void backward_bias(int64_t N, int64_t K, const T* dy, T* dbias) {
  if (K) launch_over(K, backward_bias_kernel<T>, N, K, dy, dbias);
}

template <class T>
constexpr LinearKernels<T> kernels{add_bias<T>, backward_bias<T>};

}  // namespace

template <>
const LinearKernels<float> On<LinearKernels<float>>::cuda = kernels<float>;
template <>
const LinearKernels<double> On<LinearKernels<double>>::cuda = kernels<double>;

}  // namespace hitsieve
