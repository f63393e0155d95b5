#include "kernels/batch_norm.h"

#include <algorithm>
#include <vector>

#include "engine/parallel.h"
#include "engine/tape.h"
#include "kernels/vector.h"

namespace hitsieve {
namespace {

constexpr int64_t elements_a_chunk = 1 << 13;

/// The elements behind one (n, c) in pieces that a cache holds, so that what needs them twice reads
/// memory once. Pieces are summed in T, and their sums in double and in order.
class Pieces {
 public:
  explicit Pieces(const BatchNormSizes& s)
      : s_(s),
        a_row_((s.S + longest - 1) / longest),
        length_(std::min(s.S, longest)),
        count_(s.N * s.C * a_row_) {}

  size_t count() const { return size_t(count_); }
  int64_t channel(int64_t i) const { return i / a_row_ % s_.C; }
  int64_t begin(int64_t i) const { return i / a_row_ * s_.S + i % a_row_ * length_; }
  int64_t length(int64_t i) const { return std::min(length_, s_.S - i % a_row_ * length_); }

  /// body(i) for all pieces, on all threads.
  template <class Body>
  void for_each(const Body& body) const {
    parallel_for(count_, std::max<int64_t>(1, elements_a_chunk / length_),
                 [&](int64_t first, int64_t last) {
                   for (int64_t i = first; i < last; ++i) body(i);
                 });
  }
  /// add(i, c) for all pieces in order.
  template <class Add>
  void in_order(const Add& add) const {
    for (int64_t i = 0; i < count_; ++i) add(size_t(i), size_t(channel(i)));
  }

 private:
  static constexpr int64_t longest = 1 << 14;
  BatchNormSizes s_;
  int64_t a_row_, length_, count_;
};

template <class T>
HS_SIMD T sum_of(int64_t count, const T* x) {
  return sum_terms<T>(
      count, [&](int64_t i, Vector<T>& v) { load(v, x + i); }, [&](int64_t i) { return x[i]; });
}

template <class T>
HS_SIMD T sum_of_squares(int64_t count, const T* x, T mean) {
  return sum_terms<T>(
      count,
      [&](int64_t i, Vector<T>& v) {
        load(v, x + i);
        v -= mean;
        v *= v;
      },
      [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); });
}

/// sum dy (x - mean)
template <class T>
HS_SIMD T sum_of_products(int64_t count, const T* dy, const T* x, T mean) {
  return sum_terms<T>(
      count,
      [&](int64_t i, Vector<T>& v) {
        Vector<T> d;
        load(v, x + i), load(d, dy + i);
        v = (v - mean) * d;
      },
      [&](int64_t i) { return (x[i] - mean) * dy[i]; });
}

/// The squares of a piece are taken from the piece's own mean, and moved to the batch's afterwards
/// (Chan, Golub and LeVeque 1979): a sum of squares alone would lose the variance of data far
/// from 0.
template <class T>
void statistics(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, T* mean,
                T* inverse_std, T* running_mean, T* running_var) {
  const Pieces pieces(s);
  std::vector<double> sums(pieces.count()), squares(pieces.count());
  pieces.for_each([&](int64_t i) {
    const int64_t length = pieces.length(i);
    const T *from = x + pieces.begin(i), sum = sum_of(length, from);
    sums[size_t(i)] = double(sum);
    squares[size_t(i)] = double(sum_of_squares(length, from, sum / T(length)));
  });
  std::vector<double> means(size_t(s.C)), totals(size_t(s.C));
  pieces.in_order([&](size_t i, size_t c) { means[c] += sums[i]; });
  for (double& m : means) m /= double(s.values());
  pieces.in_order([&](size_t i, size_t c) {
    const double length = double(pieces.length(int64_t(i))), d = sums[i] / length - means[c];
    totals[c] += squares[i] + length * d * d;
  });
  for (int64_t c = 0; c < s.C; ++c)
    finish_statistics(s.values(), options.momentum, options.epsilon, means[size_t(c)],
                      totals[size_t(c)], mean[c], inverse_std[c], running_mean[c], running_var[c]);
}

template <class T>
void invert(int64_t C, double epsilon, const T* variance, T* inverse_std) {
  for (int64_t c = 0; c < C; ++c) inverse_std[c] = inverse_std_of(variance[c], epsilon);
}

template <class T>
std::vector<T> inverted(int64_t C, double epsilon, const T* variance) {
  std::vector<T> inverse_std(size_t(C), T(0));
  invert(C, epsilon, variance, inverse_std.data());
  return inverse_std;
}

template <class T>
HS_SIMD void scale_row(int64_t count, T mean, T scale, T shift, const T* __restrict x,
                       T* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] = normalised(x[i], mean, scale, shift);
}

