#include "benchmarks/bench.h"
#include "kernels/lcn.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<LcnKernels<float>>(
        "lcn/contrast",
        [](Memory& m, const auto& by) -> Call {
          const LcnSizes s{frames(m.device), side, side, window_weights("bench", {}, side, side)};
          const int64_t inputs = s.N * side * side, outputs = s.N * s.rows() * s.columns();
          float *x = m.normal(inputs), *y = m.zeros<float>(outputs), *d = m.zeros<float>(outputs);
          return {[=, &by] { by.contrast(s, x, y, d); }, f32(inputs + 2 * outputs), 0, double(s.N)};
        }) &&
    measure<LcnKernels<float>>("lcn/divide", [](Memory& m, const auto& by) -> Call {
      const LcnSizes s{frames(m.device), side, side, window_weights("bench", {}, side, side)};
      const int64_t outputs = s.N * s.rows() * s.columns();
      float *y = m.normal(outputs, 1), *d = m.normal(outputs, 2), *floor = m.normal(s.N, 3);
      return {[=, &by] { by.divide(s, d, floor, 6.0f, y); }, f32(3 * outputs), 0, double(s.N)};
    });

}  // namespace
}  // namespace hitsieve::bench
