#include <cmath>

#include "kernels/dropout.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// 1 where the mask keeps.
std::vector<float> mask(int64_t count, double p, uint64_t seed, uint64_t offset, Device device) {
  Tensor ones({count}, DType::f32, device);
  ones.fill(1);
  std::vector<float> y = dropout(ones, p, seed, offset).values<float>();
  for (float& v : y) v = v != 0;
  return y;
}

}  // namespace

TEST_CASE("dropout: elements are dropped or divided by 1 - p, as the generator says") {
  for (Device device : devices())
    for (const auto& [count, offset] : {std::pair<int64_t, uint64_t>{1, 0},
                                        {7, 3},
                                        {1, 6},
                                        {1029, 0},
                                        {1023, 1},
                                        {40, ~uint64_t(0) - 100}})
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(count);
        CAPTURE(offset);
        const Tensor x = normal<float>({count}, 1, device);
        std::vector<float> expected = x.values<float>();
        for (size_t i = 0; i < expected.size(); ++i) {
          const uint64_t number = offset + i;
          const uint32_t bits = philox(5, number / 4, 0x64726f706f7574).v[number % 4];
          expected[i] = unit_float(bits) < 0.25f ? 0 : expected[i] * float(1 / 0.75);
        }
        CHECK(dropout(x, 0.25, 5, offset).values<float>() == expected);
      });
}

TEST_CASE("dropout: the share of zeros, and the mean, are right") {
  const int64_t count = 1000000;
  for (double p : {0.1, 0.5, 0.9}) {
    CAPTURE(p);
    double kept = 0;
    for (float v : mask(count, p, 7, 0, Device::cpu)) kept += double(v);
    const double deviation = std::sqrt(p * (1 - p) / double(count));
    CHECK(std::abs(kept / double(count) - (1 - p)) < 5 * deviation);
  }
  const Tensor x = normal<float>({100}, 1);
  CHECK(dropout(x, 0, 7, 0).values<float>() == x.values<float>());
}

TEST_CASE("dropout: other seeds and offsets give other masks, and the offset counts elements") {
  for (Device device : devices()) {
    CAPTURE(device);
    const auto base = mask(200, 0.5, 1, 0, device);
    CHECK(base != mask(200, 0.5, 2, 0, device));
    CHECK(base != mask(200, 0.5, 1, 200, device));
    const auto later = mask(190, 0.5, 1, 10, device);
    CHECK(std::equal(later.begin(), later.end(), base.begin() + 10));
  }
}

TEST_CASE("dropout: numbers before the offset are added where the work is done, in both passes") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor before = Tensor::numbers({{0.0}}, device);
    const std::vector<Tensor> in = {normal<float>({301}, 1, device)};
    for (int numbers : {0, 1, 6, 1003}) {
      CAPTURE(numbers);
      before.fill(numbers);
      const Operation moved = [&](auto& x) { return dropout(x[0], 0.5, 1, 2, before); };
      const Operation same = [&](auto& x) { return dropout(x[0], 0.5, 1, uint64_t(numbers) + 2); };
      CHECK(moved(in).values<float>() == same(in).values<float>());
      CHECK(gradients(in, moved)[0].values<float>() == gradients(in, same)[0].values<float>());
    }
    CHECK_THROWS_WITH_AS(dropout(in[0], 0.5, 1, 2, Tensor::zeros({2}, DType::f64, device)),
                         doctest::Contains("before is no number"), Error);
  }
}

TEST_CASE("dropout: gradients; backward draws the same mask") {
  for (Device device : devices()) {
    CAPTURE(device);
    gradcheck({normal<double>({3, 2, 7}, 1, device)},
              [](auto& in) { return dropout(in[0], 0.4, 3, 5); });
  }
}

TEST_CASE("dropout: one mask for float32 and float64, on every device") {
  const Operation f = [](const std::vector<Tensor>& in) { return dropout(in[0], 0.3, 11, 2); };
  const std::vector<Tensor> in = {normal<double>({5, 3, 71}, 1)};
  const Tensor exact = f(in), slope = gradients(in, f)[0];
  for (Device device : devices())
    on_every_schedule([&] {
      CAPTURE(device);
      check_close<float>(f({normal<float>({5, 3, 71}, 1, device)}), rounded(exact), 1e-6);
      check_close<float>(gradients({normal<float>({5, 3, 71}, 1, device)}, f)[0], rounded(slope),
                         1e-6);
    });
}

TEST_CASE("dropout: the same bits for any number of threads") {
  check_threads_agree([] {
    const Operation f = [](const std::vector<Tensor>& in) { return dropout(in[0], 0.5, 1, 3); };
    const Tensor x = normal<float>({200001}, 1);
    return std::vector<Tensor>{f({x}), gradients({x}, f)[0]};
  });
}

TEST_CASE("dropout: a probability outside [0, 1) and integers are refused") {
  const Tensor x({3});
  CHECK_THROWS_WITH_AS(dropout(x, 1, 0, 0), doctest::Contains("probability 1"), Error);
  CHECK_THROWS_WITH_AS(dropout(x, -0.1, 0, 0), doctest::Contains("outside [0, 1)"), Error);
  CHECK_THROWS_AS(dropout(x, std::nan(""), 0, 0), Error);
  CHECK_THROWS_WITH_AS(dropout(Tensor({3}, DType::i32), 0.5, 0, 0), doctest::Contains("int32"),
                       Error);
  CHECK(dropout(Tensor({0, 3}), 0.5, 0, 0).count() == 0);
}
