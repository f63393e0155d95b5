#include <limits>

#include "kernels/pool1d.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

Tensor row(const std::vector<float>& values, Device device) {
  return Tensor::of<float>({1, 1, int64_t(values.size())}, values, device);
}

Operation largest(const Pool1dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return max_pool1d(in[0], options); };
}

Operation mean(const Pool1dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return avg_pool1d(in[0], options); };
}

struct Case {
  Shape shape;
  Pool1dOptions options;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.shape << ", kernel " << c.options.kernel << ", stride " << c.options.stride
             << ", padding " << c.options.padding << (c.options.ceil_mode ? ", ceil" : "");
}

const std::vector<Case> cases = {
    {{2, 3, 40}, {2, 2}},          {{2, 3, 41}, {2, 2}},         {{2, 3, 41}, {2, 2, 0, true}},
    {{3, 1, 67}, {3, 2, 1, true}}, {{1, 2, 70}, {3, 2}},         {{1, 1, 1}, {1, 1}},
    {{2, 2, 9}, {5, 1, 2}},        {{1, 2, 11}, {2, 5}},         {{1, 2, 12}, {2, 5, 1, true}},
    {{1, 1, 2}, {4, 3, 2, true}},  {{2, 1, 3}, {4, 2, 0, true}}, {{5, 3, 23}, {7, 3, 3}},
};

}  // namespace

TEST_CASE("pool1d: golden values") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = row({1, 4, -2, -3, 7}, device);
    using Values = std::vector<float>;
    CHECK(max_pool1d(x, {2, 2}).values<float>() == Values{4, -2});
    CHECK(max_pool1d(x, {2, 2, 0, true}).values<float>() == Values{4, -2, 7});
    CHECK(max_pool1d(x, {3, 2, 1}).values<float>() == Values{4, 4, 7});
    CHECK(avg_pool1d(x, {2, 2}).values<float>() == Values{2.5f, -2.5f});
    CHECK(avg_pool1d(x, {2, 2, 0, true}).values<float>() == Values{2.5f, -2.5f, 7});
    // The zeros of the padding are neither a maximum nor counted in a mean.
    const Tensor negative = row({-1, -3, -5}, device);
    CHECK(max_pool1d(negative, {2, 2, 1}).values<float>() == Values{-1, -3});
    CHECK(avg_pool1d(negative, {2, 2, 1}).values<float>() == Values{-1, -4});
    // (3 + 2 - 2) / 2 rounds up to 2, and a third window would start in the right padding.
    CHECK(max_pool1d(negative, {2, 2, 1, true}).values<float>() == Values{-1, -3});
    CHECK(max_pool1d(row({-infinity, -infinity}, device), {2, 2}).values<float>() ==
          Values{-infinity});
  }
}

TEST_CASE("pool1d: a NaN is a window's maximum") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Device device : devices())
    for (int64_t kernel : {2, 3})
      for (const auto& values : {std::vector<float>{nan, 1, 2}, {1, nan, 2}}) {
        CAPTURE(device);
        CHECK(std::isnan(max_pool1d(row(values, device), {kernel, 2}).values<float>()[0]));
        CHECK(std::isnan(avg_pool1d(row(values, device), {kernel, 2}).values<float>()[0]));
      }
}

TEST_CASE("pool1d: of equal maxima the first gets the gradient, and overlaps add up") {
  for (Device device : devices()) {
    CAPTURE(device);
    const auto slopes = [&](const Tensor& x, const Pool1dOptions& options,
                            const std::vector<float>& dy) {
      const Tensor leaf = x.clone().require_grad();
      Tape tape;
      const Tensor y = max_pool1d(leaf, options);
      tape.backward(y, row(dy, device));
      return leaf.grad().values<float>();
    };
    using Values = std::vector<float>;
    CHECK(slopes(row({3, 3, 1, 1, 9}, device), {2, 2}, {5, 6}) == Values{5, 0, 6, 0, 0});
    CHECK(slopes(row({0, 2, 2, 0, 0}, device), {3, 1}, {1, 10, 100}) == Values{0, 11, 100, 0, 0});
  }
}

TEST_CASE("pool1d: gradients") {
  for (Device device : devices())
    for (const Case& c : cases) {
      if (c.shape.count() > 100) continue;
      CAPTURE(device);
      CAPTURE(c);
      gradcheck({normal<double>(c.shape, 1, device)}, largest(c.options));
      gradcheck({normal<double>(c.shape, 1, device)}, mean(c.options));
    }
}

TEST_CASE("pool1d: values and gradients in float32 against the CPU in float64, odd sizes") {
  for (const Case& c : cases)
    for (const auto& make : {largest, mean}) {
      const Operation f = make(c.options);
      const std::vector<Tensor> in = {normal<double>(c.shape, 1)};
      const Tensor exact = f(in), slope = gradients(in, f)[0];
      for (Device device : devices())
        on_every_schedule([&] {
          CAPTURE(device);
          CAPTURE(c);
          check_close<float>(f({normal<float>(c.shape, 1, device)}), rounded(exact), 1e-6);
          check_close<float>(gradients({normal<float>(c.shape, 1, device)}, f)[0], rounded(slope),
                             1e-6);
        });
    }
}

TEST_CASE("pool1d: the same bits for any number of threads") {
  for (const Pool1dOptions& options : {Pool1dOptions{2, 2}, {3, 2, 1}, {5, 1, 2}})
    check_threads_agree([&] {
      const std::vector<Tensor> in = {normal<float>({9, 16, 1001}, 1)};
      return std::vector<Tensor>{largest(options)(in), gradients(in, largest(options))[0],
                                 mean(options)(in), gradients(in, mean(options))[0]};
    });
}

TEST_CASE("pool1d: wrong shapes and options are refused") {
  const Tensor x = Tensor::zeros({1, 2, 5});
  const auto refused = [](const char* why, const Tensor& in, const Pool1dOptions& options) {
    CHECK_THROWS_WITH_AS(max_pool1d(in, options), doctest::Contains(why), Error);
    CHECK_THROWS_WITH_AS(avg_pool1d(in, options), doctest::Contains(why), Error);
  };
  refused("expected (N, C, L)", Tensor::zeros({2, 5}), {2, 2});
  refused("has no elements", Tensor::zeros({2, 0, 5}), {2, 2});
  refused("not a float type", Tensor({1, 2, 5}, DType::i32), {2, 2});
  refused("kernel 0", x, {0, 1});
  refused("stride 0", x, {.kernel = 2, .stride = 0});
  refused("padding 2", x, {2, 2, 2});
  refused("padding -1", x, {2, 2, -1});
  refused("the kernel has 6", x, {6, 1});
}
