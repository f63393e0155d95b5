// y[n, k, l] = bias[k] + sum_{c, w} weight[k, c, w] * x[n, c, l * stride + w - padding]:
// convolution along one axis (a cross-correlation, as everywhere in the field); x counts as 0
// outside [0, L). It is conv2d of images of one row.
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

}  // namespace hitsieve
