#include "kernels/pool1d.h"

#include "kernels/pool2d.h"

namespace hitsieve {
namespace {

Tensor of_one_row(const char* who, Tensor (*pool)(const Tensor&, const Pool2dOptions&),
                  const Tensor& x, const Pool1dOptions& o) {
  check(x.shape().rank() == 3, who, ": x has shape ", x.shape(), ", expected (N, C, L)");
  const int64_t N = x.shape()[0], C = x.shape()[1], L = x.shape()[2];
  const Tensor y =
      pool(x.reshaped({N, C, 1, L}), {{1, o.kernel}, {1, o.stride}, {0, o.padding}, o.ceil_mode});
  return y.reshaped({N, C, y.shape()[3]});
}

}  // namespace

Tensor max_pool1d(const Tensor& x, const Pool1dOptions& options) {
  return of_one_row("max_pool1d", max_pool2d, x, options);
}

Tensor avg_pool1d(const Tensor& x, const Pool1dOptions& options) {
  return of_one_row("avg_pool1d", avg_pool2d, x, options);
}

}  // namespace hitsieve
