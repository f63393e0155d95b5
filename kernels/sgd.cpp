#include "kernels/sgd.h"

#include <cmath>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

template <class T>
HS_SIMD void step_part(int64_t begin, int64_t end, SgdStep<T> step, T rate, T* __restrict w,
                       const T* __restrict gradient, T* __restrict v) {
  for (int64_t i = begin; i < end; ++i) step(rate, w[i], gradient[i], v[i]);
}

template <class T>
HS_SIMD void step_part_without_velocity(int64_t begin, int64_t end, SgdStep<T> step, T rate,
                                        T* __restrict w, const T* __restrict gradient) {
  for (int64_t i = begin; i < end; ++i) {
    T v = 0;
    step(rate, w[i], gradient[i], v);
  }
}

template <class T>
void step_all(int64_t count, const SgdStep<T>& step, const double* learning_rate, T* w,
              const T* gradient, T* v) {
  const T rate = T(*learning_rate);
  parallel_for(count, 1 << 16, [&](int64_t begin, int64_t end) {
    if (v)
      step_part(begin, end, step, rate, w, gradient, v);
    else
      step_part_without_velocity(begin, end, step, rate, w, gradient);
  });
}

template <class T>
constexpr SgdKernels<T> kernels{step_all<T>};

}  // namespace

template <>
const SgdKernels<float> On<SgdKernels<float>>::cpu = kernels<float>;
template <>
const SgdKernels<double> On<SgdKernels<double>>::cpu = kernels<double>;

void sgd(const Tensor& parameter, const Tensor& gradient, const Tensor& velocity,
         const SgdOptions& options) {
  check(parameter.defined(), "sgd: the parameter is undefined");
  sgd(parameter, gradient, velocity, Tensor::numbers({{options.learning_rate}}, parameter.device()),
      options);
}

void sgd(const Tensor& parameter, const Tensor& gradient, const Tensor& velocity,
         const Tensor& learning_rate, const SgdOptions& options) {
  check(std::isfinite(options.learning_rate) && options.learning_rate >= 0, "sgd: learning rate ",
        options.learning_rate, ", expected 0 or more");
  check(options.momentum >= 0 && options.momentum < 1, "sgd: momentum ", options.momentum,
        " is outside [0, 1)");
  check(std::isfinite(options.weight_decay) && options.weight_decay >= 0, "sgd: weight decay ",
        options.weight_decay, ", expected 0 or more");
  check(parameter.defined(), "sgd: the parameter is undefined");
  check_like("sgd", "gradient", gradient, parameter);
  check_shape("sgd", "gradient", gradient, parameter.shape());
  if (velocity || options.momentum != 0) {
    check_like("sgd", "velocity", velocity, parameter);
    check_shape("sgd", "velocity", velocity, parameter.shape());
  }
  check(learning_rate && learning_rate.count() > 0 && learning_rate.device() == parameter.device(),
        "sgd: the learning rate is not a number on ", parameter.device());
  by_float(parameter.dtype(), "sgd", [&]<class T>() {
    pick<SgdKernels<T>>(parameter.device())
        .step(parameter.count(), {T(options.momentum), T(options.weight_decay)},
              learning_rate.data<double>(), parameter.data<T>(), gradient.data<T>(),
              velocity ? velocity.data<T>() : nullptr);
  });
}

}  // namespace hitsieve