template <class T>
void normalise(const BatchNormSizes& s, const T* x, const T* mean, const T* inverse_std,
               const T* weight, const T* bias, T* y) {
  const Pieces pieces(s);
  pieces.for_each([&](int64_t i) {
    const int64_t c = pieces.channel(i), at = pieces.begin(i);
    scale_row(pieces.length(i), mean[c], inverse_std[c] * weight[c], bias[c], x + at, y + at);
  });
}

template <class T>
void backward_sums(const BatchNormSizes& s, const T* dy, const T* x, const T* mean,
                   const T* inverse_std, T* dweight, T* dbias) {
  const Pieces pieces(s);
  std::vector<double> sums(pieces.count()), products(pieces.count());
  pieces.for_each([&](int64_t i) {
    const int64_t length = pieces.length(i), at = pieces.begin(i);
    sums[size_t(i)] = double(sum_of(length, dy + at));
    products[size_t(i)] = double(sum_of_products(length, dy + at, x + at, mean[pieces.channel(i)]));
  });
  std::vector<double> sum(size_t(s.C)), product(size_t(s.C));
  pieces.in_order([&](size_t i, size_t c) { sum[c] += sums[i], product[c] += products[i]; });
  for (int64_t c = 0; c < s.C; ++c) {
    dbias[c] = T(sum[size_t(c)]);
    dweight[c] = T(product[size_t(c)] * double(inverse_std[c]));
  }
}

template <class T>
HS_SIMD void backward_row(int64_t count, BatchNormSlope<T> slope, T mean, const T* __restrict dy,
                          const T* __restrict x, T* __restrict dx) {
  for (int64_t i = 0; i < count; ++i) dx[i] = slope.dx(dy[i], x[i], mean);
}

template <class T>
void backward_x(const BatchNormSizes& s, int64_t values, const T* dy, const T* x, const T* mean,
                const T* inverse_std, const T* weight, const T* dweight, const T* dbias, T* dx) {
  const Pieces pieces(s);
  pieces.for_each([&](int64_t i) {
    const int64_t c = pieces.channel(i), at = pieces.begin(i);
    const auto slope = batch_norm_slope(c, values, inverse_std, weight, dweight, dbias);
    backward_row(pieces.length(i), slope, mean[c], dy + at, x + at, dx + at);
  });
}

template <class T>
void train(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* weight,
           const T* bias, T* y, T* mean, T* inverse_std, T* running_mean, T* running_var) {
  statistics(s, options, x, mean, inverse_std, running_mean, running_var);
  normalise(s, x, mean, inverse_std, weight, bias, y);
}

template <class T>
void backward_train(const BatchNormSizes& s, const BatchNormOptions&, const T* dy, const T* x,
                    const T* mean, const T* inverse_std, const T* weight, T* dx, T* dweight,
                    T* dbias) {
  backward_sums(s, dy, x, mean, inverse_std, dweight, dbias);
  if (dx) backward_x<T>(s, s.values(), dy, x, mean, inverse_std, weight, dweight, dbias, dx);
}

template <class T>
void infer(const BatchNormSizes& s, const BatchNormOptions& options, const T* x, const T* mean,
           const T* variance, const T* weight, const T* bias, T* y) {
  const std::vector<T> inverse_std = inverted(s.C, options.epsilon, variance);
  normalise(s, x, mean, inverse_std.data(), weight, bias, y);
}

template <class T>
void backward_infer(const BatchNormSizes& s, const BatchNormOptions& options, const T* dy,
                    const T* x, const T* mean, const T* variance, const T* weight, T* dx,
                    T* dweight, T* dbias) {
  const std::vector<T> inverse_std = inverted(s.C, options.epsilon, variance);
  if (dweight) backward_sums(s, dy, x, mean, inverse_std.data(), dweight, dbias);
  if (dx)
    backward_x<T>(s, s.values(), dy, x, mean, inverse_std.data(), weight, nullptr, nullptr, dx);
}

