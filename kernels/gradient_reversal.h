// Gradient reversal (Ganin et al. 2016): the identity forward, dx = -lambda dy backward. Between a
// base and a domain classifier it makes the base learn features that do not tell the domains apart.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// y shares the elements of x. f32 or f64, any shape.
Tensor gradient_reversal(const Tensor& x, double lambda);

/// What a device brings: y = factor x.
template <class T>
struct GradientReversalKernels {
  void (*scale)(int64_t count, T factor, const T* x, T* y);
};

}  // namespace hitsieve
