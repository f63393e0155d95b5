// What is asked of cuBLAS and cuDNN, against the CPU's functions. This program has in place of the
// libraries and of CUDA's runtime what stands beside it: plain loops on host memory.
#include <cstring>

#include <doctest/doctest.h>

#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/gemm.h"
#include "kernels/pool2d.h"
#include "tests/kernels/on_host/cudnn.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

template <class T>
constexpr double tolerance = sizeof(T) == 8 ? 1e-13 : 1e-5;

template <class Ops>
const Ops& cpu = On<Ops>::cpu;
template <class Ops>
const Ops& library = On<Ops>::library;

/// body(functions) for the CPU's and for the library's, each with `outputs` of these shapes that
/// are full of NaN; both must fill them alike.
template <class Ops, class T, class Body>
void compare(const std::vector<Shape>& shapes, const Body& body) {
  std::vector<Tensor> found[2];
  for (int i = 0; i < 2; ++i) {
    std::vector<T*> outputs;
    for (const Shape& shape : shapes) {
      found[i].push_back(Tensor({shape}, dtype_of<T>));
      found[i].back().fill(std::nan(""));
      outputs.push_back(found[i].back().data<T>());
    }
    body(i == 0 ? cpu<Ops> : library<Ops>, outputs);
  }
  for (size_t k = 0; k < shapes.size(); ++k) {
    CAPTURE(k);
    check_close<T>(found[1][k], found[0][k], tolerance<T>);
  }
}

/// body(T) for float and for double.
template <class Body>
void for_both_types(const Body& body) {
  body(float());
  body(double());
}

const std::vector<Conv2dSizes> convolutions = {
    {1, 1, 33, 40, 4, 7, 7, 2, 3},           {2, 3, 9, 20, 5, 3, 5, 1, {1, 2}},
    {1, 2, 11, 30, 3, 2, 4, {3, 1}, {0, 1}}, {2, 1, 3, 2, 2, 5, 4, {2, 3}, {2, 4}},
    {3, 2, 1, 19, 4, 1, 3, {1, 2}, {0, 1}},
};

}  // namespace

TEST_CASE("cuBLAS is asked for the product of each transposition") {
  for_both_types([]<class T>(T) {
    for (auto [M, N, K] : {std::array<int64_t, 3>{1, 1, 1}, {17, 33, 5}, {50, 3, 70}, {3, 2, 0}})
      for (int transposed = 0; transposed < 4; ++transposed) {
        CAPTURE(M);
        CAPTURE(transposed);
        const GemmSizes s{M, N, K, (transposed & 1) != 0, (transposed & 2) != 0};
        const Tensor a = normal<T>({M, K}, 1), b = normal<T>({K, N}, 2);
        compare<GemmKernels<T>, T>({{M, N}}, [&](const auto& by, const auto& out) {
          by.product(s, a.template data<T>(), b.template data<T>(), out[0]);
        });
      }
  });
  CHECK_THROWS_WITH_AS(
      library<GemmKernels<float>>.product({int64_t(1) << 31, 1, 1}, nullptr, nullptr, nullptr),
      doctest::Contains("2147483648 x 1 x 1 is too large for cuBLAS"), Error);
}

TEST_CASE("cuDNN is asked for each pass of a convolution") {
  for_both_types([]<class T>(T) {
    using Ops = Conv2dKernels<T>;
    for (const Conv2dSizes& s : convolutions) {
      CAPTURE(s.N);
      CAPTURE(s.W);
      const Shape of_x{s.N, s.C, s.H, s.W}, of_weight{s.K, s.C, s.R, s.S};
      const Shape of_y{s.N, s.K, s.output_height(), s.output_width()};
      const Tensor x_in = normal<T>(of_x, 1), weight_in = normal<T>(of_weight, 2);
      const Tensor bias_in = normal<T>({s.K}, 3), dy_in = normal<T>(of_y, 4);
      const T *x = x_in.data<T>(), *weight = weight_in.data<T>(), *dy = dy_in.data<T>();
      compare<Ops, T>({of_y, of_y, of_x, of_weight, {s.K}}, [&](const Ops& by, const auto& out) {
        by.forward(s, x, weight, bias_in.data<T>(), out[0]);
        by.forward(s, x, weight, nullptr, out[1]);
        by.backward_x(s, dy, weight, out[2]);
        by.backward_weight(s, dy, x, out[3]);
        by.backward_bias(s, dy, out[4]);
      });
    }
  });
}

TEST_CASE("cuDNN: a convolution without a repeatable algorithm, or too large, is refused") {
  const Tensor memory = Tensor::zeros({1000});
  float* m = memory.data<float>();
  const auto& by = library<Conv2dKernels<float>>;
  on_host::deterministic_proposals = false;
  const Conv2dSizes s{1, 2, 5, 6, 3, 2, 2, {1, 2}, 1};  // of no other test: choices are kept
  const char* why =
      "conv2d of (1, 2, 5, 6) by (3, 2, 2, 2), stride 1 x 2, padding 1 x 1, forward: "
      "none of cuDNN's 4 algorithms";
  CHECK_THROWS_WITH_AS(by.forward(s, m, m, nullptr, m), doctest::Contains(why), Error);
  CHECK_THROWS_WITH_AS(by.backward_x(s, m, m, m), doctest::Contains("gradient of x: none"), Error);
  CHECK_THROWS_WITH_AS(by.backward_weight(s, m, m, m), doctest::Contains("weight: none"), Error);
  on_host::deterministic_proposals = true;
  const int64_t large = 1 << 16;
  CHECK_THROWS_WITH_AS(by.forward({1, 1, large, large, 1, 1, 1, 1, 0}, m, m, nullptr, m),
                       doctest::Contains("1 x 1 x 65536 x 65536 elements are too many"), Error);
}

