#include "kernels/baseline_scale.h"

#include <bit>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

/// How many bits are above 0 and below `bound`, all of them at most 2^31.
HS_INLINE int count_below(const int32_t* bits, int count, int32_t bound) {
  int below = 0;
  for (int i = 0; i < count; ++i) below += (bits[i] > 0) & (bits[i] < bound);
  return below;
}

/// The lower median of the elements above 0, from the top bit down: positive floats are ordered as
/// their bits are. 0 when there is none. No branch depends on the data.
HS_INLINE float positive_median(const int32_t* bits, int count) {
  const int positive = count_below(bits, count, 0x7fffffff);
  if (positive == 0) return 0;
  const int rank = (positive - 1) / 2;
  int32_t found = 0;
  for (int bit = 30; bit >= 0; --bit) {
    const int32_t candidate = found | int32_t(1) << bit;
    if (count_below(bits, count, candidate) <= rank) found = candidate;
  }
  return std::bit_cast<float>(found);
}

HS_SIMD void knot_medians(const BaselineSizes& s, const int32_t* bits, float* medians) {
  float whole = -1;
  for (int knot = 0; knot < s.knots.count(); ++knot) {
    medians[knot] =
        positive_median(bits + s.knots.first(knot), s.knots.last(knot) - s.knots.first(knot));
    if (medians[knot] > 0) continue;
    if (whole < 0) whole = positive_median(bits, s.L());
    medians[knot] = whole;
  }
}

void scale(const BaselineSizes& s, const float* x, float* y) {
  thread_local std::vector<int32_t> bits;
  thread_local std::vector<float> medians;
  bits.resize(size_t(s.L())), medians.resize(size_t(s.knots.count()));
  for (int i = 0; i < s.L(); ++i) bits[size_t(i)] = std::bit_cast<int32_t>(x[i]);
  knot_medians(s, bits.data(), medians.data());
  for (int i = 0; i < s.L(); ++i)
    y[i] = off_baseline(x[i], interpolated(medians.data(), between(s.knots, i)));
}

void forward(const BaselineSizes& s, const float* x, float* y) {
  parallel_for(s.N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) scale(s, x + n * s.L(), y + n * s.L());
  });
}

}  // namespace

template <>
const BaselineScaleKernels On<BaselineScaleKernels>::cpu{forward};

BaselineSizes baseline_sizes(const char* who, int64_t N, int64_t L,
                             const BaselineOptions& options) {
  check(options.reach >= 1 && options.reach <= 4096 && options.step >= 1 && options.step <= 4096,
        who, ": a baseline of reach ", options.reach, " and step ", options.step,
        ", both must be 1 to 4096");
  check(L >= 1 && L <= 1 << 20 && N <= 1 << 30, who, ": ", N, " vectors of ", L, " elements");
  return {int(N), {int(L), options.reach, options.step}};
}

Tensor baseline_scale(const Tensor& x, const BaselineOptions& options) {
  check(x.shape().rank() == 2 && x.dtype() == DType::f32, "baseline_scale: x is ", x.dtype(), " ",
        x.shape(), ", expected float32 (N, L)");
  Tensor y(x.shape(), DType::f32, x.device());
  pick<BaselineScaleKernels>(x.device())
      .forward(baseline_sizes("baseline_scale", x.shape()[0], x.shape()[1], options),
               x.data<float>(), y.data<float>());
  return y;
}

}  // namespace hitsieve
