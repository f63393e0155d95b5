#include "kernels/conv2d.h"

#include "engine/parallel.h"
#include "engine/tape.h"
#include "kernels/bands.h"
#include "kernels/correlate.h"
#include "kernels/padded_rows.h"
#include "kernels/row_products.h"

namespace hitsieve {
namespace {

constexpr int64_t products_a_band = 1 << 20;  // what makes a piece of work worth a thread

Bands bands_of_y(const Conv2dSizes& s) {
  return {s.output_height(), s.K * s.C * s.R * s.S * s.output_width(), products_a_band};
}

/// What the windows of `rows` rows of y see of x.
template <class T>
PaddedRows<T> rows_of_x(const Conv2dSizes& s, int64_t rows, std::vector<T>& memory) {
  return {{.planes = s.C,
           .height = s.H,
           .width = s.W,
           .rows = (rows - 1) * s.stride.y + s.R,
           .stride = s.stride.x,
           .padding = s.padding.x,
           .length = (s.S - 1) / s.stride.x + round_up(s.output_width(), lanes<T, wide>)},
          memory};
}

template <class T>
void forward(const Conv2dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  const int64_t taps = s.R * s.S, width = s.output_width(), area = s.output_area();
  const std::vector<T> a = packed<T>(s.K, s.C, taps, [&](int64_t k, int64_t c, int64_t t) {
    return weight[(k * s.C + c) * taps + t];
  });
  std::vector<T> start(size_t(s.K), T(0));
  if (bias) std::copy_n(bias, s.K, start.begin());
  const Bands bands = bands_of_y(s);
  parallel_for(s.N * bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    std::vector<T> memory;
    auto rows = rows_of_x(s, bands.rows, memory);
    Correlation plan{s.C,  rows.plane_stride(), s.stride.y * rows.row_stride(), {}, 0, width, area,
                     width};
    for (int64_t t = 0; t < taps; ++t) plan.shift.push_back(rows.shift(t / s.S, t % s.S));
    for (int64_t i = begin; i < end; ++i) {
      const Band band = bands[i];
      rows.fill(x + band.n * s.C * s.H * s.W, band.first * s.stride.y - s.padding.y);
      plan.height = band.last - band.first;
      correlate_all(s.K, plan, a.data(), start.data(), rows.data(),
                    y + band.n * s.K * area + band.first * width);
    }
  });
}

/// The elements of dx at first, first + stride, ... along an axis: they meet the taps phase, phase
/// + stride, ..., and for element m tap number t meets dy[m + quotient - t].
struct Phase {
  int64_t first, count, quotient, phase, taps;
};

std::vector<Phase> phases_of(int64_t length, int64_t kernel, int64_t stride, int64_t padding) {
  std::vector<Phase> phases;
  for (int64_t first = 0; first < std::min(stride, length); ++first) {
    const int64_t phase = (first + padding) % stride;
    phases.push_back({first, (length - first + stride - 1) / stride, (first + padding) / stride,
                      phase, phase < kernel ? (kernel - phase + stride - 1) / stride : 0});
  }
  return phases;
}

/// A phase of the rows together with a phase of the columns is one correlation of dy.
template <class T>
class BackwardX {
 public:
  BackwardX(const Conv2dSizes& s, const T* weight)
      : s_(s),
        ys_(phases_of(s.H, s.R, s.stride.y, s.padding.y)),
        xs_(phases_of(s.W, s.S, s.stride.x, s.padding.x)),
        bands_(ys_[0].count, s.C * s.K * s.R * s.S * xs_[0].count, products_a_band),
        start_(size_t(s.C), T(0)) {
    for (const Phase& y : ys_)
      for (const Phase& x : xs_)
        a_.push_back(packed<T>(s.C, s.K, y.taps * x.taps, [&](int64_t c, int64_t k, int64_t t) {
          const int64_t r = y.phase + t / x.taps * s.stride.y;
          return weight[((k * s.C + c) * s.R + r) * s.S + x.phase + t % x.taps * s.stride.x];
        }));
  }