template <class T>
constexpr BatchNormKernels<T> kernels{train<T>, backward_train<T>, infer<T>, backward_infer<T>};
template <class T>
constexpr BatchNormPasses<T> passes{statistics<T>, invert<T>, normalise<T>, backward_sums<T>,
                                    backward_x<T>};

}  // namespace

template <>
const BatchNormKernels<float> On<BatchNormKernels<float>>::cpu = kernels<float>;
template <>
const BatchNormKernels<double> On<BatchNormKernels<double>>::cpu = kernels<double>;
template <>
const BatchNormPasses<float> On<BatchNormPasses<float>>::cpu = passes<float>;
template <>
const BatchNormPasses<double> On<BatchNormPasses<double>>::cpu = passes<double>;

namespace {

/// What backward needs from forward besides the inputs. `spread` is the inverse standard deviation
/// of a batch, or the variance that was given.
struct Saved {
  BatchNormSizes sizes;
  BatchNormOptions options;
  Tensor mean, spread;
};

template <class T>
void backward(const Saved& saved, const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Tensor& dy) {
  const auto& device = pick<BatchNormKernels<T>>(x.device());
  const auto pass = saved.options.training ? device.backward_train : device.backward_infer;
  Tensor dx, dweight, dbias;
  if (x.requires_grad()) dx = Tensor(x.shape(), x.dtype(), x.device());
  if (saved.options.training || weight.requires_grad() || bias.requires_grad()) {
    dweight = Tensor(weight.shape(), x.dtype(), x.device());
    dbias = Tensor(bias.shape(), x.dtype(), x.device());
  }
  const auto data = [](const Tensor& t) { return t ? t.data<T>() : nullptr; };
  pass(saved.sizes, saved.options, dy.data<T>(), x.data<T>(), saved.mean.data<T>(),
       saved.spread.data<T>(), weight.data<T>(), data(dx), data(dweight), data(dbias));
  if (x.requires_grad()) x.add_grad(dx);
  if (weight.requires_grad()) weight.add_grad(dweight);
  if (bias.requires_grad()) bias.add_grad(dbias);
}

}  // namespace

BatchNormSizes check_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const Tensor& running_mean, const Tensor& running_var,
                                const BatchNormOptions& options) {
  check(x.shape().rank() >= 2, "batch_norm: x has shape ", x.shape(), ", expected (N, C, ...)");
  check(x.count() > 0, "batch_norm: x ", x.shape(), " has no elements");
  const int64_t N = x.shape()[0], C = x.shape()[1];
  const std::pair<const char*, const Tensor&> others[] = {{"weight", weight},
                                                          {"bias", bias},
                                                          {"running_mean", running_mean},
                                                          {"running_var", running_var}};
  for (const auto& [name, tensor] : others) {
    check_like("batch_norm", name, tensor, x);
    check_shape("batch_norm", name, tensor, {C});
  }
  check(options.momentum >= 0 && options.momentum <= 1, "batch_norm: momentum ", options.momentum,
        " is outside [0, 1]");
  check(options.epsilon >= 0, "batch_norm: epsilon ", options.epsilon, " is negative");
  const BatchNormSizes s{N, C, x.count() / (N * C)};
  check(!options.training || s.values() > 1, "batch_norm: x ", x.shape(),
        " has one value a channel, which has no variance to train with; use a larger batch");
  return s;
}

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options) {
  const auto s = check_batch_norm(x, weight, bias, running_mean, running_var, options);
  Tensor y(x.shape(), x.dtype(), x.device());
  by_float(x.dtype(), "batch_norm", [&]<class T>() {
    const auto& device = pick<BatchNormKernels<T>>(x.device());
    Tensor mean, spread;
    if (options.training) {
      mean = Tensor({s.C}, x.dtype(), x.device()), spread = Tensor({s.C}, x.dtype(), x.device());
      device.train(s, options, x.data<T>(), weight.data<T>(), bias.data<T>(), y.data<T>(),
                   mean.data<T>(), spread.data<T>(), running_mean.data<T>(), running_var.data<T>());
    } else {  // copies: a later training step must not change what backward uses
      mean = running_mean.clone(), spread = running_var.clone();
      device.infer(s, options, x.data<T>(), mean.data<T>(), spread.data<T>(), weight.data<T>(),
                   bias.data<T>(), y.data<T>());
    }
    const Saved saved{s, options, mean, spread};
    record(y, {x, weight, bias},
           [=](const Tensor& dy) { backward<T>(saved, x, weight, bias, dy); });
  });
  return y;
}

}  // namespace hitsieve
