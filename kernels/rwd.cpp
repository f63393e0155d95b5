#include "kernels/rwd.h"

#include <limits>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

constexpr int lanes = 16;  // columns whose extremes are kept apart until the row's end

template <class T>
HS_SIMD T range_of_row(const T* __restrict y, int64_t W) {
  T top[lanes], bottom[lanes];
  for (int l = 0; l < lanes; ++l) {
    top[l] = -std::numeric_limits<T>::infinity();
    bottom[l] = std::numeric_limits<T>::infinity();
  }
  const auto take = [&](T high, T low, int l) __attribute__((always_inline)) {
    top[l] = high > top[l] ? high : top[l];  // a NaN is never > or <
    bottom[l] = low < bottom[l] ? low : bottom[l];
  };
  int64_t i = 0;
  for (; i + lanes <= W; i += lanes)
    for (int l = 0; l < lanes; ++l) take(y[i + l], y[i + l], l);
  for (; i < W; ++i) take(y[i], y[i], 0);
  for (int l = 1; l < lanes; ++l) take(top[l], bottom[l], 0);
  return top[0] >= bottom[0] ? top[0] - bottom[0] : T(0);
}

template <class T>
void ranges(int64_t rows, int64_t W, const T* y, T* d) {
  parallel_for(rows, 64, [&](int64_t begin, int64_t end) {
    for (int64_t h = begin; h < end; ++h) d[h] = range_of_row(y + h * W, W);
  });
}

template <class T>
constexpr RwdKernels<T> kernels{ranges<T>};

}  // namespace

template <>
const RwdKernels<float> On<RwdKernels<float>>::cpu = kernels<float>;
template <>
const RwdKernels<double> On<RwdKernels<double>>::cpu = kernels<double>;

Tensor rwd(const Tensor& y) {
  check(y.shape().rank() == 3, "rwd: y has shape ", y.shape(), ", expected (N, H, W)");
  const int64_t N = y.shape()[0], H = y.shape()[1], W = y.shape()[2];
  Tensor d({N, H}, y.dtype(), y.device());
  by_float(y.dtype(), "rwd", [&]<class T>() {
    pick<RwdKernels<T>>(y.device()).ranges(N * H, W, y.data<T>(), d.data<T>());
  });
  return d;
}

}  // namespace hitsieve
