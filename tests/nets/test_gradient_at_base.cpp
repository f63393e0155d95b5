// What arrives at the base of a DANN, through the tape and in float64: nets/README.md's equations.
#include "engine/tape.h"
#include "kernels/gradient_reversal.h"
#include "kernels/relu.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/layers.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

constexpr int64_t count = 12, inputs = 3, units = 5;

LinearLayer layer64(int64_t C, int64_t K, uint64_t seed) {
  Initializer unused;
  LinearLayer layer(C, K, unused);
  layer.weight = normal<double>({K, C}, seed).require_grad();
  layer.bias = normal<double>({K}, seed + 100).require_grad();
  return layer;
}

Tensor labels(int64_t every) {
  std::vector<int32_t> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(i % every == 0);
  return Tensor::of<int32_t>({count}, values);
}

/// A fresh network with the same weights every time; the domain classifier has a reversal before it
/// if `lambda` says so.
struct Fork {
  LinearLayer base = layer64(inputs, units, 1), label = layer64(units, 2, 2),
              domain = layer64(units, 2, 3);
  Tensor x = normal<double>({count, inputs}, 4), features, label_loss, domain_loss;

  explicit Fork(const double* lambda) {
    features = relu(base(x));
    label_loss = softmax_cross_entropy(label(features), labels(2));
    domain_loss = softmax_cross_entropy(
        domain(lambda ? gradient_reversal(features, *lambda) : features), labels(3));
  }
};

std::vector<double> values(const Tensor& tensor) { return tensor.values<double>(); }

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x * x;
  return std::sqrt(sum);
}

void check_sum(const std::vector<double>& sum, const std::vector<double>& a, double factor,
               const std::vector<double>& b) {
  REQUIRE(sum.size() == a.size());
  for (size_t i = 0; i < sum.size(); ++i) {
    CAPTURE(i);
    CHECK(sum[i] == doctest::Approx(a[i] + factor * b[i]).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("gradient at the base: the reversed one is -lambda times the plain one") {
  for (double lambda : {0.0, 0.3, 1.0, 2.5}) {
    CAPTURE(lambda);
    Tape tape;
    const Fork plain(nullptr), reversed(&lambda);
    CHECK(values(plain.domain_loss) == values(reversed.domain_loss));  // the same forward
    tape.backward({plain.domain_loss, reversed.domain_loss});
    const std::vector<double> g = values(plain.base.weight.grad());
    REQUIRE(norm(g) > 0.01);
    check_sum(values(reversed.base.weight.grad()), std::vector<double>(g.size()), -lambda, g);
    // The domain classifier itself is behind the reversal and learns what it always would.
    CHECK(values(reversed.domain.weight.grad()) == values(plain.domain.weight.grad()));
    CHECK(!plain.label.weight.grad());
  }
}

TEST_CASE("gradient at the base: label and domain gradients add up at the fork") {
  const double lambda = 0.7;
  Tape tape;
  const Fork alone(nullptr), plain(nullptr), both(&lambda);
  tape.backward({alone.label_loss, plain.domain_loss, both.label_loss, both.domain_loss});
  const auto adds_up = [&](const auto& tensor_of) {
    const std::vector<double> label = values(tensor_of(alone).grad());
    REQUIRE(norm(label) > 0.01);
    check_sum(values(tensor_of(both).grad()), label, -lambda, values(tensor_of(plain).grad()));
  };
  adds_up([](const Fork& fork) { return fork.features; });
  adds_up([](const Fork& fork) { return fork.base.weight; });
  adds_up([](const Fork& fork) { return fork.base.bias; });
}
