#include "kernels/conv2d.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

struct Case {
  Shape x;
  int64_t K, R, S;
  Conv2dOptions options;
  Shape weight() const { return {K, x[1], R, S}; }
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "x " << c.x << ", weight " << c.weight() << ", stride " << c.options.stride
             << ", padding " << c.options.padding;
}

template <class T>
std::vector<Tensor> inputs(const Case& c, Device device) {
  return {normal<T>(c.x, 1, device), normal<T>(c.weight(), 2, device), normal<T>({c.K}, 3, device)};
}

Operation operation(const Conv2dOptions& options) {
  return [=](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], options); };
}

/// One element of the definition, without the bias.
double window_sum(const Case& c, const std::vector<double>& x, const std::vector<double>& weight,
                  int64_t n, int64_t k, int64_t p, int64_t q) {
  const int64_t C = c.x[1], H = c.x[2], W = c.x[3];
  double sum = 0;
  for (int64_t i = 0; i < C; ++i)
    for (int64_t r = 0; r < c.R; ++r)
      for (int64_t s = 0; s < c.S; ++s) {
        const int64_t h = p * c.options.stride.y + r - c.options.padding.y;
        const int64_t w = q * c.options.stride.x + s - c.options.padding.x;
        if (h >= 0 && h < H && w >= 0 && w < W)
          sum += weight[size_t(((k * C + i) * c.R + r) * c.S + s)] *
                 x[size_t(((n * C + i) * H + h) * W + w)];
      }
  return sum;
}

Tensor defined(const Case& c) {
  const auto in = inputs<double>(c, Device::cpu);
  const auto x = in[0].values<double>(), weight = in[1].values<double>(),
             bias = in[2].values<double>();
  const Conv2dOptions& o = c.options;
  const int64_t P = (c.x[2] + 2 * o.padding.y - c.R) / o.stride.y + 1;
  const int64_t Q = (c.x[3] + 2 * o.padding.x - c.S) / o.stride.x + 1;
  std::vector<double> y;
  for (int64_t n = 0; n < c.x[0]; ++n)
    for (int64_t k = 0; k < c.K; ++k)
      for (int64_t p = 0; p < P; ++p)
        for (int64_t q = 0; q < Q; ++q)
          y.push_back(bias[size_t(k)] + window_sum(c, x, weight, n, k, p, q));
  return Tensor::of<double>({c.x[0], c.K, P, Q}, y);
}

const std::vector<Case> cases = {
    {{1, 1, 1, 1}, 1, 1, 1, {}},
    {{1, 1, 33, 40}, 4, 7, 7, {2, 3}},            // the network's first layer
    {{2, 4, 13, 13}, 8, 3, 3, {2, 1}},            // and its others
    {{2, 3, 9, 20}, 5, 3, 5, {1, {1, 2}}},        // as large as x
    {{1, 2, 11, 30}, 3, 2, 4, {{3, 1}, {0, 1}}},  // a stride for each axis
    {{1, 5, 7, 26}, 6, 4, 1, {{1, 3}, {3, 0}}},   // strides larger than the kernel
    {{2, 1, 3, 2}, 2, 5, 4, {{2, 3}, {2, 4}}},    // a kernel larger than x
    {{1, 2, 2, 2}, 1, 1, 2, {{3, 4}, {2, 5}}},    // windows of padding alone, pixels unseen
    {{3, 2, 1, 19}, 4, 1, 3, {{1, 2}, {0, 1}}},   // an image of one row
    {{2, 2, 17, 1}, 3, 3, 1, {{2, 1}, {1, 0}}},   // and of one column
    {{1, 3, 10, 9}, 17, 2, 2, {{2, 2}, {0, 0}}},
};

}  // namespace

