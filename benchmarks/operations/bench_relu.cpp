#include "benchmarks/bench.h"
#include "kernels/relu.h"

namespace hitsieve::bench {
namespace {

/// Of what the image network's first block gives.
int64_t count_on(Device device) { return layers_of(cnn_network(), images(device))[0].convolved(); }

[[maybe_unused]] const bool registered =
    measure<ReluKernels<float>>("relu/forward",
                                [](Memory& m, const auto& by) -> Call {
                                  const int64_t count = count_on(m.device);
                                  float *x = m.normal(count), *y = m.zeros<float>(count);
                                  return {[=, &by] { by.forward(count, x, y); }, f32(2 * count)};
                                }) &&
    measure<ReluKernels<float>>("relu/backward", [](Memory& m, const auto& by) -> Call {
      const int64_t count = count_on(m.device);
      float *dy = m.normal(count, 1), *y = m.normal(count, 2), *dx = m.zeros<float>(count);
      return {[=, &by] { by.backward(count, dy, y, dx); }, f32(3 * count)};
    });

}  // namespace
}  // namespace hitsieve::bench
