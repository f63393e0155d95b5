#include "kernels/linear.h"

#include <algorithm>

#include "engine/tape.h"
#include "kernels/gemm.h"

namespace hitsieve {
namespace {

template <class T>
void add_bias(int64_t N, int64_t K, const T* bias, T* y) {
  for (int64_t n = 0; n < N; ++n)
    for (int64_t k = 0; k < K; ++k) y[n * K + k] += bias[k];
}

template <class T>
void backward_bias(int64_t N, int64_t K, const T* dy, T* dbias) {
  std::fill_n(dbias, K, T(0));
  for (int64_t n = 0; n < N; ++n)
    for (int64_t k = 0; k < K; ++k) dbias[k] += dy[n * K + k];
}

template <class T>
constexpr LinearKernels<T> kernels{add_bias<T>, backward_bias<T>};

}  // namespace

template <>
const LinearKernels<float> On<LinearKernels<float>>::cpu = kernels<float>;
template <>
const LinearKernels<double> On<LinearKernels<double>>::cpu = kernels<double>;

namespace {

template <class T>
void backward(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& dy) {
  const int64_t N = x.shape()[0], C = x.shape()[1], K = weight.shape()[0];
  const Device device = x.device();
  const auto& gemm = pick<GemmKernels<T>>(device);
  const T* dy_data = dy.data<T>();
  if (x.requires_grad()) {
    Tensor dx(x.shape(), x.dtype(), device);
    gemm.product({N, C, K}, dy_data, weight.data<T>(), dx.data<T>());
    x.add_grad(dx);
  }
  if (weight.requires_grad()) {
    Tensor dweight(weight.shape(), x.dtype(), device);
    gemm.product({.M = K, .N = C, .K = N, .transpose_a = true}, dy_data, x.data<T>(),
                 dweight.data<T>());
    weight.add_grad(dweight);
  }
  if (bias.requires_grad()) {
    Tensor dbias(bias.shape(), x.dtype(), device);
    pick<LinearKernels<T>>(device).backward_bias(N, K, dy_data, dbias.data<T>());
    bias.add_grad(dbias);
  }
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(x.shape().rank() == 2, "linear: x has shape ", x.shape(), ", expected (N, C)");
  check_like("linear", "weight", weight, x);
  check(weight.shape().rank() == 2 && weight.shape()[1] == x.shape()[1],
        "linear: weight has shape ", weight.shape(), ", expected (K, ", x.shape()[1], ")");
  const int64_t N = x.shape()[0], C = x.shape()[1], K = weight.shape()[0];
  if (bias) {
    check_like("linear", "bias", bias, x);
    check_shape("linear", "bias", bias, {K});
  }
  Tensor y({N, K}, x.dtype(), x.device());
  by_float(x.dtype(), "linear", [&]<class T>() {
    pick<GemmKernels<T>>(x.device())
        .product({.M = N, .N = K, .K = C, .transpose_b = true}, x.data<T>(), weight.data<T>(),
                 y.data<T>());
    if (bias) pick<LinearKernels<T>>(x.device()).add_bias(N, K, bias.data<T>(), y.data<T>());
    record(y, {x, weight, bias}, [=](const Tensor& dy) { backward<T>(x, weight, bias, dy); });
  });
  return y;
}

}  // namespace hitsieve
