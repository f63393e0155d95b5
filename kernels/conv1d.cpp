#include "kernels/conv1d.h"

#include "kernels/conv2d.h"

namespace hitsieve {

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv1dOptions& options) {
  check(x.shape().rank() == 3, "conv1d: x has shape ", x.shape(), ", expected (N, C, L)");
  const int64_t N = x.shape()[0], C = x.shape()[1], L = x.shape()[2];
  check_like("conv1d", "weight", weight, x);
  check(weight.shape().rank() == 3 && weight.shape()[1] == C, "conv1d: weight has shape ",
        weight.shape(), ", expected (K, ", C, ", W)");
  const int64_t K = weight.shape()[0], W = weight.shape()[2];
  check(options.stride >= 1, "conv1d: stride ", options.stride, ", expected 1 or more");
  check(options.padding >= 0, "conv1d: padding ", options.padding, ", expected 0 or more");
  check(L + 2 * options.padding >= W, "conv1d: a row of x has ", L, " elements and padding ",
        options.padding, ", but weight has ", W, " taps");
  const Tensor y = conv2d(x.reshaped({N, C, 1, L}), weight.reshaped({K, C, 1, W}), bias,
                          {.stride = {1, options.stride}, .padding = {0, options.padding}});
  return y.reshaped({N, K, y.shape()[3]});
}

}  // namespace hitsieve
