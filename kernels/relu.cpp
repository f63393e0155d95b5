#include "kernels/relu.h"

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tape.h"

namespace hitsieve {
namespace {

constexpr int64_t elements_a_chunk = 1 << 13;

template <class T>
HS_SIMD void forward_part(int64_t begin, int64_t end, const T* __restrict x, T* __restrict y) {
  for (int64_t i = begin; i < end; ++i) y[i] = relu_of(x[i]);
}

template <class T>
void forward(int64_t count, const T* x, T* y) {
  parallel_for(count, elements_a_chunk,
               [&](int64_t begin, int64_t end) { forward_part(begin, end, x, y); });
}

template <class T>
HS_SIMD void backward_part(int64_t begin, int64_t end, const T* __restrict dy,
                           const T* __restrict y, T* __restrict dx) {
  for (int64_t i = begin; i < end; ++i) dx[i] = relu_slope(y[i], dy[i]);
}

template <class T>
void backward(int64_t count, const T* dy, const T* y, T* dx) {
  parallel_for(count, elements_a_chunk,
               [&](int64_t begin, int64_t end) { backward_part(begin, end, dy, y, dx); });
}

template <class T>
constexpr ReluKernels<T> kernels{forward<T>, backward<T>};

}  // namespace

template <>
const ReluKernels<float> On<ReluKernels<float>>::cpu = kernels<float>;
template <>
const ReluKernels<double> On<ReluKernels<double>>::cpu = kernels<double>;

Tensor relu(const Tensor& x) {
  Tensor y(x.shape(), x.dtype(), x.device());
  by_float(x.dtype(), "relu", [&]<class T>() {
    pick<ReluKernels<T>>(x.device()).forward(x.count(), x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<ReluKernels<T>>(x.device())
          .backward(x.count(), dy.data<T>(), y.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

}  // namespace hitsieve
