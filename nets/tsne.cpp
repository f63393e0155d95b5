#include "nets/tsne.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/parallel.h"
#include "engine/philox.h"
#include "engine/simd.h"
#include "kernels/vector.h"

namespace hitsieve {
namespace {

constexpr int64_t chunk = 8;  // rows a thread takes at once

HS_SIMD double squared_distance(const double* a, const double* b, int64_t count) {
  return sum_terms<double>(
      count,
      [&](int64_t i, Vector<double>& v) {
        Vector<double> other;
        load(v, a + i), load(other, b + i);
        v -= other;
        v *= v;
      },
      [&](int64_t i) { return (a[i] - b[i]) * (a[i] - b[i]); });
}

/// p = exp(-beta distance), scaled to the sum 1, with p[self] = 0; returns the entropy in nats.
double row_probabilities(const std::vector<double>& distance, int64_t self, double beta,
                         double* p) {
  double sum = 0, moment = 0;
  const auto N = int64_t(distance.size());
  for (int64_t j = 0; j < N; ++j) {
    const double scaled = beta * distance[size_t(j)];
    p[j] = j == self ? 0.0 : std::exp(-scaled);
    sum += p[j], moment += p[j] * scaled;
  }
  for (int64_t j = 0; j < N; ++j) p[j] /= sum;
  return std::log(sum) + moment / sum;
}

/// Row i of the conditional probabilities: searches the width by bisection.
void conditional_row(const std::vector<double>& x, int64_t N, int64_t i, double perplexity,
                     std::vector<double>& distance, double* p) {
  const int64_t D = int64_t(x.size()) / N;
  double nearest = INFINITY, total = 0;
  for (int64_t j = 0; j < N; ++j) {
    const double d = squared_distance(&x[size_t(i * D)], &x[size_t(j * D)], D);
    distance[size_t(j)] = d;
    if (j != i) nearest = std::min(nearest, d);
  }
  for (double& d : distance) total += d -= nearest;  // that of i itself, < 0, is never used
  const double mean = (total + nearest) / double(N - 1), wanted = std::log(perplexity);
  double low = 0, high = INFINITY, beta = mean > 0 ? 1 / mean : 1;
  for (int step = 0; step < 100; ++step) {
    const double excess = row_probabilities(distance, i, beta, p) - wanted;
    if (std::abs(excess) < 1e-8) return;
    (excess > 0 ? low : high) = beta;
    beta = high < INFINITY ? (low + high) / 2 : 2 * beta;
  }
}

/// p <- (p + p^T) / 2N
void symmetrise(double* p, int64_t N) {
  parallel_for(N, chunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = i; j < N; ++j)
        p[i * N + j] = p[j * N + i] = (p[i * N + j] + p[j * N + i]) / double(2 * N);
  });
}

/// Points on the plane, or vectors at them.
struct Plane {
  std::vector<double> a, b;
  explicit Plane(int64_t N) : a(static_cast<size_t>(N)), b(static_cast<size_t>(N)) {}
};

/// What the others do to one point, with w = 1 / (1 + |y_i - y_j|^2).
struct Forces {
  double attraction[2];  // sum_j p w (y_i - y_j)
  double repulsion[2];   // sum_j w^2 (y_i - y_j)
  double weights;        // sum_j w, the point itself included
};

