// y = x * weight^T + bias, the fully connected layer.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// x (N, C), weight (K, C), bias (K) or undefined -> y (N, K). f32 or f64, all on one device.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// What a device brings besides the matrix product.
template <class T>
struct LinearKernels {
  void (*add_bias)(int64_t N, int64_t K, const T* bias, T* y);  ///< y[n, k] += bias[k]
  void (*backward_bias)(int64_t N, int64_t K, const T* dy,
                        T* dbias);  ///< dbias[k] = sum_n dy[n, k]
};

}  // namespace hitsieve
