#include "benchmarks/bench.h"
#include "kernels/dropout.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<DropoutKernels<float>>("dropout/apply", [](Memory& m, const auto& by) -> Call {
      const Layer layer = layers_of(cnn_network(), images(m.device))[2];  // the first that has it
      const int64_t count = layer.pool.planes * layer.pool.area();
      const DropoutMask mask{1, 0, uint32_t(0.1 * (1 << 24))};
      float *x = m.normal(count), *y = m.zeros<float>(count);
      return {[=, &by] { by.apply(count, mask, nullptr, 1 / 0.9f, x, y); }, f32(2 * count)};
    });

}  // namespace
}  // namespace hitsieve::bench
