// Pooling along one axis: the largest element, or the mean, of each window. It is pool2d of images
// of one row, and what pool2d.h says of padding and ceil_mode holds here.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

struct Pool1dOptions {
  int64_t kernel, stride;  ///< no defaults: 1 or more
  int64_t padding = 0;     ///< at most half the kernel
  bool ceil_mode = false;
};

/// x (N, C, L) -> y (N, C, L'), L' = (L + 2 padding - kernel) / stride + 1, rounded down, or up
/// with ceil_mode. f32 or f64. A NaN in a window is its maximum; of equal maxima the first gets the
/// gradient.
Tensor max_pool1d(const Tensor& x, const Pool1dOptions& options);
Tensor avg_pool1d(const Tensor& x, const Pool1dOptions& options);

}  // namespace hitsieve