TEST_CASE("cuDNN is asked for each pass of pooling") {
  const std::vector<Pool2dSizes> cases = {
      {6, {10, 5, 2, 2, 0}, {14, 7, 2, 2, 0}},
      {2, {21, 11, 3, 2, 1}, {37, 19, 3, 2, 1}},
      {2, {7, 8, 2, 1, 1}, {6, 2, 5, 3, 2}},
      {3, {5, 5, 1, 1, 0}, {17, 9, 3, 2, 1}},
  };
  for_both_types([&]<class T>(T) {
    using Ops = Pool2dKernels<T>;
    for (const Pool2dSizes& s : cases) {
      CAPTURE(s.y.length);
      const Shape of_x{s.planes, s.y.length, s.x.length}, of_y{s.planes, s.y.windows, s.x.windows};
      const Tensor x_in = normal<T>(of_x, 1), dy_in = normal<T>(of_y, 4);
      const T *x = x_in.data<T>(), *dy = dy_in.data<T>();
      compare<Ops, T>({of_y, of_y, of_x, of_x}, [&](const Ops& by, const auto& out) {
        by.max_forward(s, x, out[0]);
        by.avg_forward(s, x, out[1]);
        by.avg_backward(s, dy, out[2]);
        if (&by == &cpu<Ops>)
          by.max_backward(s, dy, x, out[3]);
        else  // the table's looks for equal maxima by a kernel, which takes a GPU
          cudnn_max_backward(s, dy, x, out[0], out[3]);
      });
    }
  });
}

TEST_CASE("cuDNN is asked to pass a NaN on") {
  const Pool2dSizes s{1, {3, 1, 3, 2, 0}, {3, 1, 3, 2, 0}};
  std::vector<float> x(9, 1.0f), y(1);
  x[4] = std::nanf("");
  library<Pool2dKernels<float>>.max_forward(s, x.data(), y.data());
  CHECK(std::isnan(y[0]));
}

TEST_CASE("cuDNN: windows that hang over the end are refused in every pass") {
  const PoolAxis fits{10, 5, 2, 2, 0}, hangs{11, 6, 2, 2, 0}, hangs_far{8, 3, 5, 4, 1};
  const Tensor memory = Tensor::zeros({1000});
  float* m = memory.data<float>();
  const auto refused = [&](const char* why, const Pool2dSizes& s) {
    const auto& by = library<Pool2dKernels<float>>;
    CHECK_THROWS_WITH_AS(by.max_forward(s, m, m), doctest::Contains(why), Error);
    CHECK_THROWS_WITH_AS(by.max_backward(s, m, m, m), doctest::Contains(why), Error);
    CHECK_THROWS_WITH_AS(by.avg_forward(s, m, m), doctest::Contains(why), Error);
    CHECK_THROWS_WITH_AS(by.avg_backward(s, m, m), doctest::Contains(why), Error);
  };
  refused("pool2d: the last window along y hangs 1 over the end", {2, hangs, fits});
  refused("pool2d: the last window along x hangs 1 over the end", {2, fits, hangs});
  refused("pool2d: the last window along x hangs 3 over the end", {2, fits, hangs_far});
}

TEST_CASE("cuDNN is asked for each pass of batch normalisation") {
  for_both_types([]<class T>(T) {
    using Ops = BatchNormKernels<T>;
    for (const BatchNormSizes& s : {BatchNormSizes{7, 5, 1}, {2, 3, 37}, {1, 4, 6}}) {
      CAPTURE(s.S);
      const Shape all{s.N, s.C, s.S}, a_channel{s.C};
      const BatchNormOptions options{.training = true, .momentum = 0.25, .epsilon = 0.125};
      const Tensor x_in = normal<T>(all, 1), dy_in = normal<T>(all, 2);
      const Tensor weight_in = normal<T>(a_channel, 3), bias_in = normal<T>(a_channel, 4);
      const Tensor mean_in = normal<T>(a_channel, 5), root = normal<T>(a_channel, 6);
      const T *x = x_in.data<T>(), *dy = dy_in.data<T>(), *weight = weight_in.data<T>();
      const T *bias = bias_in.data<T>(), *given_mean = mean_in.data<T>();
      std::vector<T> variance;
      for (T v : root.values<T>()) variance.push_back(T(0.5) + v * v);
      compare<Ops, T>(
          {all, a_channel, a_channel, a_channel, a_channel, all, a_channel, a_channel, a_channel,
           a_channel, all},
          [&](const Ops& by, const auto& out) {
            const size_t bytes = size_t(s.C) * sizeof(T);
            std::memcpy(out[3], given_mean, bytes);
            std::memcpy(out[4], variance.data(), bytes);
            by.train(s, options, x, weight, bias, out[0], out[1], out[2], out[3], out[4]);
            by.backward_train(s, options, dy, x, out[1], out[2], weight, out[5], out[6], out[7]);
            by.backward_train(s, options, dy, x, out[1], out[2], weight, nullptr, out[8], out[9]);
            by.infer(s, options, x, given_mean, variance.data(), weight, bias, out[10]);
          });
    }
  });
}

TEST_CASE("cuDNN: a gradient through statistics that are given is refused") {
  const auto& by = library<BatchNormKernels<double>>;
  double m[3] = {};
  CHECK_THROWS_WITH_AS(
      by.backward_infer({3, 1, 1}, {.training = false}, m, m, m, m, m, m, nullptr, nullptr),
      doctest::Contains("cuDNN has none in inference"), Error);
}
