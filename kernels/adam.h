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

/// What of a step depends on its number t and on the learning rate. It is computed on the host and
/// read where the parameters are, so that a step can be recorded and replayed with other numbers
/// (engine/repeated_work.h).
struct AdamNumbers {
  double rate;        ///< learning_rate / (1 - beta1^t)
  double root_scale;  ///< 1 / sqrt(1 - beta2^t)
  double kept;        ///< of w: 1 - learning_rate weight_decay, or 1
};
AdamNumbers adam_numbers(int64_t step, const AdamOptions& options);

/// One step, in place. All of one shape, on one device, f32 or f64; the moments (m, v) are 0 before
/// the first step, whose number is 1. `numbers` (3) f64: AdamNumbers.
void adam(const Tensor& parameter, const Tensor& gradient, const Tensor& first_moment,
          const Tensor& second_moment, const Tensor& numbers, const AdamOptions& options);
void adam(const Tensor& parameter, const Tensor& gradient, const Tensor& first_moment,
          const Tensor& second_moment, int64_t step, const AdamOptions& options);

/// One element, on every device.
template <class T>
struct AdamStep {
  T beta1, more1;  ///< and 1 - beta1, not rounded from beta1's rounded value
  T beta2, more2;
  T epsilon;
  T added_decay;  ///< weight_decay if it is added to the gradient, or 0
  T rate = 0, root_scale = 0, kept = 0;

  HS_HD AdamStep with(const AdamNumbers& numbers) const {
    AdamStep step = *this;
    step.rate = T(numbers.rate), step.root_scale = T(numbers.root_scale);
    step.kept = T(numbers.kept);
    return step;
  }
  HS_HD void operator()(T& w, T gradient, T& m, T& v) const {
    const T g = gradient + added_decay * w;
    m = beta1 * m + more1 * g;
    v = beta2 * v + more2 * g * g;
    w = w * kept - rate * m / (std::sqrt(v) * root_scale + epsilon);
  }
};

/// What a device brings; it reads the numbers when it does the work.
template <class T>
struct AdamKernels {
  void (*step)(int64_t count, const AdamStep<T>& step, const AdamNumbers* numbers, T* w,
               const T* gradient, T* m, T* v);
};

}  // namespace hitsieve
