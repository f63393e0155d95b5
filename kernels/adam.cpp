#include "kernels/adam.h"

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

template <class T>
HS_SIMD void step_part(int64_t begin, int64_t end, AdamStep<T> step, T* __restrict w,
                       const T* __restrict gradient, T* __restrict m, T* __restrict v) {
  for (int64_t i = begin; i < end; ++i) step(w[i], gradient[i], m[i], v[i]);
}

template <class T>
void step_all(int64_t count, const AdamStep<T>& step, const AdamNumbers* numbers, T* w,
              const T* gradient, T* m, T* v) {
  const AdamStep<T> now = step.with(*numbers);
  parallel_for(count, 1 << 16,
               [&](int64_t begin, int64_t end) { step_part(begin, end, now, w, gradient, m, v); });
}

template <class T>
constexpr AdamKernels<T> kernels{step_all<T>};

}  // namespace

template <>
const AdamKernels<float> On<AdamKernels<float>>::cpu = kernels<float>;
template <>
const AdamKernels<double> On<AdamKernels<double>>::cpu = kernels<double>;

namespace {

void check_options(const AdamOptions& o) {
  check(std::isfinite(o.learning_rate) && o.learning_rate >= 0, "adam: learning rate ",
        o.learning_rate, ", expected 0 or more");
  check(o.beta1 >= 0 && o.beta1 < 1, "adam: beta1 ", o.beta1, " is outside [0, 1)");
  check(o.beta2 >= 0 && o.beta2 < 1, "adam: beta2 ", o.beta2, " is outside [0, 1)");
  check(std::isfinite(o.epsilon) && o.epsilon > 0, "adam: epsilon ", o.epsilon,
        ", expected above 0");
  check(std::isfinite(o.weight_decay) && o.weight_decay >= 0, "adam: weight decay ", o.weight_decay,
        ", expected 0 or more");
}

template <class T>
AdamStep<T> step_of(const AdamOptions& o) {
  return {.beta1 = T(o.beta1),
          .more1 = T(1 - o.beta1),
          .beta2 = T(o.beta2),
          .more2 = T(1 - o.beta2),
          .epsilon = T(o.epsilon),
          .added_decay = T(o.decoupled ? 0 : o.weight_decay)};
}

}  // namespace

AdamNumbers adam_numbers(int64_t step, const AdamOptions& o) {
  check_options(o);
  check(step >= 1, "adam: step ", step, ", expected 1 or more");
  const double t = double(step);
  return {.rate = o.learning_rate / (1 - std::pow(o.beta1, t)),
          .root_scale = 1 / std::sqrt(1 - std::pow(o.beta2, t)),
          .kept = o.decoupled ? 1 - o.learning_rate * o.weight_decay : 1};
}

void adam(const Tensor& parameter, const Tensor& gradient, const Tensor& first_moment,
          const Tensor& second_moment, int64_t step, const AdamOptions& options) {
  const AdamNumbers n = adam_numbers(step, options);
  const double numbers[] = {n.rate, n.root_scale, n.kept};
  check(parameter.defined(), "adam: the parameter is undefined");
  adam(parameter, gradient, first_moment, second_moment,
       Tensor::numbers(numbers, parameter.device()), options);
}

void adam(const Tensor& parameter, const Tensor& gradient, const Tensor& first_moment,
          const Tensor& second_moment, const Tensor& numbers, const AdamOptions& options) {
  check_options(options);
  check(parameter.defined(), "adam: the parameter is undefined");
  const std::pair<const char*, const Tensor&> others[] = {
      {"gradient", gradient}, {"first_moment", first_moment}, {"second_moment", second_moment}};
  for (const auto& [name, tensor] : others) {
    check_like("adam", name, tensor, parameter);
    check_shape("adam", name, tensor, parameter.shape());
  }
  check_shape("adam", "numbers", numbers, {3});
  check(numbers.device() == parameter.device(), "adam: numbers are on ", numbers.device());
  by_float(parameter.dtype(), "adam", [&]<class T>() {
    pick<AdamKernels<T>>(parameter.device())
        .step(parameter.count(), step_of<T>(options),
              reinterpret_cast<const AdamNumbers*>(numbers.data<double>()), parameter.data<T>(),
              gradient.data<T>(), first_moment.data<T>(), second_moment.data<T>());
  });
}

}  // namespace hitsieve
