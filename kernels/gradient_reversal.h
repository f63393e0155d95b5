// Gradient reversal (Ganin et al. 2016): the identity forward, dx = -lambda dy backward. Between a
// base and a domain classifier it makes the base learn features that do not tell the domains apart.
#pragma once
#include "engine/tensor.h"

namespace hitsieve {

/// y shares the elements of x. f32 or f64, any shape. lambda, one f64 element, is read when the
/// backward pass is done, so that a step can be recorded and replayed with another.
Tensor gradient_reversal(const Tensor& x, const Tensor& lambda);
Tensor gradient_reversal(const Tensor& x, double lambda);

/// What a device brings: y = -lambda x.
template <class T>
struct GradientReversalKernels {
  void (*reverse)(int64_t count, const double* lambda, const T* x, T* y);
};

}  // namespace hitsieve
