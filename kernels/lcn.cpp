#include "kernels/lcn.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

/// One row of windows. Everything is taken relative to the window's centre, and the squares
/// relative to the mean, so that nothing cancels.
template <class T>
HS_SIMD void contrast_row(const T* __restrict x, int64_t W, int64_t columns,
                          const WindowWeights& weights, T* __restrict scratch,
                          T* __restrict contrast, T* __restrict deviation) {
  const int size = weights.size;
  const T* __restrict centre = x + size / 2 * (W + 1);
  T *weight = scratch, *mean = scratch + columns, *squares = scratch + 2 * columns;
  std::fill_n(scratch, 3 * columns, T(0));
  for (int r = 0; r < size; ++r)
    for (int c = 0; c < size; ++c) {
      const T* __restrict at = x + r * W + c;
      const T w = T(weights.axis[r]) * T(weights.axis[c]);
#pragma GCC ivdep
      for (int64_t i = 0; i < columns; ++i) {
        const bool has = at[i] == at[i];
        weight[i] += has ? w : T(0);
        mean[i] += has ? w * (at[i] - centre[i]) : T(0);
      }
    }
  for (int64_t i = 0; i < columns; ++i) mean[i] /= weight[i];  // used only where centre is no NaN
  for (int r = 0; r < size; ++r)
    for (int c = 0; c < size; ++c) {
      const T* __restrict at = x + r * W + c;
      const T w = T(weights.axis[r]) * T(weights.axis[c]);
#pragma GCC ivdep
      for (int64_t i = 0; i < columns; ++i) {
        const T d = at[i] - centre[i] - mean[i];
        squares[i] += at[i] == at[i] ? w * d * d : T(0);
      }
    }
  for (int64_t i = 0; i < columns; ++i) {
    const bool has = centre[i] == centre[i];
    contrast[i] = has ? -mean[i] : T(NAN);
    deviation[i] = has ? std::sqrt(squares[i] / weight[i]) : T(NAN);
  }
}

template <class T>
void contrast(const LcnSizes& s, const T* x, T* contrast, T* deviation) {
  const int64_t rows = s.rows(), columns = s.columns();
  parallel_for(s.N * rows, 64, [&](int64_t begin, int64_t end) {
    std::vector<T> scratch(size_t(3 * columns));
    for (int64_t i = begin; i < end; ++i)
      contrast_row(x + (i / rows * s.H + i % rows) * s.W, s.W, columns, s.weights, scratch.data(),
                   contrast + i * columns, deviation + i * columns);
  });
}

template <class T>
void mean_deviation(const LcnSizes& s, const T* deviation, T* floor) {
  const int64_t count = s.rows() * s.columns();
  parallel_for(s.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      double sum = 0;
      int64_t valid = 0;
      for (int64_t i = n * count; i < (n + 1) * count; ++i)
        if (!std::isnan(deviation[i])) sum += double(deviation[i]), ++valid;
      floor[n] = valid ? T(sum / double(valid)) : T(0);
    }
  });
}

template <class T>
void divide(const LcnSizes& s, const T* deviation, const T* floor, T factor, T* contrast) {
  const int64_t count = s.rows() * s.columns();
  parallel_for(s.N, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      for (int64_t i = n * count; i < (n + 1) * count; ++i) {
        const T divisor = std::max(deviation[i], factor * floor[n]);
        contrast[i] = divisor == 0 ? T(0) : contrast[i] / divisor;
      }
  });
}

template <class T>
constexpr LcnKernels<T> kernels{contrast<T>, mean_deviation<T>, divide<T>};

}  // namespace

template <>
const LcnKernels<float> On<LcnKernels<float>>::cpu = kernels<float>;
template <>
const LcnKernels<double> On<LcnKernels<double>>::cpu = kernels<double>;

WindowWeights window_weights(const char* who, const LcnOptions& options, int64_t H, int64_t W) {
  const int size = options.window;
  check(size % 2 == 1 && size >= 3 && size <= max_window, who, ": a window of ", size,
        " pixels, expected an odd number from 3 to ", max_window);
  check(H >= size && W >= size, who, ": frames of ", H, " x ", W, " pixels, the window has ", size,
        " x ", size);
  check(options.sigma >= 0 && std::isfinite(options.sigma), who, ": window with sigma ",
        options.sigma, ", expected a positive number");
  check(options.floor_factor > 0 && std::isfinite(options.floor_factor), who, ": floor factor ",
        options.floor_factor, ", expected a positive number");
  const double sigma = options.sigma > 0 ? options.sigma : 2.0 / 9 * size;
  WindowWeights weights{size, {}};
  for (int k = 0; k < size; ++k) {
    const double t = (k - size / 2) / sigma;
    weights.axis[k] = options.kind == Window::box ? 1.0 : std::exp(-t * t / 2);
  }
  return weights;
}

Tensor lcn(const Tensor& x, const LcnOptions& options) {
  check(x.shape().rank() == 3, "lcn: x has shape ", x.shape(), ", expected (N, H, W)");
  const int64_t N = x.shape()[0], H = x.shape()[1], W = x.shape()[2];
  const LcnSizes sizes{N, H, W, window_weights("lcn", options, H, W)};
  const Device device = x.device();
  Tensor y({N, sizes.rows(), sizes.columns()}, x.dtype(), device);
  const Tensor deviation(y.shape(), x.dtype(), device), floor({N}, x.dtype(), device);
  by_float(x.dtype(), "lcn", [&]<class T>() {
    const auto& kernels = pick<LcnKernels<T>>(device);
    kernels.contrast(sizes, x.data<T>(), y.data<T>(), deviation.data<T>());
    if (options.floor == Floor::global)
      floor.fill(1);
    else
      kernels.mean_deviation(sizes, deviation.data<T>(), floor.data<T>());
    kernels.divide(sizes, deviation.data<T>(), floor.data<T>(), T(options.floor_factor),
                   y.data<T>());
  });
  return y;
}

}  // namespace hitsieve
