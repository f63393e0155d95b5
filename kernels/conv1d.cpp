#include "kernels/conv1d.h"

#include "engine/parallel.h"
#include "engine/tape.h"
#include "kernels/correlate.h"

namespace hitsieve {
namespace {

/// Samples that make a chunk of work worth a thread.
int64_t samples_a_chunk(const Conv1dSizes& s) {
  const int64_t products = s.K * s.C * s.W * s.output_length();
  return std::max<int64_t>(1, (1 << 20) / products);
}

template <class T>
void forward(const Conv1dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  const int64_t length = s.output_length();
  const std::vector<T> a = packed<T>(s.K, s.C, s.W, [&](int64_t k, int64_t c, int64_t w) {
    return weight[(k * s.C + c) * s.W + w];
  });
  std::vector<T> start(size_t(s.K), T(0));
  if (bias) std::copy_n(bias, s.K, start.begin());
  parallel_for(s.N, samples_a_chunk(s), [&](int64_t begin, int64_t end) {
    PaddedRows<T> rows(s);
    Correlation plan{s.C, rows.channel_stride(), {}, length, length};
    for (int64_t w = 0; w < s.W; ++w) plan.shift.push_back(rows.shift(w));
    for (int64_t n = begin; n < end; ++n) {
      rows.fill(x + n * s.C * s.L);
      correlate_all(s.K, plan, a.data(), start.data(), rows.data(), y + n * s.K * length);
    }
  });
}

/// The elements of dx at first, first + stride, ...: they meet the taps w = phase, phase + stride,
/// ..., and tap number t meets dy[m + quotient - t].
struct Phase {
  int64_t first, count, quotient, phase, taps;
};

std::vector<Phase> phases_of(const Conv1dSizes& s) {
  std::vector<Phase> phases;
  for (int64_t first = 0; first < std::min(s.stride, s.L); ++first) {
    const int64_t phase = (first + s.padding) % s.stride;
    phases.push_back({first, (s.L - first + s.stride - 1) / s.stride,
                      (first + s.padding) / s.stride, phase,
                      phase < s.W ? (s.W - phase + s.stride - 1) / s.stride : 0});
  }
  return phases;
}

template <class T>
void backward_x(const Conv1dSizes& s, const T* dy, const T* weight, T* dx) {
  const int64_t length = s.output_length();
  const int64_t left = (s.W - 1) / s.stride;  // zeros before dy
  int64_t row = left + length;
  const std::vector<Phase> phases = phases_of(s);
  std::vector<std::vector<T>> a;
  for (const Phase& p : phases) {
    row = std::max(row, left + p.quotient + round_up(p.count, tile_columns<T>));
    a.push_back(packed<T>(s.C, s.K, p.taps, [&](int64_t c, int64_t k, int64_t t) {
      return weight[(k * s.C + c) * s.W + p.phase + t * s.stride];
    }));
  }
  const std::vector<T> start(size_t(s.C), T(0));
  parallel_for(s.N, samples_a_chunk(s), [&](int64_t begin, int64_t end) {
    std::vector<T> rows(size_t(s.K * row), T(0)), part(size_t(s.C * phases[0].count));
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t k = 0; k < s.K; ++k)
        std::copy_n(dy + (n * s.K + k) * length, length, rows.data() + k * row + left);
      T* out = dx + n * s.C * s.L;
      for (size_t i = 0; i < phases.size(); ++i) {
        const Phase& p = phases[i];
        Correlation plan{s.K, row, {}, p.count, p.count};
        for (int64_t t = 0; t < p.taps; ++t) plan.shift.push_back(left + p.quotient - t);
        T* to = s.stride == 1 ? out : part.data();
        correlate_all(s.C, plan, a[i].data(), start.data(), rows.data(), to);
        if (s.stride == 1) continue;
        for (int64_t c = 0; c < s.C; ++c)
          for (int64_t m = 0; m < p.count; ++m)
            out[c * s.L + p.first + m * s.stride] = part[size_t(c * p.count + m)];
      }
    }
  });
}

