#include "kernels/first_rows.h"

#include "engine/tape.h"

namespace hitsieve {

Tensor first_rows(const Tensor& x, int64_t rows) {
  check(x.shape().rank() == 2, "first_rows: x has shape ", x.shape(), ", expected (N, F)");
  check(rows >= 1 && rows <= x.shape()[0], "first_rows: ", rows, " rows of a tensor ", x.shape());
  check(x.dtype() == DType::f32 || x.dtype() == DType::f64, "first_rows: x is ", x.dtype(),
        ", expected float32 or float64");
  Tensor y({rows, x.shape()[1]}, x.dtype(), x.device());
  const size_t bytes = size_t(y.count()) * size_of(x.dtype());
  pick<DeviceOps>(x.device()).copy(y.bytes(), x.bytes(), bytes);
  record(y, {x}, [=](const Tensor& dy) {
    Tensor dx = Tensor::zeros(x.shape(), x.dtype(), x.device());
    pick<DeviceOps>(x.device()).copy(dx.bytes(), dy.bytes(), bytes);
    x.add_grad(dx);
  });
  return y;
}

}  // namespace hitsieve
