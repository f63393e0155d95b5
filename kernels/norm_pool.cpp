#include "kernels/norm_pool.h"

#include "engine/parallel.h"
#include "engine/tape.h"
#include "kernels/bands.h"
#include "kernels/batch_statistics.h"
#include "kernels/pool_band.h"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

constexpr int64_t elements_a_band = 1 << 14;  // with what belongs to them, in a core's cache

template <class T>
HS_SIMD void normalise_row(int64_t count, T mean, T scale, T shift, const T* __restrict x,
                           T* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] = relu_of(normalised(x[i], mean, scale, shift));
}

template <class T>
void forward(const Pool2dSizes& s, int64_t C, const T* x, const T* mean, const T* inverse_std,
             const T* weight, const T* bias, T* extremes, T* y) {
  const Bands bands(s.y.windows, s.y.stride * s.x.length, elements_a_band);
  parallel_for(s.planes * bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    std::vector<T> memory;
    for (int64_t i = begin; i < end; ++i) {
      const Band band = bands[i];
      const int64_t c = band.n % C, at = band.n * s.area() + band.first * s.x.windows;
      const T* from = x + band.n * s.pixels();
      if (extremes) {
        const auto pool = weight[c] < 0 ? pool_band<T, Smallest<T>> : pool_band<T, Largest<T>>;
        pool(s, band.first, band.last, from, extremes + at, memory);
      }
      normalise_row((band.last - band.first) * s.x.windows, mean[c], inverse_std[c] * weight[c],
                    bias[c], extremes ? extremes + at : from + band.first * s.x.length, y + at);
    }
  });
}

template <class T>
HS_SIMD void negate(int64_t count, const T* __restrict x, T* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] = -x[i];
}

template <class T>
HS_SIMD void slopes_row(int64_t count, BatchNormSlope<T> slope, T mean, const T* __restrict dy,
                        const T* __restrict x, T* __restrict dx) {
  for (int64_t i = 0; i < count; ++i) dx[i] = slope.dx(dy[i], x[i], mean);
}

/// Slopes go back to where in x they came from, in a band's memory, and from there on to dx. The
/// extremes are found again, on the way.
template <class T>
void backward_x(const Pool2dSizes& s, int64_t C, int64_t values, const T* slopes, const T* x,
                const T* extremes, const T* mean, const T* inverse_std, const T* weight,
                const T* dweight, const T* dbias, T* dx) {
  const Bands bands(s.y.length, s.x.length, elements_a_band);
  parallel_for(s.planes * bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    std::vector<T> memory, negated, routed;
    for (int64_t i = begin; i < end; ++i) {
      const Band band = bands[i];
      const int64_t c = band.n % C, at = band.n * s.pixels() + band.first * s.x.length;
      const int64_t count = (band.last - band.first) * s.x.length;
      const T* dy = slopes + band.n * s.area();
      if (extremes) {
        const RowsOfX rows(s.y, band.first, band.last);
        const T* from = x + band.n * s.pixels() + rows.seen.first * s.x.length;
        if (weight[c] < 0) {
          negated.resize(size_t((rows.seen.last - rows.seen.first) * s.x.length));
          negate(std::ssize(negated), from, negated.data());
          from = negated.data();
        }
        routed.assign(size_t(count), T(0));
        add_max_slopes_of_band(s, rows, dy, from, routed.data(), memory);
      }
      slopes_row(count, batch_norm_slope(c, values, inverse_std, weight, dweight, dbias), mean[c],
                 extremes ? routed.data() : dy + band.first * s.x.length, x + at, dx + at);
    }
  });
}

template <class T>
constexpr NormPoolKernels<T> kernels{forward<T>, backward_x<T>};

}  // namespace

template <>
const NormPoolKernels<float> On<NormPoolKernels<float>>::cpu = kernels<float>;
template <>
const NormPoolKernels<double> On<NormPoolKernels<double>>::cpu = kernels<double>;

namespace {

/// What backward needs from forward besides the inputs.
struct Saved {
  BatchNormSizes sizes;
  Pool2dSizes pool;
  bool training;
  const Communicator* together;
  BatchStatistics statistics;
  Tensor extremes, y;  ///< extremes: undefined where nothing is pooled

  const Tensor& pooled(const Tensor& x) const { return extremes ? extremes : x; }
};

template <class T>
void backward(const Saved& saved, const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Tensor& dy) {
  const Device device = x.device();
  const T* mean = saved.statistics.mean.data<T>();
  const T* inverse_std = saved.statistics.inverse_std.data<T>();
  const Tensor slopes(saved.y.shape(), x.dtype(), device),
      sums({2, saved.sizes.C}, x.dtype(), device);
  pick<ReluKernels<T>>(device).backward(dy.count(), dy.data<T>(), saved.y.data<T>(),
                                        slopes.data<T>());
  T *dweight = sums.data<T>(), *dbias = dweight + saved.sizes.C;
  if (saved.training || weight.requires_grad() || bias.requires_grad()) {
    BatchNormSizes s = saved.sizes;
    s.S = saved.pool.area();
    pick<BatchNormPasses<T>>(device).backward_sums(s, slopes.data<T>(), saved.pooled(x).data<T>(),
                                                   mean, inverse_std, dweight, dbias);
    for (const auto& [parameter, sum] : {std::pair(&weight, dweight), std::pair(&bias, dbias)}) {
      if (!parameter->requires_grad()) continue;
      const Tensor own(parameter->shape(), x.dtype(), device);
      pick<DeviceOps>(device).copy(own.data<T>(), sum, size_t(own.count()) * sizeof(T));
      parameter->add_grad(own);
    }
  }
  if (saved.together) saved.together->sum(sums);
  if (!x.requires_grad()) return;
  const Tensor dx(x.shape(), x.dtype(), device);
  pick<NormPoolKernels<T>>(device).backward_x(
      saved.pool, saved.sizes.C, saved.statistics.values, slopes.data<T>(), x.data<T>(),
      saved.extremes ? saved.extremes.data<T>() : nullptr, mean, inverse_std, weight.data<T>(),
      saved.training ? dweight : nullptr, dbias, dx.data<T>());
  x.add_grad(dx);
}

}  // namespace

Tensor norm_pool(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Tensor& running_mean, const Tensor& running_var,
                 const BatchNormOptions& norm, const Pool2dOptions& pool,
                 const Communicator* together) {
  const Pool2dSizes sizes = check_pool2d("norm_pool", x, pool);
  const auto s = check_batch_norm(x, weight, bias, running_mean, running_var, norm);
  check(!together || norm.training, "norm_pool: processes are together in training alone");
  const Tensor y({s.N, s.C, sizes.y.windows, sizes.x.windows}, x.dtype(), x.device());
  by_float(x.dtype(), "norm_pool", [&]<class T>() {
    Saved saved{s, sizes, norm.training, together, {}, {}, y};
    saved.statistics = batch_statistics<T>(s, norm, x, running_mean, running_var, together);
    if (!is_identity(sizes)) saved.extremes = Tensor(y.shape(), x.dtype(), x.device());
    pick<NormPoolKernels<T>>(x.device())
        .forward(sizes, s.C, x.data<T>(), saved.statistics.mean.template data<T>(),
                 saved.statistics.inverse_std.template data<T>(), weight.data<T>(), bias.data<T>(),
                 saved.extremes ? saved.extremes.template data<T>() : nullptr, y.data<T>());
    Tensor noted = y;
    record(noted, {x, weight, bias},
           [=](const Tensor& dy) { backward<T>(saved, x, weight, bias, dy); });
  });
  return y;
}

}  // namespace hitsieve
