// y[n, k, l] = bias[k] + sum_{c, w} weight[k, c, w] * x[n, c, l * stride + w - padding]:
// convolution along one axis (a cross-correlation, as everywhere in the field); x counts as 0
// outside [0, L).
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

struct Conv1dOptions {
  int64_t stride = 1;
  int64_t padding = 0;  ///< zeros put before and after each row of x
};

/// x (N, C, L), weight (K, C, W), bias (K) or undefined -> y (N, K, (L + 2 padding - W) / stride
/// + 1). f32 or f64, all on one device. An error if the padded row is shorter than W.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv1dOptions& options = {});

struct Conv1dSizes {
  int64_t N, C, L, K, W, stride, padding;
  int64_t output_length() const { return (L + 2 * padding - W) / stride + 1; }
};

/// What a device brings. No size is 0. Gradients are overwritten, not added to.
template <class T>
struct Conv1dKernels {
  /// `bias` may be null.
  void (*forward)(const Conv1dSizes& sizes, const T* x, const T* weight, const T* bias, T* y);
  void (*backward_x)(const Conv1dSizes& sizes, const T* dy, const T* weight, T* dx);
  void (*backward_weight)(const Conv1dSizes& sizes, const T* dy, const T* x, T* dweight);
  void (*backward_bias)(const Conv1dSizes& sizes, const T* dy, T* dbias);
};

}  // namespace hitsieve
