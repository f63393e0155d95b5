// Adam with bias correction (Kingma and Ba 2015); with g the gradient and t the step, from 1 on:
//   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
//   w = w - learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
// Weight decay is decoupled (AdamW, Loshchilov and Hutter 2019: first w = w (1 - learning_rate
// weight_decay)) or, if asked for, added to the gradient (g + weight_decay w).
#pragma once
#include <cmath>

#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

struct AdamOptions {
  double learning_rate;  ///< no default
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = true;  ///< the weight decay
};

/// One step, in place. All of one shape, on one device, f32 or f64; the moments (m, v) are 0 before
/// the first step, whose number is 1.
void adam(const Tensor& parameter, const Tensor& gradient, const Tensor& first_moment,
          const Tensor& second_moment, int64_t step, const AdamOptions& options);

/// One element, on every device. What depends on the step alone is computed once, in double.
template <class T>
struct AdamStep {
  T rate;          ///< learning_rate / (1 - beta1^t)
  T root_scale;    ///< 1 / sqrt(1 - beta2^t)
  T beta1, more1;  ///< and 1 - beta1, not rounded from beta1's rounded value
  T beta2, more2;
  T epsilon;
  T kept;         ///< of w: 1 - learning_rate weight_decay, or 1
  T added_decay;  ///< weight_decay if it is added to the gradient, or 0

  HS_HD void operator()(T& w, T gradient, T& m, T& v) const {
    const T g = gradient + added_decay * w;
    m = beta1 * m + more1 * g;
    v = beta2 * v + more2 * g * g;
    w = w * kept - rate * m / (std::sqrt(v) * root_scale + epsilon);
  }
};

/// What a device brings.
template <class T>
struct AdamKernels {
  void (*step)(int64_t count, const AdamStep<T>& step, T* w, const T* gradient, T* m, T* v);
};

}  // namespace hitsieve