TEST_CASE("conv2d: golden values") {
  using Values = std::vector<float>;
  const auto check_values = [](Device device) {
    CAPTURE(device);
    const Tensor x = Tensor::of<float>({1, 1, 3, 3}, Values{1, 2, 3, 4, 5, 6, 7, 8, 9}, device);
    const Tensor weight = Tensor::of<float>({1, 1, 2, 2}, Values{1, 0, 10, -1}, device);
    const Tensor bias = Tensor::of<float>({1}, Values{100}, device);
    CHECK(conv2d(x, weight, bias).values<float>() == Values{136, 146, 166, 176});
    CHECK(conv2d(x, weight, {}, {.stride = 2, .padding = 1}).values<float>() ==
          Values{-1, 17, -7, 76});
    CHECK(conv2d(x, weight, {}, {.stride = {1, 2}, .padding = {0, 1}}).values<float>() ==
          Values{-4, 46, -7, 76});
    const Tensor two = Tensor::of<float>({1, 2, 1, 2}, Values{1, 2, 3, 4}, device);
    const Tensor both = Tensor::of<float>({2, 2, 1, 1}, Values{1, 10, 100, -1}, device);
    CHECK(conv2d(two, both, {}).values<float>() == Values{31, 42, 97, 196});
  };
  for (Device device : devices())
    on_every_table(device, Library::cudnn, [&] { check_values(device); });
}

TEST_CASE("conv2d: float64 against the definition, float32 against float64, on every schedule") {
  for (const Case& c : cases) {
    const Tensor exact = defined(c);
    const Operation f = operation(c.options);
    const auto check_all = [&](Device device) {
      CAPTURE(c);
      CAPTURE(device);
      check_close<double>(f(inputs<double>(c, device)), exact,
                          within(Library::cudnn, 1e-13, 1e-12));
      check_close<float>(f(inputs<float>(c, device)), rounded(exact),
                         within(Library::cudnn, 1e-5, 1e-4));
    };
    for (Device device : devices())
      on_every_table(device, Library::cudnn,
                     [&] { on_every_schedule([&] { check_all(device); }); });
  }
}

TEST_CASE("conv2d: gradients") {
  for (Device device : devices())
    for (const Case& c :
         {Case{{2, 2, 5, 6}, 3, 3, 3, {1, 1}}, Case{{1, 1, 9, 8}, 4, 7, 7, {2, 3}},
          Case{{2, 1, 6, 7}, 2, 2, 3, {{3, 2}, {1, 0}}}, Case{{1, 2, 4, 4}, 1, 2, 1, {{3, 2}, 0}},
          Case{{1, 1, 2, 3}, 2, 4, 5, {{1, 2}, 2}}}) {
      on_every_table(device, Library::cudnn, [&] {
        CAPTURE(device);
        CAPTURE(c);
        gradcheck(inputs<double>(c, device), operation(c.options));
      });
    }
}

TEST_CASE("conv2d: gradients of odd sizes, every device and schedule against the CPU in float64") {
  for (const Case& c : cases) {
    const std::vector<Tensor> exact =
        gradients(inputs<double>(c, Device::cpu), operation(c.options));
    const auto check_all = [&](Device device) {
      CAPTURE(c);
      CAPTURE(device);
      const std::vector<Tensor> found = gradients(inputs<float>(c, device), operation(c.options));
      for (size_t i = 0; i < exact.size(); ++i) {
        CAPTURE(i);
        check_close<float>(found[i], rounded(exact[i]), within(Library::cudnn, 2e-5, 2e-4));
      }
    };
    for (Device device : devices())
      on_every_table(device, Library::cudnn,
                     [&] { on_every_schedule([&] { check_all(device); }); });
  }
}

