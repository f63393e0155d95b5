#include <cmath>
#include <limits>

#include "kernels/softmax_cross_entropy.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

Tensor classes(int64_t N, int64_t K, Device device) {
  Random random(5);
  std::vector<int32_t> targets;
  for (int64_t n = 0; n < N; ++n) targets.push_back(int32_t(random.below(uint64_t(K))));
  return Tensor::of<int32_t>({N}, targets, device);
}

template <class T>
Tensor weights(int64_t K, Device device) {
  std::vector<T> values;
  for (int64_t k = 0; k < K; ++k) values.push_back(T(0.5) + T(k));
  return Tensor::of<T>({K}, values, device);
}

template <class T>
Operation loss_of(int64_t N, int64_t K, bool weighted, Device device) {
  return [=](const std::vector<Tensor>& in) {
    return softmax_cross_entropy(in[0], classes(N, K, device),
                                 weighted ? weights<T>(K, device) : Tensor());
  };
}

const Operation softmax_operation = [](const std::vector<Tensor>& in) { return softmax(in[0]); };

}  // namespace

TEST_CASE("softmax_cross_entropy: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    // Rows with probabilities (1/4, 3/4) and (1/2, 1/2).
    const Tensor x =
        Tensor::of<double>({2, 2}, std::vector<double>{1, 1 + std::log(3.0), -7, -7}, device);
    check_close<double>(
        softmax(x), Tensor::of<double>({2, 2}, std::vector<double>{0.25, 0.75, 0.5, 0.5}), 1e-15);
    const Tensor targets = Tensor::of<int32_t>({2}, std::vector<int32_t>{0, 1}, device);
    const double first = std::log(4.0), second = std::log(2.0);
    check_close<double>(softmax_cross_entropy(x, targets),
                        Tensor::of<double>({}, std::vector<double>{(first + second) / 2}), 1e-15);
    const Tensor weight = Tensor::of<double>({2}, std::vector<double>{3, 1}, device);
    check_close<double>(softmax_cross_entropy(x, targets, weight),
                        Tensor::of<double>({}, std::vector<double>{(3 * first + second) / 4}),
                        1e-15);
  }
}

TEST_CASE("softmax_cross_entropy: large logits neither overflow nor lose the loss") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x =
        Tensor::of<float>({2, 2}, std::vector<float>{5000, 4000, -3e38f, 3e38f}, device);
    const auto loss = [&](std::vector<int32_t> targets) {
      return softmax_cross_entropy(x, Tensor::of<int32_t>({2}, targets, device)).values<float>()[0];
    };
    CHECK(softmax(x).values<float>() == std::vector<float>{1, 0, 0, 1});
    CHECK(loss({0, 1}) == 0);
    CHECK(loss({1, 1}) == 500);
  }
}

TEST_CASE("softmax_cross_entropy: a NaN is not hidden") {
  for (Device device : devices()) {
    CAPTURE(device);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const auto& values : {std::vector<float>{nan, 1}, {1, nan}}) {
      const Tensor x = Tensor::of<float>({1, 2}, values, device);
      const Tensor target = Tensor::of<int32_t>({1}, std::vector<int32_t>{0}, device);
      CHECK(std::isnan(softmax_cross_entropy(x, target).values<float>()[0]));
      CHECK(std::isnan(softmax(x).values<float>()[0]));
    }
  }
}

TEST_CASE("softmax_cross_entropy: gradients") {
  for (Device device : devices())
    for (auto [N, K] : {std::pair<int64_t, int64_t>{1, 1}, {5, 2}, {4, 3}})
      for (bool weighted : {false, true}) {
        CAPTURE(device);
        CAPTURE(N);
        CAPTURE(K);
        gradcheck({normal<double>({N, K}, 1, device)}, loss_of<double>(N, K, weighted, device));
        gradcheck({normal<double>({N, K}, 1, device)}, softmax_operation);
      }
}

