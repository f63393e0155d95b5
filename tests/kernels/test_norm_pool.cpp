#include <limits>

#include "kernels/norm_pool.h"
#include "kernels/relu.h"
#include "tests/engine/run_together.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

struct Case {
  Shape shape;
  Pool2dOptions pool;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.shape << ", kernel " << c.pool.kernel << ", stride " << c.pool.stride
             << ", padding " << c.pool.padding << (c.pool.ceil_mode ? ", ceil" : "");
}

const std::vector<Case> cases = {
    {{2, 3, 10, 14}, {2, 2}},          {{2, 2, 20, 37}, {3, 2, 1, true}},
    {{3, 4, 1, 31}, {{1, 3}, {1, 3}}}, {{2, 3, 1, 17}, {1, 1}},
    {{2, 2, 11, 9}, {2, 2, 0, true}},  {{2, 2, 7, 6}, {{2, 5}, {1, 3}, {1, 2}}},
    {{2, 2, 9, 8}, {{1, 2}, {3, 2}}},  {{2, 1, 5, 4}, {1, 2}},
};

/// The three operations one after another, and in one.
using Block = std::function<Tensor(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                   const Tensor& mean, const Tensor& variance,
                                   const BatchNormOptions& norm, const Pool2dOptions& pool)>;
const Block three = [](const auto& x, const auto& weight, const auto& bias, const auto& mean,
                       const auto& variance, const auto& norm, const auto& pool) {
  return relu(max_pool2d(batch_norm(x, weight, bias, mean, variance, norm), pool));
};
const Block one = [](const auto&... all) { return norm_pool(all...); };

/// y, dx, dweight, dbias, running mean and variance. Weights of both signs.
template <class T>
std::vector<Tensor> results(const Block& block, const Tensor& in, const Pool2dOptions& pool,
                            bool training, const Tensor& dy = {}) {
  const Device device = in.device();
  const int64_t C = in.shape()[1];
  const Tensor x = in.clone().require_grad();
  const Tensor weight = normal<T>({C}, 2, device).require_grad();
  const Tensor bias = normal<T>({C}, 3, device).require_grad();
  const Tensor mean = normal<T>({C}, 4, device), variance({C}, in.dtype(), device);
  variance.fill(2);
  Tape tape;
  const Tensor y = block(x, weight, bias, mean, variance, {.training = training}, pool);
  tape.backward(y, dy ? dy : normal<T>(y.shape(), 9, device));
  return {y, x.grad(), weight.grad(), bias.grad(), mean, variance};
}

/// Rows of x that a process takes.
Tensor rows(const Tensor& x, Share share) {
  const std::vector<double> all = x.values<double>();
  const int64_t row = x.shape().row();
  const auto from = all.begin() + share.first * row;
  return Tensor::of<double>({share.count, x.shape()[1], x.shape()[2], x.shape()[3]},
                            std::vector<double>(from, from + share.count * row), x.device());
}

}  // namespace

TEST_CASE("norm_pool: the bits of three operations, and their gradients, on every schedule") {
  for (const Case& c : cases)
    for (const bool training : {true, false}) {
      const auto exact = results<double>(three, normal<double>(c.shape, 1), c.pool, training);
      for (const Device device : devices())
        on_every_schedule([&] {
          CAPTURE(device);
          CAPTURE(c);
          CAPTURE(training);
          const Tensor x = normal<double>(c.shape, 1, device);
          const auto found = results<double>(one, x, c.pool, training);
          CHECK(found[0].values<double>() ==
                results<double>(three, x, c.pool, training)[0].values<double>());
          for (size_t i = 0; i < found.size(); ++i) {
            CAPTURE(i);
            check_close<double>(found[i], exact[i], 1e-12);
          }
        });
    }
}

TEST_CASE("norm_pool: in float32 against the CPU in float64") {
  for (const Case& c : cases) {
    const auto exact = results<double>(three, normal<double>(c.shape, 1), c.pool, true);
    for (const Device device : devices()) {
      CAPTURE(device);
      CAPTURE(c);
      const auto found = results<float>(one, normal<float>(c.shape, 1, device), c.pool, true);
      for (size_t i = 0; i < found.size(); ++i)
        check_close<float>(found[i], rounded(exact[i]), 2e-5);
    }
  }
}

TEST_CASE("norm_pool: gradients") {
  for (const Device device : devices())
    for (const Case& c : cases)
      for (const bool training : {true, false}) {
        if (c.shape.count() > 100) continue;
        CAPTURE(device);
        CAPTURE(c);
        const int64_t C = c.shape[1];
        Tensor variance({C}, DType::f64, device);
        variance.fill(0.5);
        gradcheck(
            {normal<double>(c.shape, 1, device), normal<double>({C}, 2, device),
             normal<double>({C}, 3, device)},
            [&](const std::vector<Tensor>& in) {
              return norm_pool(in[0], in[1], in[2], normal<double>({C}, 4, device),
                               variance.clone(), {.training = training}, c.pool);
            },
            1e-7);
      }
}

