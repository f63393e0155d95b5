#include "kernels/linear.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("linear: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = Tensor::of<float>({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}, device);
    const Tensor weight = Tensor::of<float>({2, 3}, std::vector<float>{1, 0, -1, 2, 1, 0}, device);
    const Tensor bias = Tensor::of<float>({2}, std::vector<float>{10, 20}, device);
    CHECK(linear(x, weight, bias).values<float>() == std::vector<float>{8, 24, 8, 33});
    CHECK(linear(x, weight, {}).values<float>() == std::vector<float>{-2, 4, -2, 13});
  }
}

TEST_CASE("linear: gradients") {
  for (Device device : devices()) {
    CAPTURE(device);
    gradcheck({normal<double>({5, 7}, 1, device), normal<double>({3, 7}, 2, device),
               normal<double>({3}, 3, device)},
              [](auto& in) { return linear(in[0], in[1], in[2]); });
  }
}

TEST_CASE("linear: float32 against float64, CUDA against CPU, odd sizes") {
  for (auto [N, C, K] :
       {std::array<int64_t, 3>{1, 1, 1}, {3, 37, 5}, {33, 100, 17}, {70, 64, 31}}) {
    CAPTURE(N);
    CAPTURE(C);
    CAPTURE(K);
    const Tensor exact =
        linear(normal<double>({N, C}, 1), normal<double>({K, C}, 2), normal<double>({K}, 3));
    std::vector<float> rounded;
    for (double v : exact.values<double>()) rounded.push_back(float(v));
    for (Device device : devices()) {
      CAPTURE(device);
      const Tensor y = linear(normal<float>({N, C}, 1, device), normal<float>({K, C}, 2, device),
                              normal<float>({K}, 3, device));
      check_close<float>(y, Tensor::of<float>({N, K}, rounded), 1e-5);
    }
  }
}

TEST_CASE("linear: wrong shapes and types are refused") {
  const Tensor x({2, 3}), weight({4, 3}), bias({4});
  CHECK_THROWS_WITH_AS(linear(x, Tensor({4, 2}), bias), doctest::Contains("expected (K, 3)"),
                       Error);
  CHECK_THROWS_WITH_AS(linear(x, weight, Tensor({3})), doctest::Contains("expected (4)"), Error);
  CHECK_THROWS_WITH_AS(linear(x, Tensor({4, 3}, DType::f64), bias), doctest::Contains("float64"),
                       Error);
  CHECK_THROWS_AS(linear(Tensor({3}), weight, bias), Error);
}
