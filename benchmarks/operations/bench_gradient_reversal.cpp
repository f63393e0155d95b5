#include "benchmarks/bench.h"
#include "kernels/gradient_reversal.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered = measure<GradientReversalKernels<float>>(
    "gradient_reversal/reverse", [](Memory& m, const auto& by) -> Call {
      const int64_t count = images(m.device) * cnn_network().features();
      float *x = m.normal(count), *y = m.zeros<float>(count);
      const double* lambda = m.zeros<double>(1);
      return {[=, &by] { by.reverse(count, lambda, x, y); }, f32(2 * count), double(count)};
    });

}  // namespace
}  // namespace hitsieve::bench