HS_SIMD void row_forces(const double* p, const Plane& y, int64_t i, Forces& forces) {
  const auto N = int64_t(y.a.size());
  const double ya = y.a[size_t(i)], yb = y.b[size_t(i)], *a = y.a.data(), *b = y.b.data();
  Vector<double> sums[5] = {};
  int64_t j = 0;
  for (; j + lanes<double> <= N; j += lanes<double>) {
    Vector<double> da, db, pj;
    load(da, a + j), load(db, b + j), load(pj, p + j);
    da = ya - da, db = yb - db;
    const Vector<double> w = 1.0 / (1.0 + da * da + db * db), pull = pj * w, push = w * w;
    sums[0] += pull * da, sums[1] += pull * db;
    sums[2] += push * da, sums[3] += push * db;
    sums[4] += w;
  }
  double s[5];
  for (int k = 0; k < 5; ++k) s[k] = sum_of_lanes<double>(sums[k]);
  for (; j < N; ++j) {
    const double da = ya - a[j], db = yb - b[j], w = 1 / (1 + da * da + db * db);
    s[0] += p[j] * w * da, s[1] += p[j] * w * db;
    s[2] += w * w * da, s[3] += w * w * db;
    s[4] += w;
  }
  forces = {{s[0], s[1]}, {s[2], s[3]}, s[4]};
}

/// dy of KL, with `exaggeration` times P; returns the sum of all w between two points.
double gradient(const double* joint, const Plane& y, double exaggeration, Plane& dy) {
  const auto N = int64_t(y.a.size());
  std::vector<Forces> forces(y.a.size());
  parallel_for(N, chunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) row_forces(joint + i * N, y, i, forces[size_t(i)]);
  });
  double total = 0;
  for (const Forces& f : forces) total += f.weights - 1;
  for (size_t i = 0; i < forces.size(); ++i) {
    const Forces& f = forces[i];
    dy.a[i] = 4 * (exaggeration * f.attraction[0] - f.repulsion[0] / total);
    dy.b[i] = 4 * (exaggeration * f.attraction[1] - f.repulsion[1] / total);
  }
  return total;
}

/// sum p log(p / q), where q = w / total.
double divergence(const double* joint, const Plane& y, double total) {
  const auto N = int64_t(y.a.size());
  std::vector<double> rows(y.a.size());
  parallel_for(N, chunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < N; ++j) {
        const double p = joint[i * N + j], da = y.a[size_t(i)] - y.a[size_t(j)],
                     db = y.b[size_t(i)] - y.b[size_t(j)];
        if (p > 0) rows[size_t(i)] += p * std::log(p * total * (1 + da * da + db * db));
      }
  });
  return std::accumulate(rows.begin(), rows.end(), 0.0);
}

/// One coordinate's step (delta-bar-delta gains, Jacobs 1988), and back about 0.
struct Descent {
  std::vector<double> velocity, gain;
  explicit Descent(int64_t N)
      : velocity(static_cast<size_t>(N), 0.0), gain(static_cast<size_t>(N), 1.0) {}

  void step(double rate, double momentum, const std::vector<double>& dy, std::vector<double>& y) {
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      const bool goes_on = (dy[i] > 0) != (velocity[i] > 0);
      gain[i] = std::max(goes_on ? gain[i] + 0.2 : gain[i] * 0.8, 0.01);
      velocity[i] = momentum * velocity[i] - rate * gain[i] * dy[i];
      sum += y[i] += velocity[i];
    }
    for (double& v : y) v -= sum / double(y.size());
  }
};

void check_options(const TsneOptions& o) {
  check(o.iterations >= 1 && o.exaggerated_iterations >= 0, "tsne: ", o.iterations,
        " iterations, exaggerated ", o.exaggerated_iterations);
  check(o.early_exaggeration >= 1 && std::isfinite(o.early_exaggeration),
        "tsne: early exaggeration ", o.early_exaggeration, ", want at least 1");
  check(o.learning_rate >= 0 && std::isfinite(o.learning_rate), "tsne: learning rate ",
        o.learning_rate);
}

void check_square(const char* who, const Tensor& p) {
  check(p.defined() && p.dtype() == DType::f64 && p.device() == Device::cpu &&
            p.shape().rank() == 2 && p.shape()[0] == p.shape()[1] && p.shape()[0] > 1,
        who, ": want P of shape (N, N), float64 on the CPU");
}

}  // namespace