  void run(const T* dy, T* dx) const {
    parallel_for(s_.N * bands_.an_image, bands_.chunk, [&](int64_t begin, int64_t end) {
      std::vector<T> memory;
      PaddedRows<T> rows(
          {.planes = s_.K,
           .height = s_.output_height(),
           .width = s_.output_width(),
           .rows = above_ + bands_.rows + ys_.back().quotient,
           .stride = 1,
           .padding = left_,
           .length = left_ + xs_.back().quotient + round_up(xs_[0].count, lanes<T, wide>)},
          memory);
      std::vector<T> parts(xs_.size() == 1 ? 0 : xs_.size() * size_t(part_size()));
      for (int64_t i = begin; i < end; ++i) {
        const Band band = bands_[i];
        rows.fill(dy + band.n * s_.K * s_.output_area(), band.first - above_);
        for (size_t y = 0; y < ys_.size(); ++y) run_rows(band, y, rows, parts, dx);
      }
    });
  }

 private:
  int64_t part_size() const { return s_.C * bands_.rows * xs_[0].count; }

  /// The rows of phase ys_[y].
  void run_rows(Band band, size_t y, const PaddedRows<T>& rows, std::vector<T>& parts,
                T* dx) const {
    const Phase& down = ys_[y];
    const int64_t height = std::min(band.last, down.count) - band.first;
    const int64_t row0 = band.first * s_.stride.y + down.first;
    T* out = dx + band.n * s_.C * s_.H * s_.W + row0 * s_.W;
    if (height <= 0) return;
    for (size_t x = 0; x < xs_.size(); ++x) {
      const Phase& across = xs_[x];
      Correlation plan{s_.K,   rows.plane_stride(), rows.row_stride(), {},
                       height, across.count,        s_.H * s_.W,       s_.stride.y * s_.W};
      if (!parts.empty()) plan.y_plane = bands_.rows * xs_[0].count, plan.y_row = xs_[0].count;
      for (int64_t t = 0; t < down.taps * across.taps; ++t)
        plan.shift.push_back(rows.shift(above_ + down.quotient - t / across.taps,
                                        left_ + across.quotient - t % across.taps));
      correlate_all(s_.C, plan, a_[y * xs_.size() + x].data(), start_.data(), rows.data(),
                    parts.empty() ? out : parts.data() + int64_t(x) * part_size());
    }
    if (parts.empty()) return;
    for (int64_t c = 0; c < s_.C; ++c)
      for (int64_t m = 0; m < height; ++m)
        interleave(int64_t(xs_.size()), part_size(), s_.W,
                   parts.data() + (c * bands_.rows + m) * xs_[0].count,
                   out + (c * s_.H + m * s_.stride.y) * s_.W);
  }

