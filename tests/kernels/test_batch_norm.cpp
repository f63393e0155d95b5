#include "kernels/batch_norm.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

template <class T>
Tensor positive(const Shape& shape, uint64_t seed, Device device) {
  std::vector<T> values = normal<T>(shape, seed).template values<T>();
  for (T& v : values) v = T(0.5) + v * v;
  return Tensor::of<T>(shape, values, device);
}

struct Running {
  Tensor mean, var;
};

template <class T>
Running running(int64_t C, Device device) {
  return {normal<T>({C}, 11, device), positive<T>({C}, 12, device)};
}

template <class T>
std::vector<Tensor> inputs(const Shape& shape, Device device) {
  return {normal<T>(shape, 1, device), normal<T>({shape[1]}, 2, device),
          normal<T>({shape[1]}, 3, device)};
}

/// With running estimates of its own at each call, as training moves them.
template <class T>
Operation operation(bool training, Device device) {
  return [=](const std::vector<Tensor>& in) {
    const Running r = running<T>(in[1].count(), device);
    return batch_norm(in[0], in[1], in[2], r.mean, r.var, {.training = training});
  };
}

/// Where cuDNN is used and the statistics are given: that the way back says so. Whether it did.
bool refused_by_cudnn(bool training, Device device) {
  if (!uses(Library::cudnn) || training) return false;
  CHECK_THROWS_WITH_AS(
      gradients(inputs<double>({2, 3, 4}, device), operation<double>(false, device)),
      doctest::Contains("cuDNN has none in inference"), Error);
  return true;
}

const std::vector<Shape> shapes = {{2, 1},      {7, 5},       {3, 2, 1}, {2, 3, 37},
                                   {5, 2, 300}, {2, 3, 5, 7}, {1, 4, 3}, {300, 3, 17}};

}  // namespace

TEST_CASE("batch_norm: golden values and running estimates") {
  const auto check_values = [](Device device) {
    CAPTURE(device);
    const double tolerance = within(Library::cudnn, 1e-14, 1e-12);
    // Channel 0: 1, 2, 3, 6 has mean 3, variance 3.5 (unbiased 14/3). Channel 1: mean 0,
    // variance 1.
    const Tensor x =
        Tensor::of<double>({2, 2, 2}, std::vector<double>{1, 2, 1, -1, 3, 6, -1, 1}, device);
    const Tensor weight = Tensor::of<double>({2}, std::vector<double>{2, 1}, device);
    const Tensor bias = Tensor::of<double>({2}, std::vector<double>{0, 10}, device);
    const Tensor mean = Tensor::of<double>({2}, std::vector<double>{1, 2}, device);
    const Tensor var = Tensor::of<double>({2}, std::vector<double>{4, 9}, device);
    const double a = 2 / std::sqrt(3.5);
    check_close<double>(
        batch_norm(x, weight, bias, mean, var, {.training = true, .momentum = 0.25, .epsilon = 0}),
        Tensor::of<double>({2, 2, 2}, std::vector<double>{-2 * a, -a, 11, 9, 0, 3 * a, 9, 11}),
        tolerance);
    check_close<double>(mean, Tensor::of<double>({2}, std::vector<double>{1.5, 1.5}), tolerance);
    check_close<double>(var,
                        Tensor::of<double>({2}, std::vector<double>{3 + 14.0 / 12, 6.75 + 1.0 / 3}),
                        tolerance);
    const Tensor fixed_mean = Tensor::of<double>({2}, std::vector<double>{1, 2}, device);
    const Tensor fixed_var = Tensor::of<double>({2}, std::vector<double>{3, 8}, device);
    check_close<double>(
        batch_norm(x, weight, bias, fixed_mean, fixed_var, {.training = false, .epsilon = 1}),
        Tensor::of<double>({2, 2, 2},
                           std::vector<double>{0, 1, 10 - 1.0 / 3, 9, 2, 5, 9, 10 - 1.0 / 3}),
        tolerance);
    CHECK(fixed_mean.values<double>() == std::vector<double>{1, 2});
  };
  for (Device device : devices())
    on_every_table(device, Library::cudnn, [&] { check_values(device); });
}