TEST_CASE("norm_pool: of several extremes the first gets the slope, and a NaN stays one") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Device device : devices())
    for (const float sign : {1.0F, -1.0F}) {
      CAPTURE(device);
      CAPTURE(sign);
      const auto of = [&](const std::vector<float>& values) {
        return Tensor::of<float>({1, 1, 2, 4}, values, device).require_grad();
      };
      const Tensor c = Tensor::of<float>({1}, std::vector<float>{sign}, device);
      const Tensor mean = Tensor::zeros({1}, DType::f32, device), variance = c.clone();
      variance.fill(1);
      const auto pooled = [&](const Tensor& x) {
        return norm_pool(x, c, mean, mean.clone(), variance, {.training = false, .epsilon = 0},
                         {2, 2});
      };
      const Tensor x = of({0, 2 * sign, 5 * sign, 5 * sign, 2 * sign, sign, sign, 5 * sign});
      Tape tape;
      const Tensor y = pooled(x);
      CHECK(y.values<float>() == std::vector<float>{2, 5});
      tape.backward(y, Tensor::of<float>(y.shape(), std::vector<float>{3, 4}, device));
      const std::vector<float> dx = {0, 3 * sign, 4 * sign, 0, 0, 0, 0, 0};
      CHECK(x.grad().values<float>() == dx);
      CHECK(std::isnan(pooled(of({0, 1, 2, 3, nan, 5, 6, 7})).values<float>()[0]));
    }
}

// On the CPU alone: images of several bands.
TEST_CASE("norm_pool: large images, and any number of threads") {
  for (const Pool2dOptions& pool : {Pool2dOptions{2, 2, 0, true}, {3, 2, 1, true}}) {
    const Tensor x = normal<float>({2, 2, 203, 301}, 1);
    const auto expected = results<float>(three, x, pool, true);
    const auto found = results<float>(one, x, pool, true);
    CHECK(found[0].values<float>() == expected[0].values<float>());
    for (size_t i = 1; i < found.size(); ++i) check_close<float>(found[i], expected[i], 1e-5);
    check_threads_agree([&] { return results<float>(one, x, pool, true); });
  }
}

TEST_CASE("norm_pool: parts of a batch give what the whole gives, both ways") {
  const Shape shape{7, 3, 6, 5};
  for (const Device device : devices())
    for (const Pool2dOptions& pool : {Pool2dOptions{2, 2}, {1, 1}}) {
      CAPTURE(device);
      const Tensor x = normal<double>(shape, 1, device);
      const Tensor dy =
          normal<double>(three(x, normal<double>({3}, 2, device), normal<double>({3}, 2, device),
                               normal<double>({3}, 2, device), normal<double>({3}, 2, device),
                               {.training = true}, pool)
                             .shape(),
                         9, device);
      const auto whole = results<double>(three, x, pool, true, dy);
      const int count = 3;
      std::vector<std::vector<Tensor>> found(count);
      std::vector<Share> shares(count);
      run_together(count, [&](const Communicator& together) {
        const Share share = share_of(shape[0], &together);
        shares[size_t(together.rank())] = share;
        const Block part = [&](const auto&... all) { return norm_pool(all..., &together); };
        auto own = results<double>(part, rows(x, share), pool, true, rows(dy, share));
        together.sum(own[2]), together.sum(own[3]);  // of weight and bias: this part's alone
        found[size_t(together.rank())] = own;
      });
      for (int rank = 0; rank < count; ++rank) {
        const auto& own = found[size_t(rank)];
        for (size_t i : {0, 1})
          check_close<double>(own[i], rows(whole[i], shares[size_t(rank)]), 1e-12);
        for (size_t i : {2, 3, 4, 5}) check_close<double>(own[i], whole[i], 1e-12);
      }
    }
}

TEST_CASE("norm_pool: what it cannot do is refused") {
  const Tensor c = normal<double>({3}, 2), x = normal<double>({2, 3, 4, 5}, 1);
  const auto refused = [&](const char* why, const Tensor& in, const Pool2dOptions& pool,
                           bool training = true, const Communicator* together = nullptr) {
    CHECK_THROWS_WITH_AS(norm_pool(in, c, c, c, c, {.training = training}, pool, together),
                         doctest::Contains(why), Error);
  };
  refused("norm_pool: x has shape (2, 3), expected (N, C, H, W)", normal<double>({2, 3}, 1),
          {1, 1});
  refused("norm_pool: kernel 0 along y", x, {0, 1});
  refused("has one value a channel", normal<double>({1, 3, 1, 1}, 1), {1, 1});
  refused("batch_norm: weight", normal<double>({2, 4, 4, 5}, 1), {2, 2});
  run_together(1, [&](const Communicator& together) {
    refused("in training alone", x, {2, 2}, false, &together);
    refused("has one value a channel", normal<double>({1, 3, 1, 1}, 1), {1, 1}, true, &together);
  });
}
