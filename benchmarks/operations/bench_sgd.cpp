#include "benchmarks/bench.h"
#include "kernels/sgd.h"

namespace hitsieve::bench {
namespace {

bool of_size(const std::string& name, int64_t count) {
  return measure<SgdKernels<float>>("sgd/" + name, [=](Memory& m, const auto& by) -> Call {
    const SgdStep<float> step{0.9f, 5e-4f};
    const double* rate = m.zeros<double>(1);
    float *w = m.normal(count, 1), *gradient = m.normal(count, 2), *v = m.zeros<float>(count);
    return {[=, &by] { by.step(count, step, rate, w, gradient, v); }, f32(5 * count),
            6 * double(count)};
  });
}
[[maybe_unused]] const bool registered =
    of_size("largest_layer", 288 * 32) && of_size("large", 1 << 22);

}  // namespace
}  // namespace hitsieve::bench