TEST_CASE("softmax_cross_entropy: float32 against the CPU in float64, odd sizes") {
  for (auto [N, K] : {std::pair<int64_t, int64_t>{1, 7}, {33, 2}, {300, 3}, {257, 11}}) {
    const std::vector<Tensor> in = {normal<double>({N, K}, 1)};
    const Operation f64 = loss_of<double>(N, K, true, Device::cpu);
    const Tensor loss = f64(in), slope = gradients(in, f64)[0];
    const Tensor share = softmax(in[0]), share_slope = gradients(in, softmax_operation)[0];
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(N);
        CAPTURE(K);
        const std::vector<Tensor> x = {normal<float>({N, K}, 1, device)};
        const Operation f32 = loss_of<float>(N, K, true, device);
        check_close<float>(f32(x), rounded(loss), 1e-6);
        check_close<float>(gradients(x, f32)[0], rounded(slope), 1e-6);
        check_close<float>(softmax(x[0]), rounded(share), 1e-6);
        check_close<float>(gradients(x, softmax_operation)[0], rounded(share_slope), 1e-6);
      });
  }
}

TEST_CASE("softmax_cross_entropy: the same bits for any number of threads") {
  check_threads_agree([] {
    const std::vector<Tensor> x = {normal<float>({20001, 3}, 1)};
    const Operation f = loss_of<float>(20001, 3, true, Device::cpu);
    return std::vector<Tensor>{f(x), gradients(x, f)[0], softmax(x[0]),
                               gradients(x, softmax_operation)[0]};
  });
}

TEST_CASE("softmax_cross_entropy: targets that are no classes are refused on every device") {
  for (Device device : devices())
    for (int32_t bad : {-1, 3, std::numeric_limits<int32_t>::max()})
      on_every_schedule([&] {
        CAPTURE(device);
        std::vector<int32_t> targets(600, 2);
        targets[301] = bad, targets[590] = 77;
        CHECK_THROWS_WITH_AS(
            softmax_cross_entropy(normal<float>({600, 3}, 1, device),
                                  Tensor::of<int32_t>({600}, targets, device)),
            doctest::Contains((std::to_string(bad) + " of row 301 is outside [0, 3)").c_str()),
            Error);
      });
}

TEST_CASE(
    "softmax_cross_entropy: asked not to wait, such targets give NaN, and good ones the same") {
  for (Device device : devices())
    for (const bool weighted : {false, true}) {
      CAPTURE(device);
      const Tensor weights =
          weighted ? Tensor::of<float>({3}, std::vector<float>{1, 2, 3}, device) : Tensor();
      const auto loss_and_gradient = [&](std::vector<int32_t> targets, BadTargets bad) {
        const Tensor x = normal<float>({4, 3}, 1, device).require_grad();
        Tape tape;
        const Tensor loss =
            softmax_cross_entropy(x, Tensor::of<int32_t>({4}, targets, device), weights, bad);
        tape.backward(loss);
        std::vector<float> all = x.grad().values<float>();
        all.push_back(loss.values<float>()[0]);
        return all;
      };
      CHECK(loss_and_gradient({0, 1, 2, 1}, BadTargets::nan) ==
            loss_and_gradient({0, 1, 2, 1}, BadTargets::error));
      for (float v : loss_and_gradient({0, 1, 1'000'000'000, 1}, BadTargets::nan))
        CHECK(std::isnan(v));
    }
}

TEST_CASE("softmax_cross_entropy: wrong shapes, types and weights are refused") {
  const Tensor x = Tensor::zeros({2, 3});
  const Tensor targets = Tensor::of<int32_t>({2}, std::vector<int32_t>{0, 1});
  const auto refused = [](const char* why, auto&&... arguments) {
    CHECK_THROWS_WITH_AS(softmax_cross_entropy(arguments...), doctest::Contains(why), Error);
  };
  refused("expected (N, K)", Tensor::zeros({3}), targets);
  refused("has no elements", Tensor::zeros({0, 3}), targets);
  refused("targets has shape (3), expected (2)", x, Tensor({3}, DType::i32));
  refused("expected int32 on cpu", x, Tensor::zeros({2}));
  refused("class_weights has shape (2), expected (3)", x, targets, Tensor::zeros({2}));
  refused("float64", x, targets, Tensor::zeros({3}, DType::f64));
  refused("do not sum to above 0", x, targets, Tensor::of<float>({3}, std::vector<float>{0, 0, 1}));
  CHECK_THROWS_WITH_AS(softmax(Tensor::zeros({3})), doctest::Contains("expected (N, K)"), Error);
  CHECK_THROWS_WITH_AS(softmax(Tensor({2, 3}, DType::i32)), doctest::Contains("int32"), Error);
}