/// sum[r][j] += sum_l dy[r][l] * x[j][l], lane by lane: each sum is a whole vector in memory.
/// `length` is a multiple of lanes<T>.
template <class T, int64_t rows, int64_t columns>
HS_SIMD void add_products(int64_t length, const T* dy, const T* const* x, int64_t sum_stride,
                          T* sum) {
  Vector<T> total[rows][columns], xs[columns];
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j) load(total[r][j], sum + r * sum_stride + j * lanes<T>);
  for (int64_t l = 0; l < length; l += lanes<T>) {
    for (int64_t j = 0; j < columns; ++j) load(xs[j], x[j] + l);
    for (int64_t r = 0; r < rows; ++r) {
      Vector<T> v;
      load(v, dy + r * length + l);
      for (int64_t j = 0; j < columns; ++j) total[r][j] += v * xs[j];
    }
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j) store(sum + r * sum_stride + j * lanes<T>, total[r][j]);
}

/// One sample's share of the weight gradient; sum [K][terms][lanes], x one row a term.
template <class T>
void add_all_products(int64_t K, int64_t length, const T* dy, const std::vector<const T*>& x,
                      T* sum) {
  const int64_t terms = int64_t(x.size()), sum_stride = terms * lanes<T>;
  for (int64_t k = 0; k < K;) {
    const int64_t rows = K - k >= tile_rows ? tile_rows : 1;
    for (int64_t j = 0; j < terms;) {
      const int64_t columns = terms - j >= tile_vectors ? tile_vectors : 1;
      const auto block =
          rows == 1      ? (columns == 1 ? add_products<T, 1, 1> : add_products<T, 1, tile_vectors>)
          : columns == 1 ? add_products<T, tile_rows, 1>
                         : add_products<T, tile_rows, tile_vectors>;
      block(length, dy + k * length, x.data() + j, sum_stride, sum + k * sum_stride + j * lanes<T>);
      j += columns;
    }
    k += rows;
  }
}

/// The weight gradient of samples [begin, end).
template <class T>
void backward_weight_part(const Conv1dSizes& s, int64_t begin, int64_t end, const T* dy, const T* x,
                          T* dweight) {
  const int64_t length = s.output_length(), padded = round_up(length, lanes<T>);
  PaddedRows<T> rows(s);
  std::vector<const T*> terms;
  for (int64_t c = 0; c < s.C; ++c)
    for (int64_t w = 0; w < s.W; ++w)
      terms.push_back(rows.data() + c * rows.channel_stride() + rows.shift(w));
  std::vector<T> dy_rows(padded == length ? 0 : size_t(s.K * padded), T(0));
  std::vector<T> sum(size_t(s.K * s.C * s.W * lanes<T>), T(0));
  for (int64_t n = begin; n < end; ++n) {
    rows.fill(x + n * s.C * s.L);
    const T* sample = dy + n * s.K * length;
    if (padded != length) {
      for (int64_t k = 0; k < s.K; ++k)
        std::copy_n(sample + k * length, length, dy_rows.data() + k * padded);
      sample = dy_rows.data();
    }
    add_all_products(s.K, padded, sample, terms, sum.data());
  }
  for (int64_t i = 0; i < s.K * s.C * s.W; ++i) {
    dweight[i] = 0;
    for (int64_t lane = 0; lane < lanes<T>; ++lane) dweight[i] += sum[size_t(i * lanes<T> + lane)];
  }
}

/// Samples are dealt out to at most 16 parts, whatever the number of threads, and the parts' sums
/// are added in order.
template <class T>
void backward_weight(const Conv1dSizes& s, const T* dy, const T* x, T* dweight) {
  const int64_t count = s.K * s.C * s.W;
  const int64_t chunk = (s.N + 15) / 16, parts = (s.N + chunk - 1) / chunk;
  std::vector<T> partial(size_t(parts * count));
  parallel_for(s.N, chunk, [&](int64_t begin, int64_t end) {
    backward_weight_part(s, begin, end, dy, x, partial.data() + begin / chunk * count);
  });
  std::fill_n(dweight, count, T(0));
  for (int64_t part = 0; part < parts; ++part)
    for (int64_t i = 0; i < count; ++i) dweight[i] += partial[size_t(part * count + i)];
}

