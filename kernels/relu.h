// y = max(x, 0), element by element. A NaN stays a NaN; at 0 the slope is 0.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

/// f32 or f64, any shape.
Tensor relu(const Tensor& x);

template <class T>
HS_HD T relu_of(T x) {
  return x < T(0) ? T(0) : x;
}
/// From y, which is kept anyway by the operation that follows.
template <class T>
HS_HD T relu_slope(T y, T dy) {
  return y <= T(0) ? T(0) : dy;
}

/// What a device brings.
template <class T>
struct ReluKernels {
  void (*forward)(int64_t count, const T* x, T* y);
  void (*backward)(int64_t count, const T* dy, const T* y, T* dx);
};

}  // namespace hitsieve
