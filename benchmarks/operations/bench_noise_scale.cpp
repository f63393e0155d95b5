#include "benchmarks/bench.h"
#include "kernels/noise_scale.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<NoiseScaleKernels>("noise_scale", [](Memory& m, const auto& by) -> Call {
      const int64_t N = frames(m.device), count = N * length * length;
      const Tensor source =
          Tensor::of<int16_t>({count}, normal_numbers<int16_t>(count, 1, 1000), m.device);
      auto* images = m.zeros<int16_t>(count);
      const NoiseSizes s = noise_sizes("bench", N, length, length, {});
      const auto copy = pick<DeviceOps>(m.device).copy;
      const auto run = [=, &by] {  // it works in place: each time on a copy, which counts
        copy(images, source.bytes(), size_t(count) * sizeof(int16_t));
        by.scale(s, images);
      };
      return {run, 4 * 2.0 * double(count), 0, double(N)};
    });

}  // namespace
}  // namespace hitsieve::bench
