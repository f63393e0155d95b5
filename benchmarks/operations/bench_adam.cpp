#include "benchmarks/bench.h"
#include "kernels/adam.h"

namespace hitsieve::bench {
namespace {

/// A tensor of the size of the image network's largest, and one that leaves the caches.
bool of_size(const std::string& name, int64_t count) {
  return measure<AdamKernels<float>>("adam/" + name, [=](Memory& m, const auto& by) -> Call {
    const AdamStep<float> step{0.9f, 0.1f, 0.999f, 0.001f, 1e-8f, 0};
    float *w = m.normal(count, 1), *gradient = m.normal(count, 2);
    float *first = m.zeros<float>(count), *second = m.zeros<float>(count);
    const auto numbers = reinterpret_cast<const AdamNumbers*>(m.zeros<double>(3));
    return {[=, &by] { by.step(count, step, numbers, w, gradient, first, second); }, f32(7 * count),
            13 * double(count)};
  });
}
[[maybe_unused]] const bool registered =
    of_size("largest_layer", 288 * 32) && of_size("large", 1 << 22);

}  // namespace
}  // namespace hitsieve::bench
