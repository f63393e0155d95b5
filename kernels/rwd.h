// Row-wise decomposition: an image becomes a vector, each row its range of values. Bragg spots show
// as rows of large range; what the rows share (background, rings) is gone after lcn.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// y (N, H, W), NaN = no value, f32 or f64 -> (N, H): maximum - minimum of the row's values. A row
/// without a value gives 0, as does a row with one. Not differentiable, never on a tape.
Tensor rwd(const Tensor& y);

template <class T>
struct RwdKernels {
  void (*ranges)(int64_t rows, int64_t W, const T* y, T* d);  ///< y (rows, W) -> d (rows)
};

}  // namespace hitsieve