  Conv2dSizes s_;
  std::vector<Phase> ys_, xs_;
  Bands bands_;
  std::vector<std::vector<T>> a_;  // for each of ys_ with each of xs_
  std::vector<T> start_;
  int64_t above_ = (s_.R - 1) / s_.stride.y, left_ = (s_.S - 1) / s_.stride.x;  // zeros around dy
};

template <class T>
void backward_x(const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  BackwardX<T>(s, weight).run(dy, dx);
}

/// The weight gradient of bands [begin, end).
template <class T>
void backward_weight_part(const Conv2dSizes& s, const Bands& bands, int64_t begin, int64_t end,
                          const T* dy, const T* x, T* dweight) {
  const int64_t width = s.output_width(), area = s.output_area();
  const int64_t padded = round_up(width, lanes<T, wide>), taps = s.R * s.S;
  std::vector<T> memory, dy_memory;
  auto rows = rows_of_x(s, bands.rows, memory);
  PaddedRows<T> dy_rows(
      {s.K, s.output_height(), width, padded == width ? 0 : bands.rows, 1, 0, padded}, dy_memory);
  std::vector<const T*> terms;
  for (int64_t c = 0; c < s.C; ++c)
    for (int64_t t = 0; t < taps; ++t)
      terms.push_back(rows.data() + c * rows.plane_stride() + rows.shift(t / s.S, t % s.S));
  constexpr int64_t lanes = hitsieve::lanes<T, wide>;
  std::vector<T> sum(size_t(s.K * s.C * taps * lanes), T(0));
  const int64_t together = std::max<int64_t>(1, 512 / padded);  // rows that stay in the cache
  for (int64_t i = begin; i < end; ++i) {
    const Band band = bands[i];
    rows.fill(x + band.n * s.C * s.H * s.W, band.first * s.stride.y - s.padding.y);
    const T* slopes = dy + band.n * s.K * area + band.first * width;
    RowProducts plan{0, padded, area, width, s.stride.y * rows.row_stride()};
    if (padded != width) {
      dy_rows.fill(dy + band.n * s.K * area, band.first);
      slopes = dy_rows.data(), plan.dy_plane = dy_rows.plane_stride(), plan.dy_row = padded;
    }
    for (int64_t p = 0; p < band.last - band.first; p += together) {
      plan.height = std::min(together, band.last - band.first - p);
      add_all_products(s.K, plan, slopes + p * plan.dy_row, terms, p * plan.x_row, sum.data());
    }
  }
  for (int64_t i = 0; i < s.K * s.C * taps; ++i) {
    dweight[i] = 0;
    for (int64_t lane = 0; lane < lanes; ++lane) dweight[i] += sum[size_t(i * lanes + lane)];
  }
}

/// Bands are dealt out to at most 16 parts, whatever the number of threads, and the parts' sums are
/// added in order.
template <class T>
void backward_weight(const Conv2dSizes& s, const T* dy, const T* x, T* dweight) {
  const Bands bands = bands_of_y(s);
  const int64_t count = s.K * s.C * s.R * s.S, items = s.N * bands.an_image;
  const int64_t chunk = (items + 15) / 16, parts = (items + chunk - 1) / chunk;
  std::vector<T> partial(size_t(parts * count));
  parallel_for(items, chunk, [&](int64_t begin, int64_t end) {
    backward_weight_part(s, bands, begin, end, dy, x, partial.data() + begin / chunk * count);
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
void backward_bias(const Conv2dSizes& s, const T* dy, T* dbias) {
  const int64_t area = s.output_area();
  parallel_for(s.K, std::max<int64_t>(1, (1 << 16) / (s.N * area)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t k = begin; k < end; ++k) {
                   double sum = 0;
                   for (int64_t n = 0; n < s.N; ++n)
                     sum += double(sum_of_row(area, dy + (n * s.K + k) * area));
                   dbias[k] = T(sum);
                 }
               });
}

template <class T>
constexpr Conv2dKernels<T> kernels{forward<T>, backward_x<T>, backward_weight<T>, backward_bias<T>};

}  // namespace

template <>
const Conv2dKernels<float> On<Conv2dKernels<float>>::cpu = kernels<float>;
template <>
const Conv2dKernels<double> On<Conv2dKernels<double>>::cpu = kernels<double>;

namespace {

template <class T>
void backward(const Conv2dSizes& s, const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Tensor& dy) {
  const auto& device = pick<Conv2dKernels<T>>(x.device());
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

Conv2dSizes checked_sizes(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Conv2dOptions& o) {
  check(x.shape().rank() == 4, "conv2d: x has shape ", x.shape(), ", expected (N, C, H, W)");
  check_like("conv2d", "weight", weight, x);
  check(weight.shape().rank() == 4 && weight.shape()[1] == x.shape()[1],
        "conv2d: weight has shape ", weight.shape(), ", expected (K, ", x.shape()[1], ", R, S)");
  check(x.count() > 0 && weight.count() > 0, "conv2d: x ", x.shape(), " or weight ", weight.shape(),
        " has no elements");
  if (bias) {
    check_like("conv2d", "bias", bias, x);
    check_shape("conv2d", "bias", bias, {weight.shape()[0]});
  }
  check(o.stride.y >= 1 && o.stride.x >= 1, "conv2d: stride ", o.stride, ", expected 1 or more");
  check(o.padding.y >= 0 && o.padding.x >= 0, "conv2d: padding ", o.padding,
        ", expected 0 or more");
  const Conv2dSizes s{x.shape()[0],      x.shape()[1],      x.shape()[2],
                      x.shape()[3],      weight.shape()[0], weight.shape()[2],
                      weight.shape()[3], o.stride,          o.padding};
  check(s.H + 2 * s.padding.y >= s.R && s.W + 2 * s.padding.x >= s.S, "conv2d: x has ",
        Pair(s.H, s.W), " elements and padding ", s.padding, ", but weight has ", Pair(s.R, s.S),
        " taps");
  return s;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv2dOptions& options) {
  const Conv2dSizes s = checked_sizes(x, weight, bias, options);
  Tensor y({s.N, s.K, s.output_height(), s.output_width()}, x.dtype(), x.device());
  by_float(x.dtype(), "conv2d", [&]<class T>() {
    pick<Conv2dKernels<T>>(x.device())
        .forward(s, x.data<T>(), weight.data<T>(), bias ? bias.data<T>() : nullptr, y.data<T>());
    record(y, {x, weight, bias}, [=](const Tensor& dy) { backward<T>(s, x, weight, bias, dy); });
  });
  return y;
}

}  // namespace hitsieve
