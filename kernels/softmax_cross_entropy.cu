// CUDA: a thread takes a whole row, as classes are few; the loss is summed by one block, as the
// rows of a batch are few too.
#include "kernels/block_sum.cuh"
#include "kernels/softmax_cross_entropy.h"

namespace hitsieve {
namespace {

template <class T>
__global__ void softmax_kernel(int64_t N, int64_t K, const T* x, T* y) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n < N) softmax_row(K, x + n * K, y + n * K);
}

template <class T>
void softmax(int64_t N, int64_t K, const T* x, T* y) {
  launch_over(N, softmax_kernel<T>, N, K, x, y);
}

template <class T>
__global__ void softmax_backward_kernel(int64_t N, int64_t K, const T* dy, const T* y, T* dx) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n < N) softmax_backward_row(K, dy + n * K, y + n * K, dx + n * K);
}

template <class T>
void softmax_backward(int64_t N, int64_t K, const T* dy, const T* y, T* dx) {
  launch_over(N, softmax_backward_kernel<T>, N, K, dy, y, dx);
}

template <class T>
__global__ void forward_kernel(int64_t N, int64_t K, const T* logits, const int32_t* targets,
                               const T* class_weights, T* loss, T* weight_sum,
                               CrossEntropyStatus* status) {
  SHARED(int, first_bad_row, );
  if (threadIdx.x == 0) first_bad_row = int(N);
  __syncthreads();
  double losses = 0, weights = 0;
  for (int64_t n = threadIdx.x; n < N; n += sum_threads) {
    const int32_t target = targets[n];
    if (target < 0 || target >= K) {
      atomicMin(&first_bad_row, int(n));
      continue;
    }
    const double weight = class_weights ? double(class_weights[target]) : 1;
    losses += weight * double(cross_entropy_row(K, logits + n * K, target));
    weights += weight;
  }
  losses = block_sum(losses);
  weights = block_sum(weights);
  if (threadIdx.x == 0) {
    if (first_bad_row < N) weights = nan("");
    *loss = T(losses / weights);
    *weight_sum = T(weights);
    *status = {first_bad_row, weights > 0};
  }
}

template <class T>
void forward(int64_t N, int64_t K, const T* logits, const int32_t* targets, const T* class_weights,
             T* loss, T* weight_sum, CrossEntropyStatus* status) {
  launch(forward_kernel<T>, 1, sum_threads, 0, N, K, logits, targets, class_weights, loss,
         weight_sum, status);
}

template <class T>
__global__ void backward_kernel(int64_t N, int64_t K, const T* logits, const int32_t* targets,
                                const T* class_weights, const T* weight_sum, const T* dloss,
                                T* dlogits) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= N) return;
  const T weight = row_weight(K, class_weights, targets[n]);
  cross_entropy_backward_row(K, logits + n * K, targets[n], *dloss * weight / *weight_sum,
                             dlogits + n * K);
}

template <class T>
void backward(int64_t N, int64_t K, const T* logits, const int32_t* targets, const T* class_weights,
              const T* weight_sum, const T* dloss, T* dlogits) {
  launch_over(N, backward_kernel<T>, N, K, logits, targets, class_weights, weight_sum, dloss,
              dlogits);
}

template <class T>
constexpr SoftmaxCrossEntropyKernels<T> kernels{softmax<T>, softmax_backward<T>, forward<T>,
                                                backward<T>};

}  // namespace

template <>
const SoftmaxCrossEntropyKernels<float> On<SoftmaxCrossEntropyKernels<float>>::cuda =
    kernels<float>;
template <>
const SoftmaxCrossEntropyKernels<double> On<SoftmaxCrossEntropyKernels<double>>::cuda =
    kernels<double>;

}  // namespace hitsieve