template <class T>
HS_SIMD T sum_of_row(int64_t count, const T* x) {
  return sum_terms<T>(
      count, [&](int64_t i, Vector<T>& v) { load(v, x + i); }, [&](int64_t i) { return x[i]; });
}

template <class T>
void backward_bias(const Conv1dSizes& s, const T* dy, T* dbias) {
  const int64_t length = s.output_length();
  parallel_for(s.K, std::max<int64_t>(1, (1 << 16) / (s.N * length)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t k = begin; k < end; ++k) {
                   double sum = 0;
                   for (int64_t n = 0; n < s.N; ++n)
                     sum += double(sum_of_row(length, dy + (n * s.K + k) * length));
                   dbias[k] = T(sum);
                 }
               });
}

template <class T>
constexpr Conv1dKernels<T> kernels{forward<T>, backward_x<T>, backward_weight<T>, backward_bias<T>};

}  // namespace

template <>
const Conv1dKernels<float> On<Conv1dKernels<float>>::cpu = kernels<float>;
template <>
const Conv1dKernels<double> On<Conv1dKernels<double>>::cpu = kernels<double>;

namespace {

template <class T>
void backward(const Conv1dSizes& s, const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Tensor& dy) {
  const auto& device = pick<Conv1dKernels<T>>(x.device());
  if (x.requires_grad()) {
    Tensor dx(x.shape(), x.dtype(), x.device());
    device.backward_x(s, dy.data<T>(), weight.data<T>(), dx.data<T>());
    x.add_grad(dx);
  }
  if (weight.requires_grad()) {
    Tensor dweight(weight.shape(), x.dtype(), x.device());
    device.backward_weight(s, dy.data<T>(), x.data<T>(), dweight.data<T>());
    weight.add_grad(dweight);
  }
  if (bias.requires_grad()) {
    Tensor dbias(bias.shape(), x.dtype(), x.device());
    device.backward_bias(s, dy.data<T>(), dbias.data<T>());
    bias.add_grad(dbias);
  }
}

Conv1dSizes checked_sizes(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Conv1dOptions& options) {
  check(x.shape().rank() == 3, "conv1d: x has shape ", x.shape(), ", expected (N, C, L)");
  check_like("conv1d", "weight", weight, x);
  check(weight.shape().rank() == 3 && weight.shape()[1] == x.shape()[1],
        "conv1d: weight has shape ", weight.shape(), ", expected (K, ", x.shape()[1], ", W)");
  check(x.count() > 0 && weight.count() > 0, "conv1d: x ", x.shape(), " or weight ", weight.shape(),
        " has no elements");
  if (bias) {
    check_like("conv1d", "bias", bias, x);
    check_shape("conv1d", "bias", bias, {weight.shape()[0]});
  }
  check(options.stride >= 1, "conv1d: stride ", options.stride, ", expected 1 or more");
  check(options.padding >= 0, "conv1d: padding ", options.padding, ", expected 0 or more");
  const Conv1dSizes s{x.shape()[0],      x.shape()[1],   x.shape()[2],   weight.shape()[0],
                      weight.shape()[2], options.stride, options.padding};
  check(s.L + 2 * s.padding >= s.W, "conv1d: a row of x has ", s.L, " elements and padding ",
        s.padding, ", but weight has ", s.W, " taps");
  return s;
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv1dOptions& options) {
  const Conv1dSizes s = checked_sizes(x, weight, bias, options);
  Tensor y({s.N, s.K, s.output_length()}, x.dtype(), x.device());
  by_float(x.dtype(), "conv1d", [&]<class T>() {
    pick<Conv1dKernels<T>>(x.device())
        .forward(s, x.data<T>(), weight.data<T>(), bias ? bias.data<T>() : nullptr, y.data<T>());
    record(y, {x, weight, bias}, [=](const Tensor& dy) { backward<T>(s, x, weight, bias, dy); });
  });
  return y;
}

}  // namespace hitsieve
