// Stochastic gradient descent with momentum and weight decay, in PyTorch's form:
//   g = gradient + weight_decay w,   v = momentum v + g,   w = w - learning_rate v.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

struct SgdOptions {
  double learning_rate;  ///< no default
  double momentum = 0, weight_decay = 0;
};

/// One step, in place. All of one shape, on one device, f32 or f64; velocity is 0 before the first
/// step, and may be undefined without momentum. `learning_rate`, f64, has one element or more, of
/// which the first is read when the work is done; instead of that of the options.
void sgd(const Tensor& parameter, const Tensor& gradient, const Tensor& velocity,
         const Tensor& learning_rate, const SgdOptions& options);
void sgd(const Tensor& parameter, const Tensor& gradient, const Tensor& velocity,
         const SgdOptions& options);

/// One element, on every device.
template <class T>
struct SgdStep {
  T momentum, weight_decay;

  HS_HD void operator()(T learning_rate, T& w, T gradient, T& v) const {
    v = momentum * v + (gradient + weight_decay * w);
    w -= learning_rate * v;
  }
};

/// What a device brings; `v` may be null if momentum is 0.
template <class T>
struct SgdKernels {
  void (*step)(int64_t count, const SgdStep<T>& step, const double* learning_rate, T* w,
               const T* gradient, T* v);
};

}  // namespace hitsieve