// The CPU cuts large images into pieces: their statistics and slopes against plain sums.
TEST_CASE("batch_norm: images of several pieces, far from 0") {
  const Shape shape{2, 3, 170, 200};
  const int64_t S = 170 * 200, M = 2 * S;
  std::vector<double> x = normal<double>(shape, 1).values<double>();
  for (size_t i = 0; i < x.size(); ++i) x[i] += 100 + double(i) / 1e4;  // no piece like another
  const auto dy = normal<double>(shape, 999).values<double>();
  std::vector<double> mean(3), squares(3), dweight(3), dbias(3);
  const auto for_all = [&](const auto& body) {
    for (size_t i = 0; i < x.size(); ++i) body(i, i / size_t(S) % 3);
  };
  for_all([&](size_t i, size_t c) { mean[c] += x[i] / double(M); });
  for_all([&](size_t i, size_t c) { squares[c] += (x[i] - mean[c]) * (x[i] - mean[c]); });
  for_all([&](size_t i, size_t c) {
    dweight[c] += dy[i] * (x[i] - mean[c]) / std::sqrt(squares[c] / double(M)), dbias[c] += dy[i];
  });
  const Tensor running_mean = Tensor::zeros({3}, DType::f64), running_var = running_mean.clone();
  const std::vector<Tensor> in = {Tensor::of<double>(shape, x), normal<double>({3}, 2),
                                  normal<double>({3}, 3)};
  const auto found = gradients(in, [&](auto& leaves) {
    return batch_norm(leaves[0], leaves[1], leaves[2], running_mean, running_var,
                      {.training = true, .momentum = 1, .epsilon = 0});
  });
  for (double& v : squares) v /= double(M - 1);
  check_close<double>(running_mean, Tensor::of<double>({3}, mean), 1e-12);
  check_close<double>(running_var, Tensor::of<double>({3}, squares), 1e-11);
  check_close<double>(found[1], Tensor::of<double>({3}, dweight), 1e-10);
  check_close<double>(found[2], Tensor::of<double>({3}, dbias), 1e-10);
}

TEST_CASE("batch_norm: gradients in training and in inference") {
  for (Device device : devices())
    for (bool training : {true, false})
      for (const Shape& shape : {Shape{5, 3}, Shape{2, 3, 4}, Shape{2, 2, 2, 3}}) {
        on_every_table(device, Library::cudnn, [&] {
          CAPTURE(device);
          CAPTURE(training);
          CAPTURE(shape);
          if (!refused_by_cudnn(training, device))
            gradcheck(inputs<double>(shape, device), operation<double>(training, device));
        });
      }
}

TEST_CASE("batch_norm: frozen weights still pass the gradient on") {
  const auto check_all = [](bool training, Device device) {
    CAPTURE(device);
    CAPTURE(training);
    const auto in = inputs<double>({3, 2, 4}, device);
    gradcheck({in[0]}, [&](auto& x) {
      return operation<double>(training, device)({x[0], in[1], in[2]});
    });
    CHECK(!in[1].grad().defined());
  };
  for (Device device : devices())
    for (bool training : {true, false})
      on_every_table(device, Library::cudnn, [&] {
        if (!refused_by_cudnn(training, device)) check_all(training, device);
      });
}

TEST_CASE("batch_norm: weights alone, without a gradient of x") {
  for (Device device : devices())
    on_every_table(device, Library::cudnn, [&] {
      CAPTURE(device);
      const auto in = inputs<double>({3, 2, 4}, device);
      gradcheck({in[1], in[2]}, [&](auto& leaves) {
        return operation<double>(true, device)({in[0], leaves[0], leaves[1]});
      });
    });
}

