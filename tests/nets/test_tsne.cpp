#include <cmath>

#include <doctest/doctest.h>

#include "engine/parallel.h"
#include "engine/philox.h"
#include "nets/tsne.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

/// (N, D): row i is normal about 8 times unit vector i % clusters.
Tensor clusters(int64_t N, int64_t D, int64_t clusters, uint64_t seed = 1) {
  Random random(seed);
  std::vector<float> x;
  for (int64_t i = 0; i < N; ++i)
    for (int64_t d = 0; d < D; ++d)
      x.push_back(float((i % clusters == d ? 8 : 0) + random.normal()));
  return Tensor::of<float>({N, D}, x);
}

Tensor normal_places(int64_t N, uint64_t seed) {
  Random random(seed);
  std::vector<double> y;
  for (int64_t i = 0; i < 2 * N; ++i) y.push_back(random.normal());
  return Tensor::of<double>({N, 2}, y);
}

/// exp of the entropy of row i.
double perplexity_of(const Tensor& p, int64_t i) {
  const int64_t N = p.shape()[0];
  double entropy = 0, sum = 0;
  for (int64_t j = 0; j < N; ++j) {
    const double v = p.data<double>()[i * N + j];
    sum += v;
    if (v > 0) entropy -= v * std::log(v);
  }
  CHECK(sum == doctest::Approx(1).epsilon(1e-12));
  return std::exp(entropy);
}

TsneOptions quick(int64_t iterations = 400) {
  TsneOptions options;
  options.perplexity = 10, options.iterations = iterations, options.exaggerated_iterations = 100;
  return options;
}

}  // namespace

TEST_CASE("t-SNE: clusters stay clusters") {
  const int64_t N = 121;
  const Tsne found = tsne(clusters(N, 10, 3), quick());
  const std::vector<float> y = found.y.values<float>();
  int64_t alike = 0;
  for (int64_t i = 0; i < N; ++i) {
    int64_t nearest = -1;
    double least = INFINITY;
    for (int64_t j = 0; j < N; ++j) {
      const double d = std::hypot(double(y[size_t(2 * i)] - y[size_t(2 * j)]),
                                  double(y[size_t(2 * i + 1)] - y[size_t(2 * j + 1)]));
      if (j != i && d < least) least = d, nearest = j;
    }
    alike += nearest % 3 == i % 3;
  }
  CHECK(alike == N);
  CHECK(found.kl > 0);
  CHECK(found.kl < 0.7);  // 2.0 where it starts
  CHECK(tsne(clusters(N, 10, 3), quick(1)).kl > 1.5);
}

TEST_CASE("t-SNE: every row has the perplexity that was asked for") {
  Tensor x = clusters(61, 7, 2);
  for (int64_t d = 0; d < 7; ++d) x.data<float>()[d] *= 1e4f;  // far from everything
  for (const double perplexity : {1.5, 5.0, 20.0}) {
    const Tensor p = tsne_conditional(x, perplexity);
    for (int64_t i = 0; i < 61; ++i) {
      CAPTURE(i);
      CHECK(perplexity_of(p, i) == doctest::Approx(perplexity).epsilon(1e-6));
      CHECK(p.data<double>()[i * 61 + i] == 0);
    }
  }
  for (float& v : std::span(x.data<float>(), 61 * 7)) v = v * 1e-18f + 3e-18f;  // scale: no matter
  CHECK(perplexity_of(tsne_conditional(x, 5), 7) == doctest::Approx(5).epsilon(1e-6));
}

TEST_CASE("t-SNE: nearer rows are likelier; more equal rows than neighbours share evenly") {
  std::vector<float> line;
  for (int i = 0; i < 12; ++i) line.push_back(float(i * i));
  const std::vector<double> p =
      tsne_conditional(Tensor::of<float>({12, 1}, line), 4).values<double>();
  for (size_t j = 2; j < 12; ++j) CHECK(p[j - 1] > p[j]);

  std::vector<float> equal(12, 1);
  equal[11] = 2;
  const Tensor even = tsne_conditional(Tensor::of<float>({12, 1}, equal), 4);
  for (int64_t j = 1; j < 11; ++j) CHECK(even.data<double>()[j] == doctest::Approx(0.1));
  CHECK(even.data<double>()[11] == 0);
}

