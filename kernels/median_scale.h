// y = x / median(x) - 1, row by row: what is left of a vector of row ranges when the frame's own
// level of noise is taken out. Between frames that level changes with gain, exposure and
// background; a spot is a row that stands out of its frame's.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// x (N, L) f32, nothing negative, finite -> y (N, L). The median is over the elements above 0 (a 0
/// is a row of a frame without a pixel); of an even number of them, the lower of the two in the
/// middle. Elements that are 0 give 0: nothing known, nothing unusual. A row without an element
/// above 0 gives zeros. Not differentiable, never on a tape.
Tensor median_scale(const Tensor& x);

struct MedianScaleKernels {
  void (*forward)(int64_t N, int64_t L, const float* x, float* y);  ///< y may be x
};

}  // namespace hitsieve
