#include <cmath>

#include "kernels/adam.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// The parameter and the moments after three steps with gradients drawn from seeds 3, 4, 5.
template <class T>
std::vector<Tensor> three_steps(const Shape& shape, const AdamOptions& options, Device device) {
  const Tensor w = normal<T>(shape, 1, device);
  const Tensor m = Tensor::zeros(shape, dtype_of<T>, device), v = m.clone();
  for (int64_t step : {1, 2, 3})
    adam(w, normal<T>(shape, uint64_t(step) + 2, device), m, v, step, options);
  return {w, m, v};
}

/// The definition, for one element.
double defined(double w, const std::vector<double>& gradients, const AdamOptions& o) {
  double m = 0, v = 0, power1 = 1, power2 = 1;
  for (double g : gradients) {
    if (o.decoupled)
      w -= o.learning_rate * o.weight_decay * w;
    else
      g += o.weight_decay * w;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    power1 *= o.beta1, power2 *= o.beta2;
    w -= o.learning_rate * (m / (1 - power1)) / (std::sqrt(v / (1 - power2)) + o.epsilon);
  }
  return w;
}

const AdamOptions decoupled{.learning_rate = 0.1, .weight_decay = 0.05};
const AdamOptions coupled{
    .learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.05, .decoupled = false};

}  // namespace

TEST_CASE("adam: the first step moves by the learning rate against the gradient's sign") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor w = Tensor::of<double>({3}, std::vector<double>{1, 1, 1}, device);
    const Tensor g = Tensor::of<double>({3}, std::vector<double>{1e-3, -50, 0}, device);
    const Tensor m = Tensor::zeros({3}, DType::f64, device), v = m.clone();
    adam(w, g, m, v, 1, {.learning_rate = 0.25, .epsilon = 1e-30});
    check_close<double>(w, Tensor::of<double>({3}, std::vector<double>{0.75, 1.25, 1}), 1e-14);
    check_close<double>(m, Tensor::of<double>({3}, std::vector<double>{1e-4, -5, 0}), 1e-15);
    check_close<double>(v, Tensor::of<double>({3}, std::vector<double>{1e-9, 2.5, 0}), 1e-15);
  }
}

TEST_CASE("adam: several steps follow the definition, with either weight decay") {
  for (Device device : devices())
    for (const AdamOptions& options : {decoupled, coupled}) {
      CAPTURE(device);
      CAPTURE(options.decoupled);
      const Shape shape{5, 61};
      const auto found = three_steps<double>(shape, options, device)[0].values<double>();
      std::vector<std::vector<double>> drawn;
      for (uint64_t seed : {1, 3, 4, 5})
        drawn.push_back(normal<double>(shape, seed).values<double>());
      for (size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] == doctest::Approx(defined(drawn[0][i],
                                                  {drawn[1][i], drawn[2][i], drawn[3][i]}, options))
                              .epsilon(1e-13));
    }
}

TEST_CASE("adam: float32 against the CPU in float64, odd sizes") {
  for (const Shape& shape : {Shape{1}, Shape{7, 37}, Shape{3, 5, 41}, Shape{0, 2}}) {
    const auto exact = three_steps<double>(shape, decoupled, Device::cpu);
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(shape);
        const auto found = three_steps<float>(shape, decoupled, device);
        for (size_t i = 0; i < 3; ++i) check_close<float>(found[i], rounded(exact[i]), 1e-6);
      });
  }
}

TEST_CASE("adam: the same bits for any number of threads") {
  check_threads_agree([] { return three_steps<float>({200001}, coupled, Device::cpu); });
}

TEST_CASE("adam: wrong shapes, types and options are refused") {
  const Tensor w = Tensor::zeros({3});
  const auto refused = [&](const char* why, const Tensor& gradient, const Tensor& m,
                           const Tensor& v, int64_t step, const AdamOptions& with) {
    CHECK_THROWS_WITH_AS(adam(w, gradient, m, v, step, with), doctest::Contains(why), Error);
  };
  refused("gradient has shape (4), expected (3)", Tensor::zeros({4}), w, w, 1, decoupled);
  refused("first_moment is undefined", w, {}, w, 1, decoupled);
  refused("second_moment is float64", w, w, Tensor::zeros({3}, DType::f64), 1, decoupled);
  refused("step 0", w, w, w, 0, decoupled);
  refused("learning rate -1", w, w, w, 1, {.learning_rate = -1});
  refused("beta1 1", w, w, w, 1, {.learning_rate = 1, .beta1 = 1});
  refused("beta2 -1", w, w, w, 1, {.learning_rate = 1, .beta2 = -1});
  refused("epsilon 0", w, w, w, 1, {.learning_rate = 1, .epsilon = 0});
  refused("weight decay inf", w, w, w, 1, {.learning_rate = 1, .weight_decay = INFINITY});
}