TEST_CASE("t-SNE: the joint probabilities are symmetric and sum to 1") {
  const Tensor conditional = tsne_conditional(clusters(30, 4, 2), 5),
               joint = tsne_joint(conditional);
  const std::vector<double> p = conditional.values<double>(), q = joint.values<double>();
  double sum = 0;
  for (size_t i = 0; i < 30; ++i)
    for (size_t j = 0; j < 30; ++j) {
      CHECK(q[i * 30 + j] == q[j * 30 + i]);
      CHECK(q[i * 30 + j] == doctest::Approx((p[i * 30 + j] + p[j * 30 + i]) / 60));
      sum += q[i * 30 + j];
    }
  CHECK(sum == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("t-SNE: KL and its gradient") {
  for (const int64_t N : {12, 15}) {  // 15: a row does not fill the vectors
    const Tensor joint = tsne_joint(tsne_conditional(clusters(N, 5, 2), 3));
    const Tensor y = normal_places(N, 4);
    const std::vector<double> p = joint.values<double>(), at = y.values<double>();
    const auto weight = [&](int64_t i, int64_t j) {
      const double a = at[size_t(2 * i)] - at[size_t(2 * j)],
                   b = at[size_t(2 * i + 1)] - at[size_t(2 * j + 1)];
      return i == j ? 0.0 : 1 / (1 + a * a + b * b);
    };
    double total = 0, kl = 0;
    for (int64_t i = 0; i < N * N; ++i) total += weight(i / N, i % N);
    for (int64_t i = 0; i < N * N; ++i)
      if (p[size_t(i)] > 0)
        kl += p[size_t(i)] * std::log(p[size_t(i)] * total / weight(i / N, i % N));
    const TsneGradient found = tsne_gradient(joint, y);
    CHECK(found.kl == doctest::Approx(kl).epsilon(1e-12));
    for (int64_t i = 0; i < 2 * N; ++i) {
      CAPTURE(i);
      double& moved = y.data<double>()[i];
      const double before = moved, h = 1e-5;
      moved = before + h;
      const double above = tsne_gradient(joint, y).kl;
      moved = before - h;
      const double below = tsne_gradient(joint, y).kl;
      moved = before;
      CHECK(std::abs(found.dy.data<double>()[i] - (above - below) / (2 * h)) < 1e-9);
    }
  }
}

TEST_CASE("t-SNE: the same bits for a seed and for any number of threads") {
  const Tensor x = clusters(45, 6, 3);
  const Tsne first = tsne(x, quick(60));
  CHECK(tsne(x, quick(60)).y.values<float>() == first.y.values<float>());
  TsneOptions other = quick(60);
  other.seed = 2;
  CHECK(tsne(x, other).y.values<float>() != first.y.values<float>());
  for (const int count : {1, 2, 5}) {
    set_threads(count);
    const Tsne again = tsne(x, quick(60));
    CHECK(again.y.values<float>() == first.y.values<float>());
    CHECK(again.kl == first.kl);
  }
  set_threads(0);
}

TEST_CASE("t-SNE: progress is told, and may stop it") {
  TsneOptions options = quick(20);
  std::vector<int64_t> told;
  options.progress = [&](int64_t done, int64_t iterations) {
    CHECK(iterations == 20);
    told.push_back(done);
    if (done == 7) throw std::runtime_error("enough");
  };
  CHECK(error_of([&] { tsne(clusters(45, 6, 3), options); }) == "enough");
  CHECK(told == std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("t-SNE: input and options out of range are refused") {
  Tensor x = clusters(45, 6, 3);
  const auto refusal = [&](const TsneOptions& options) {
    return error_of([&] { tsne(x, options); });
  };
  CHECK_CONTAINS(refusal({}), "tsne: 45 rows, but perplexity 30 wants at least three times");
  CHECK_CONTAINS(refusal({.perplexity = 1}), "perplexity 1");
  CHECK_CONTAINS(refusal({.perplexity = NAN}), "perplexity nan");
  CHECK_CONTAINS(refusal({.perplexity = 5, .iterations = 0}), "0 iterations");
  CHECK_CONTAINS(refusal({.perplexity = 5, .early_exaggeration = 0.5}), "exaggeration 0.5");
  CHECK_CONTAINS(refusal({.perplexity = 5, .learning_rate = -1}), "learning rate -1");
  x.data<float>()[6 * 7 + 2] = NAN;
  CHECK_CONTAINS(refusal({.perplexity = 5}), "x of row 7, column 2 is not finite");
  x = Tensor({45}, DType::f32);
  CHECK_CONTAINS(refusal({.perplexity = 5}), "want x of shape (N, D)");
  CHECK_THROWS_AS(tsne_gradient(Tensor({3, 4}, DType::f64), Tensor({3, 2}, DType::f64)), Error);
  CHECK_THROWS_AS(tsne_gradient(Tensor({3, 3}, DType::f64), Tensor({4, 2}, DType::f64)), Error);
  CHECK_THROWS_AS(tsne_joint(Tensor({3, 3}, DType::f32)), Error);
}
