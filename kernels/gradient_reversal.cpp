#include "kernels/gradient_reversal.h"

#include <cmath>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tape.h"

namespace hitsieve {
namespace {

template <class T>
HS_SIMD void scale_part(int64_t begin, int64_t end, T factor, const T* __restrict x,
                        T* __restrict y) {
  for (int64_t i = begin; i < end; ++i) y[i] = factor * x[i];
}

template <class T>
void reverse(int64_t count, const double* lambda, const T* x, T* y) {
  const T factor = T(-*lambda);
  parallel_for(count, 1 << 16,
               [&](int64_t begin, int64_t end) { scale_part(begin, end, factor, x, y); });
}

template <class T>
constexpr GradientReversalKernels<T> kernels{reverse<T>};

}  // namespace

template <>
const GradientReversalKernels<float> On<GradientReversalKernels<float>>::cpu = kernels<float>;
template <>
const GradientReversalKernels<double> On<GradientReversalKernels<double>>::cpu = kernels<double>;

Tensor gradient_reversal(const Tensor& x, double lambda) {
  check(std::isfinite(lambda), "gradient_reversal: lambda ", lambda, " is not finite");
  return gradient_reversal(x, Tensor::numbers({{lambda}}, x.device()));
}

Tensor gradient_reversal(const Tensor& x, const Tensor& lambda) {
  check(lambda.count() == 1 && lambda.device() == x.device(), "gradient_reversal: lambda ",
        lambda.shape(), " on ", lambda.device(), ", expected one element on ", x.device());
  Tensor y = x.detached();
  by_float(x.dtype(), "gradient_reversal", [&]<class T>() {
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<GradientReversalKernels<T>>(x.device())
          .reverse(x.count(), lambda.data<double>(), dy.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

}  // namespace hitsieve
