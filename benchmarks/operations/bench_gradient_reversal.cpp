#include "benchmarks/bench.h"
#include "kernels/gradient_reversal.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered = measure<GradientReversalKernels<float>>(
    "gradient_reversal/scale", [](Memory& m, const auto& by) -> Call {
      const int64_t count = images(m.device) * cnn_network().features();
      float *x = m.normal(count), *y = m.zeros<float>(count);
      return {[=, &by] { by.scale(count, -0.5f, x, y); }, f32(2 * count), double(count)};
    });

}  // namespace
}  // namespace hitsieve::bench
