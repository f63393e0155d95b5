#include <cmath>

#include "kernels/sgd.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// The parameter and the velocity after three steps with gradients drawn from seeds 3, 4, 5.
template <class T>
std::vector<Tensor> three_steps(const Shape& shape, const SgdOptions& options, Device device) {
  const Tensor w = normal<T>(shape, 1, device), v = Tensor::zeros(shape, dtype_of<T>, device);
  for (uint64_t seed : {3, 4, 5}) sgd(w, normal<T>(shape, seed, device), v, options);
  return {w, v};
}

const SgdOptions options{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01};

}  // namespace

TEST_CASE("sgd: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor w = Tensor::of<double>({2}, std::vector<double>{1, -2}, device);
    const Tensor g = Tensor::of<double>({2}, std::vector<double>{0.5, 1}, device);
    const Tensor v = Tensor::zeros({2}, DType::f64, device);
    sgd(w, g, v, {.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.5});
    CHECK(v.values<double>() == std::vector<double>{1, 0});  // 0.5 + 0.5, 1 - 1
    CHECK(w.values<double>() == std::vector<double>{0.5, -2});
    sgd(w, g, v, {.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.5});
    CHECK(v.values<double>() == std::vector<double>{1.25, 0});  // 0.5 + 0.5 + 0.25
    CHECK(w.values<double>() == std::vector<double>{-0.125, -2});
    sgd(w, g, {}, {.learning_rate = 2});
    CHECK(w.values<double>() == std::vector<double>{-1.125, -4});
  }
}

TEST_CASE("sgd: float32 against the CPU in float64, odd sizes") {
  for (const Shape& shape : {Shape{1}, Shape{7, 37}, Shape{3, 5, 41}, Shape{0, 2}}) {
    const auto exact = three_steps<double>(shape, options, Device::cpu);
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(shape);
        const auto found = three_steps<float>(shape, options, device);
        for (size_t i = 0; i < 2; ++i) check_close<float>(found[i], rounded(exact[i]), 1e-6);
      });
  }
}

TEST_CASE("sgd: without momentum the velocity may be left out") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor a = normal<float>({301}, 1, device), b = a.clone();
    const Tensor g = normal<float>({301}, 2, device), v = normal<float>({301}, 3, device);
    sgd(a, g, {}, {.learning_rate = 0.1, .weight_decay = 0.2});
    sgd(b, g, v, {.learning_rate = 0.1, .weight_decay = 0.2});
    check_close<float>(a, b, 0);
  }
}

TEST_CASE("sgd: the same bits for any number of threads") {
  check_threads_agree([] { return three_steps<float>({200001}, options, Device::cpu); });
}

TEST_CASE("sgd: wrong shapes, types and options are refused") {
  const Tensor w = Tensor::zeros({3});
  const auto refused = [&](const char* why, const Tensor& gradient, const Tensor& velocity,
                           const SgdOptions& with) {
    CHECK_THROWS_WITH_AS(sgd(w, gradient, velocity, with), doctest::Contains(why), Error);
  };
  refused("gradient has shape (4), expected (3)", Tensor::zeros({4}), w, options);
  refused("gradient is undefined", {}, w, options);
  refused("float64", Tensor::zeros({3}, DType::f64), w, options);
  refused("velocity is undefined", w, {}, options);
  refused("velocity has shape (2)", w, Tensor::zeros({2}), {.learning_rate = 1});
  refused("learning rate -1", w, w, {.learning_rate = -1});
  refused("learning rate nan", w, w, {.learning_rate = std::nan("")});
  refused("momentum 1", w, w, {.learning_rate = 1, .momentum = 1});
  refused("weight decay -1", w, w, {.learning_rate = 1, .weight_decay = -1});
}
