#include "kernels/median_scale.h"

#include <algorithm>
#include <vector>

#include "engine/parallel.h"

namespace hitsieve {
namespace {

/// The lower median of the elements above 0, or 0 when there is none.
float positive_median(int64_t L, const float* x) {
  thread_local std::vector<float> positive;
  positive.clear();
  for (int64_t i = 0; i < L; ++i)
    if (x[i] > 0) positive.push_back(x[i]);
  if (positive.empty()) return 0;
  const auto middle = positive.begin() + int64_t(positive.size() - 1) / 2;
  std::nth_element(positive.begin(), middle, positive.end());
  return *middle;
}

void forward(int64_t N, int64_t L, const float* x, float* y) {
  parallel_for(N, 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float median = positive_median(L, x + n * L);
      for (int64_t i = n * L; i < (n + 1) * L; ++i) y[i] = x[i] > 0 ? x[i] / median - 1 : 0;
    }
  });
}

}  // namespace

template <>
const MedianScaleKernels On<MedianScaleKernels>::cpu{forward};

Tensor median_scale(const Tensor& x) {
  check(x.shape().rank() == 2 && x.dtype() == DType::f32, "median_scale: x is ", x.dtype(), " ",
        x.shape(), ", expected float32 (N, L)");
  Tensor y(x.shape(), DType::f32, x.device());
  pick<MedianScaleKernels>(x.device())
      .forward(x.shape()[0], x.shape()[1], x.data<float>(), y.data<float>());
  return y;
}

}  // namespace hitsieve