// On the CPU alone: an image of several bands, and more of them than parts of the weight gradient.
TEST_CASE("conv2d: gradients of large images obey (dy, conv(x)) = (dx, x) = (dweight, weight)") {
  for (const Case& c :
       {Case{{3, 1, 233, 301}, 4, 7, 7, {2, 3}}, Case{{2, 8, 101, 95}, 16, 3, 3, {2, 1}},
        Case{{2, 8, 60, 121}, 16, 3, 3, {{1, 3}, {0, 2}}}}) {
    CAPTURE(c);
    std::vector<Tensor> in = inputs<double>(c, Device::cpu);
    in[2].fill(0);
    const Operation f = operation(c.options);
    const std::vector<Tensor> found = gradients(in, f);
    const auto product = [](const Tensor& a, const Tensor& b) {
      const auto u = a.values<double>(), v = b.values<double>();
      return std::inner_product(u.begin(), u.end(), v.begin(), 0.0);
    };
    const Tensor y = f(in), dy = normal<double>(y.shape(), 999);
    const double forward = product(dy, y), scale = std::sqrt(product(y, y));
    CHECK(std::abs(product(found[0], in[0]) - forward) < 1e-10 * scale);
    CHECK(std::abs(product(found[1], in[1]) - forward) < 1e-10 * scale);
    check_close<double>(
        y,
        [&] {
          Tensor exact = defined(c);
          const auto bias = inputs<double>(c, Device::cpu)[2].values<double>();
          const int64_t area = y.shape()[2] * y.shape()[3];
          for (int64_t i = 0; i < exact.count(); ++i)
            exact.data<double>()[i] -= bias[size_t(i / area % c.K)];
          return exact;
        }(),
        1e-12);
  }
}

TEST_CASE("conv2d: without a bias, and inputs or weights that want no gradient") {
  const auto check_all = [](Device device) {
    CAPTURE(device);
    const Tensor x = normal<double>({2, 2, 4, 5}, 1, device);
    const Tensor weight = normal<double>({3, 2, 2, 3}, 2, device);
    gradcheck({x, weight}, [](auto& in) { return conv2d(in[0], in[1], {}); });
    gradcheck({x}, [&](auto& in) { return conv2d(in[0], weight, {}); });
    gradcheck({weight}, [&](auto& in) { return conv2d(x, in[0], {}); });
    CHECK(!weight.grad().defined());
    CHECK(!x.grad().defined());
  };
  for (Device device : devices())
    on_every_table(device, Library::cudnn, [&] { check_all(device); });
}

TEST_CASE("conv2d: the same bits for any number of threads") {
  for (const Case& c :
       {Case{{2, 1, 211, 230}, 4, 7, 7, {2, 3}}, Case{{19, 6, 31, 29}, 7, 3, 3, {{1, 2}, 1}}})
    check_threads_agree([&] {
      std::vector<Tensor> all = gradients(inputs<float>(c, Device::cpu), operation(c.options));
      all.push_back(operation(c.options)(inputs<float>(c, Device::cpu)));
      return all;
    });
}

TEST_CASE("conv2d: wrong shapes, types and options are refused") {
  const Tensor x({2, 3, 6, 7}), weight({4, 3, 5, 2}), bias({4});
  const auto refused = [](const char* why, auto&&... arguments) {
    CHECK_THROWS_WITH_AS(conv2d(arguments...), doctest::Contains(why), Error);
  };
  refused("expected (N, C, H, W)", Tensor({3, 6, 7}), weight, bias);
  refused("expected (K, 3, R, S)", x, Tensor({4, 2, 5, 2}), bias);
  refused("expected (K, 3, R, S)", x, Tensor({4, 3, 5}), bias);
  refused("expected (4)", x, weight, Tensor({5}));
  refused("float64", x, Tensor({4, 3, 5, 2}, DType::f64), bias);
  refused("not a float type", Tensor({2, 3, 6, 7}, DType::i32), Tensor({4, 3, 5, 2}, DType::i32),
          Tensor({4}, DType::i32));
  refused("has no elements", Tensor({2, 3, 0, 7}), weight, bias);
  refused("has no elements", x, Tensor({4, 3, 0, 2}), bias);
  refused("stride 0 x 1", x, weight, bias, Conv2dOptions{.stride = {0, 1}});
  refused("stride 1 x -1", x, weight, bias, Conv2dOptions{.stride = {1, -1}});
  refused("padding 0 x -1", x, weight, bias, Conv2dOptions{.padding = {0, -1}});
  refused("5 x 2 taps", Tensor({2, 3, 2, 7}), weight, bias, Conv2dOptions{.padding = 1});
  refused("5 x 2 taps", Tensor({2, 3, 6, 1}), weight, bias);
}
