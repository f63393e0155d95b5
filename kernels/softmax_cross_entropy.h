// Softmax, and the cross-entropy of a softmax with the true classes:
//   loss = sum_n w[t_n] (log sum_k exp(logits[n, k]) - logits[n, t_n]) / sum_n w[t_n],
// w the weights of the classes (1 if not given). The largest logit is taken out of every
// exponential, so that nothing overflows.
#pragma once
#include <cmath>

#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

/// x (N, K) -> y (N, K), rows positive with sum 1. f32 or f64.
Tensor softmax(const Tensor& x);

/// What targets outside [0, K) lead to, and targets whose weights sum to 0: an error, for which
/// CUDA waits for the result; or a loss and gradients that are no numbers, for loops that do not
/// wait.
enum class BadTargets { error, nan };

/// logits (N, K), targets (N) of type i32, class_weights (K) or undefined -> loss, one element. f32
/// or f64, all on one device. No gradient of class_weights.
Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& targets,
                             const Tensor& class_weights = {}, BadTargets bad = BadTargets::error);

/// What forward tells the host: the first row with a target outside [0, K), or N; and whether the
/// weights' sum is above 0.
struct CrossEntropyStatus {
  int32_t first_bad_row, has_weight;
};

/// What a device brings. No size is 0; class_weights may be null.
template <class T>
struct SoftmaxCrossEntropyKernels {
  void (*softmax)(int64_t N, int64_t K, const T* x, T* y);
  void (*softmax_backward)(int64_t N, int64_t K, const T* dy, const T* y, T* dx);
  /// loss, weight_sum and status have one element; loss and sum are NaN for a target outside.
  void (*forward)(int64_t N, int64_t K, const T* logits, const int32_t* targets,
                  const T* class_weights, T* loss, T* weight_sum, CrossEntropyStatus* status);
  void (*backward)(int64_t N, int64_t K, const T* logits, const int32_t* targets,
                   const T* class_weights, const T* weight_sum, const T* dloss, T* dlogits);
};

// One row of K elements, on every device.

template <class T>
HS_HD T largest_of_row(int64_t K, const T* x) {
  T largest = x[0];
  for (int64_t k = 1; k < K; ++k)
    if (x[k] > largest) largest = x[k];
  return largest;
}

template <class T>
HS_HD T sum_of_exponentials(int64_t K, const T* x, T largest) {
  T sum = 0;
  for (int64_t k = 0; k < K; ++k) sum += std::exp(x[k] - largest);
  return sum;
}

template <class T>
HS_HD void softmax_row(int64_t K, const T* x, T* y) {
  const T largest = largest_of_row(K, x), sum = sum_of_exponentials(K, x, largest);
  for (int64_t k = 0; k < K; ++k) y[k] = std::exp(x[k] - largest) / sum;
}

template <class T>
HS_HD void softmax_backward_row(int64_t K, const T* dy, const T* y, T* dx) {
  T mean = 0;  // of dy, weighted with y
  for (int64_t k = 0; k < K; ++k) mean += dy[k] * y[k];
  for (int64_t k = 0; k < K; ++k) dx[k] = y[k] * (dy[k] - mean);
}

template <class T>
HS_HD T cross_entropy_row(int64_t K, const T* logits, int32_t target) {
  const T largest = largest_of_row(K, logits);
  return std::log(sum_of_exponentials(K, logits, largest)) - (logits[target] - largest);
}

/// The weight of a row; 1 for a target outside, whose weight sum is NaN already.
template <class T>
HS_HD T row_weight(int64_t K, const T* class_weights, int32_t target) {
  return class_weights && target >= 0 && target < K ? class_weights[target] : T(1);
}

template <class T>
HS_HD void cross_entropy_backward_row(int64_t K, const T* logits, int32_t target, T scale,
                                      T* dlogits) {
  softmax_row(K, logits, dlogits);
  for (int64_t k = 0; k < K; ++k) dlogits[k] = scale * (dlogits[k] - T(k == target));
}

}  // namespace hitsieve