TEST_CASE("batch_norm: values and gradients in float32 against the CPU in float64, odd sizes") {
  for (const Shape& shape : shapes)
    for (bool training : {true, false}) {
      const auto f64 = operation<double>(training, Device::cpu);
      const auto exact_in = inputs<double>(shape, Device::cpu);
      const Tensor exact = f64(exact_in);
      const auto exact_gradients = gradients(exact_in, f64);
      const auto check_all = [&](Device device) {
        CAPTURE(device);
        CAPTURE(shape);
        CAPTURE(training);
        const auto f32 = operation<float>(training, device);
        check_close<float>(f32(inputs<float>(shape, device)), rounded(exact),
                           within(Library::cudnn, 1e-5, 1e-4));
        if (refused_by_cudnn(training, device)) return;
        const auto found = gradients(inputs<float>(shape, device), f32);
        for (size_t i = 0; i < found.size(); ++i) {
          CAPTURE(i);
          check_close<float>(found[i], rounded(exact_gradients[i]),
                             within(Library::cudnn, 1e-4, 1e-3));
        }
      };
      for (Device device : devices())
        on_every_table(device, Library::cudnn,
                       [&] { on_every_schedule([&] { check_all(device); }); });
    }
}

TEST_CASE("batch_norm: data far from zero keep their variance") {
  for (Device device : devices()) {
    CAPTURE(device);
    std::vector<float> values = normal<float>({20, 2, 50}, 1).values<float>();
    for (float& v : values) v = std::round(v * 64) / 64 + 4096;  // exact in float32
    std::vector<double> shifted;
    for (float v : values) shifted.push_back(double(v) - 4096);
    const Tensor one = Tensor::of<float>({2}, std::vector<float>{1, 1}, device);
    const auto zeros = [&] { return Tensor::zeros({2}, DType::f32, device); };
    const Tensor one64 = Tensor::of<double>({2}, std::vector<double>{1, 1});
    const auto zeros64 = [&] { return Tensor::zeros({2}, DType::f64); };
    const Tensor y = batch_norm(Tensor::of<float>({20, 2, 50}, values, device), one, zeros(),
                                zeros(), zeros(), {.training = true});
    check_close<float>(y,
                       rounded(batch_norm(Tensor::of<double>({20, 2, 50}, shifted), one64,
                                          zeros64(), zeros64(), zeros64(), {.training = true})),
                       1e-3);
  }
}

TEST_CASE("batch_norm: what backward uses is not changed by a later step") {
  for (Device device : devices()) {
    CAPTURE(device);
    const auto in = inputs<double>({4, 2, 3}, device);
    const Running r = running<double>(2, device);
    const auto before = gradients(in, operation<double>(false, device));
    const auto after = gradients(in, [&](auto& x) {
      const Tensor y = batch_norm(x[0], x[1], x[2], r.mean, r.var, {.training = false});
      r.mean.fill(100), r.var.fill(100);
      return y;
    });
    for (size_t i = 0; i < before.size(); ++i) check_close<double>(after[i], before[i], 0);
  }
}

TEST_CASE("batch_norm: the same bits for any number of threads") {
  for (const Shape& shape : {Shape{64, 7, 333}, Shape{129, 300}})
    check_threads_agree([&] {
      const auto f = operation<float>(true, Device::cpu);
      auto all = gradients(inputs<float>(shape, Device::cpu), f);
      all.push_back(f(inputs<float>(shape, Device::cpu)));
      return all;
    });
}

TEST_CASE("batch_norm: wrong shapes, types and options are refused") {
  const Tensor x = Tensor::zeros({2, 3, 4}), c = Tensor::zeros({3});
  const auto refused = [&](const char* why, const Tensor& in, const Tensor& weight,
                           BatchNormOptions options = {.training = true}) {
    CHECK_THROWS_WITH_AS(batch_norm(in, weight, c, c.clone(), c.clone(), options),
                         doctest::Contains(why), Error);
  };
  refused("expected (N, C, ...)", Tensor::zeros({3}), c);
  refused("has no elements", Tensor::zeros({0, 3}), c);
  refused("weight has shape (4), expected (3)", x, Tensor::zeros({4}));
  refused("float64", x, Tensor::zeros({3}, DType::f64));
  refused("weight is undefined", x, {});
  refused("one value a channel", Tensor::zeros({1, 3}), c);
  refused("momentum 1.5", x, c, {.training = true, .momentum = 1.5});
  refused("epsilon -1", x, c, {.training = true, .epsilon = -1});
}
