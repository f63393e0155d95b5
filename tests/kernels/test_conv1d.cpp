#include "kernels/conv1d.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

struct Case {
  int64_t N, C, L, K, W;
  Conv1dOptions options;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "N " << c.N << ", C " << c.C << ", L " << c.L << ", K " << c.K << ", W " << c.W
             << ", stride " << c.options.stride << ", padding " << c.options.padding;
}

template <class T>
std::vector<Tensor> inputs(const Case& c, Device device) {
  return {normal<T>({c.N, c.C, c.L}, 1, device), normal<T>({c.K, c.C, c.W}, 2, device),
          normal<T>({c.K}, 3, device)};
}

Operation operation(const Conv1dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return conv1d(in[0], in[1], in[2], options); };
}

/// The definition, one element at a time.
Tensor defined(const Case& c) {
  const auto in = inputs<double>(c, Device::cpu);
  const auto x = in[0].values<double>(), weight = in[1].values<double>(),
             bias = in[2].values<double>();
  const int64_t length = (c.L + 2 * c.options.padding - c.W) / c.options.stride + 1;
  std::vector<double> y;
  for (int64_t n = 0; n < c.N; ++n)
    for (int64_t k = 0; k < c.K; ++k)
      for (int64_t l = 0; l < length; ++l) {
        double sum = bias[size_t(k)];
        for (int64_t i = 0; i < c.C; ++i)
          for (int64_t w = 0; w < c.W; ++w) {
            const int64_t at = l * c.options.stride + w - c.options.padding;
            if (at >= 0 && at < c.L)
              sum += weight[size_t((k * c.C + i) * c.W + w)] * x[size_t((n * c.C + i) * c.L + at)];
          }
        y.push_back(sum);
      }
  return Tensor::of<double>({c.N, c.K, length}, y);
}

const std::vector<Case> cases = {
    {1, 1, 1, 1, 1, {}},       {2, 1, 30, 5, 7, {1, 3}}, {3, 5, 29, 4, 3, {1, 1}},
    {1, 3, 33, 9, 5, {2, 2}},  {2, 2, 23, 3, 4, {3, 1}}, {1, 2, 5, 2, 9, {1, 4}},
    {2, 3, 7, 2, 1, {3, 0}},   {1, 1, 3, 1, 2, {1, 5}},  {1, 2, 60, 17, 6, {4, 0}},
    {5, 4, 131, 2, 8, {1, 0}},
};

}  // namespace

TEST_CASE("conv1d: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x =
        Tensor::of<float>({1, 2, 4}, std::vector<float>{1, 2, 3, 4, 0, 1, 0, -1}, device);
    const Tensor weight =
        Tensor::of<float>({1, 2, 3}, std::vector<float>{1, 0, -1, 2, 1, 0}, device);
    const Tensor bias = Tensor::of<float>({1}, std::vector<float>{10}, device);
    CHECK(conv1d(x, weight, bias).values<float>() == std::vector<float>{9, 10});
    CHECK(conv1d(x, weight, {}, {.padding = 1}).values<float>() ==
          std::vector<float>{-2, -1, 0, 2});
    CHECK(conv1d(x, weight, {}, {.stride = 2, .padding = 1}).values<float>() ==
          std::vector<float>{-2, 0});
  }
}

TEST_CASE("conv1d: float64 against the definition, float32 against float64, on every schedule") {
  for (const Case& c : cases)
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(c);
        CAPTURE(device);
        const Tensor exact = defined(c);
        const Operation f = operation(c.options);
        check_close<double>(f(inputs<double>(c, device)), exact, 1e-13);
        check_close<float>(f(inputs<float>(c, device)), rounded(exact), 1e-5);
      });
}

TEST_CASE("conv1d: gradients") {
  for (Device device : devices())
    for (const Case& c : {Case{2, 3, 11, 5, 3, {1, 1}}, Case{2, 2, 10, 2, 4, {3, 2}},
                          Case{1, 2, 4, 1, 2, {3, 0}}, Case{1, 1, 2, 2, 5, {2, 2}}}) {
      CAPTURE(device);
      CAPTURE(c);
      gradcheck(inputs<double>(c, device), operation(c.options));
    }
}

TEST_CASE("conv1d: gradients of odd sizes, every device and schedule against the CPU in float64") {
  for (const Case& c : cases) {
    const std::vector<Tensor> exact =
        gradients(inputs<double>(c, Device::cpu), operation(c.options));
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(c);
        CAPTURE(device);
        const std::vector<Tensor> found = gradients(inputs<float>(c, device), operation(c.options));
        for (size_t i = 0; i < exact.size(); ++i) {
          CAPTURE(i);
          check_close<float>(found[i], rounded(exact[i]), 2e-5);
        }
      });
  }
}

TEST_CASE("conv1d: without a bias, and with weights that want no gradient") {
  for (Device device : devices()) {
    CAPTURE(device);
    gradcheck({normal<double>({2, 2, 6}, 1, device), normal<double>({3, 2, 3}, 2, device)},
              [](auto& in) { return conv1d(in[0], in[1], {}); });
    const Tensor weight = normal<double>({3, 2, 3}, 2, device);
    gradcheck({normal<double>({2, 2, 6}, 1, device)},
              [&](auto& in) { return conv1d(in[0], weight, {}); });
    CHECK(!weight.grad().defined());
  }
}

TEST_CASE("conv1d: the same bits for any number of threads") {
  const Case c{37, 6, 301, 7, 5, {1, 2}};
  check_threads_agree([&] {
    std::vector<Tensor> all = gradients(inputs<float>(c, Device::cpu), operation(c.options));
    all.push_back(operation(c.options)(inputs<float>(c, Device::cpu)));
    return all;
  });
}

TEST_CASE("conv1d: wrong shapes, types and options are refused") {
  const Tensor x({2, 3, 10}), weight({4, 3, 5}), bias({4});
  const auto refused = [](const char* why, auto&&... arguments) {
    CHECK_THROWS_WITH_AS(conv1d(arguments...), doctest::Contains(why), Error);
  };
  refused("expected (N, C, L)", Tensor({3, 10}), weight, bias);
  refused("expected (K, 3, W)", x, Tensor({4, 2, 5}), bias);
  refused("expected (4)", x, weight, Tensor({5}));
  refused("float64", x, Tensor({4, 3, 5}, DType::f64), bias);
  refused("not a float type", Tensor({2, 3, 10}, DType::i32), Tensor({4, 3, 5}, DType::i32),
          Tensor({4}, DType::i32));
  refused("has no elements", Tensor({0, 3, 10}), weight, bias);
  refused("stride 0", x, weight, bias, Conv1dOptions{.stride = 0});
  refused("padding -1", x, weight, bias, Conv1dOptions{.padding = -1});
  refused("5 taps", Tensor({2, 3, 2}), weight, bias, Conv1dOptions{.padding = 1});
}