Tensor tsne_conditional(const Tensor& x, double perplexity) {
  check(x.defined() && x.dtype() == DType::f32 && x.device() == Device::cpu &&
            x.shape().rank() == 2 && x.shape()[1] > 0,
        "tsne: want x of shape (N, D), float32 on the CPU");
  const int64_t N = x.shape()[0], D = x.shape()[1];
  check(perplexity > 1 && std::isfinite(perplexity), "tsne: perplexity ", perplexity,
        ", want more than 1");
  check(double(N) >= 3 * perplexity, "tsne: ", N, " rows, but perplexity ", perplexity,
        " wants at least three times as many");
  const float* data = x.data<float>();
  const std::vector<double> rows(data, data + N * D);
  const auto bad =
      std::find_if(rows.begin(), rows.end(), [](double v) { return !std::isfinite(v); });
  check(bad == rows.end(), "tsne: x of row ", (bad - rows.begin()) / D, ", column ",
        (bad - rows.begin()) % D, " is not finite");
  Tensor p({N, N}, DType::f64);
  double* values = p.data<double>();
  parallel_for(N, chunk, [&](int64_t begin, int64_t end) {
    std::vector<double> distance(static_cast<size_t>(N));
    for (int64_t i = begin; i < end; ++i)
      conditional_row(rows, N, i, perplexity, distance, values + i * N);
  });
  return p;
}

Tensor tsne_joint(const Tensor& conditional) {
  check_square("tsne joint", conditional);
  Tensor joint = conditional.clone();
  symmetrise(joint.data<double>(), joint.shape()[0]);
  return joint;
}

TsneGradient tsne_gradient(const Tensor& joint, const Tensor& y) {
  check_square("tsne gradient", joint);
  const int64_t N = joint.shape()[0];
  check_shape("tsne gradient", "y", y, {N, 2});
  check_like("tsne gradient", "y", y, joint);
  Plane places(N), slopes(N);
  TsneGradient result{Tensor({N, 2}, DType::f64), 0};
  for (int64_t i = 0; i < N; ++i)
    places.a[size_t(i)] = y.data<double>()[2 * i],
    places.b[size_t(i)] = y.data<double>()[2 * i + 1];
  const double total = gradient(joint.data<double>(), places, 1, slopes);
  for (int64_t i = 0; i < N; ++i) {
    result.dy.data<double>()[2 * i] = slopes.a[size_t(i)];
    result.dy.data<double>()[2 * i + 1] = slopes.b[size_t(i)];
  }
  result.kl = divergence(joint.data<double>(), places, total);
  return result;
}

Tsne tsne(const Tensor& x, const TsneOptions& options) {
  check_options(options);
  const Tensor p = tsne_conditional(x, options.perplexity);
  const int64_t N = x.shape()[0];
  double* joint = p.data<double>();
  symmetrise(joint, N);
  Plane y(N), dy(N);
  Random random(options.seed, stream_of(StreamUse::embedding));
  for (size_t i = 0; i < y.a.size(); ++i)
    y.a[i] = 1e-4 * random.normal(), y.b[i] = 1e-4 * random.normal();
  const double rate = options.learning_rate > 0
                          ? options.learning_rate
                          : std::max(double(N) / options.early_exaggeration, 50.0);
  Descent descent_a(N), descent_b(N);
  for (int64_t t = 0; t < options.iterations; ++t) {
    const bool early = t < options.exaggerated_iterations;
    gradient(joint, y, early ? options.early_exaggeration : 1, dy);
    descent_a.step(rate, early ? 0.5 : 0.8, dy.a, y.a);
    descent_b.step(rate, early ? 0.5 : 0.8, dy.b, y.b);
    if (options.progress) options.progress(t + 1, options.iterations);
  }
  Tsne result{Tensor({N, 2}, DType::f32), divergence(joint, y, gradient(joint, y, 1, dy))};
  for (int64_t i = 0; i < N; ++i) {
    result.y.data<float>()[2 * i] = float(y.a[size_t(i)]);
    result.y.data<float>()[2 * i + 1] = float(y.b[size_t(i)]);
  }
  return result;
}

}  // namespace hitsieve
