#include "kernels/rwd.h"
#include "tests/kernels/preprocessing.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("rwd: golden values; rows with one value or none give 0") {
  const std::vector<float> y{1, -2, 4, -7, -7, NAN, NAN, 3, NAN, NAN, NAN, NAN};
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor d = rwd(Tensor::of<float>({2, 2, 3}, y, device));
    CHECK(d.shape() == Shape{2, 2});
    CHECK(d.values<float>() == std::vector<float>{6, 0, 0, 0});
  }
}

TEST_CASE_TEMPLATE("rwd: exactly the definition, odd sizes, any schedule", T, float, double) {
  for (auto [N, H, W] : {std::array<int64_t, 3>{1, 1, 1}, {2, 37, 49}, {1, 9, 129}, {1, 70, 16}}) {
    Tensor y = normal<T>({N, H, W}, 1);
    for (int64_t i = 0; i < y.count(); i += 7) y.data<T>()[i] = T(NAN);
    std::vector<double> expected;
    for (int64_t row = 0; row < N * H; ++row) {
      const Image image{1, W, {y.data<T>() + row * W, y.data<T>() + (row + 1) * W}};
      expected.push_back(double(T(rwd_of(image)[0])));
    }
    for (Device device : devices()) {
      CAPTURE(device);
      on_every_schedule([&] { check_close_nan<T>(rwd(y.to(device)), expected, 1e-7); });
    }
  }
}

TEST_CASE("rwd: the same bits for any number of threads") {
  const Tensor y = normal<float>({3, 200, 31}, 2);
  check_threads_agree([&] { return std::vector<Tensor>{rwd(y)}; });
}

TEST_CASE("rwd: wrong shapes and types are refused") {
  CHECK_THROWS_WITH_AS(rwd(Tensor({4, 5})), doctest::Contains("expected (N, H, W)"), Error);
  CHECK_THROWS_WITH_AS(rwd(Tensor({1, 4, 5}, DType::u16)), doctest::Contains("uint16"), Error);
}
