#include "benchmarks/bench.h"
#include "engine/philox.h"
#include "kernels/baseline_scale.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<BaselineScaleKernels>("baseline_scale", [](Memory& m, const auto& by) -> Call {
      const int64_t N = vectors(m.device);
      Random random(1);
      std::vector<float> values;
      for (int64_t i = 0; i < N * length; ++i) values.push_back(float(10 + random.exponential()));
      const float* x = m.keep(Tensor::of<float>({N * length}, values, m.device)).as<float>();
      float* y = m.zeros<float>(N * length);
      const BaselineSizes sizes = baseline_sizes("bench", N, length, {});
      return {[=, &by] { by.forward(sizes, x, y); }, f32(2 * N * length), 0, double(N)};
    });

}  // namespace
}  // namespace hitsieve::bench
