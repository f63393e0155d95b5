#include "benchmarks/ceilings.h"

#include <algorithm>
#include <chrono>

#include "engine/tensor.h"

namespace hitsieve::bench {
namespace {

/// The shortest of some runs, seconds.
template <class Body>
double shortest(Body&& body) {
  double best = 1e30;
  for (int i = 0; i < 7; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    pick<DeviceOps>(Device::cuda).synchronize();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

Ceilings of_gpu() {
  constexpr int64_t count = int64_t(256) << 20;  // 1 GB each: beyond the second-level cache
  const Tensor x = Tensor::zeros({count}, DType::f32, Device::cuda);
  const Tensor y = Tensor::zeros({count}, DType::f32, Device::cuda);
  const double bytes = double(count) * sizeof(float);
  Ceilings c;
  c.copy = 2 * bytes / shortest([&] { y.copy_from(x); });
  c.triad = 3 * bytes / shortest([&] {
              pick<DeviceOps>(Device::cuda).add_f32(y.data<float>(), x.data<float>(), count);
            });
  double operations = 0;
  const double seconds = shortest([&] { operations = multiply_adds_on_gpu(); });
  c.flops = operations / seconds;
  return c;
}

}  // namespace

const Ceilings& ceilings(Device device) {
  if (device == Device::cuda) {
    static const Ceilings gpu = of_gpu();
    return gpu;
  }
  static const Ceilings core = measure_ceilings(false);
  return core;
}

bool gpu_answers() { return HITSIEVE_BENCHMARKS_GPU && available(Device::cuda); }

#if !HITSIEVE_BENCHMARKS_GPU
double multiply_adds_on_gpu() { return 0; }
#endif

}  // namespace hitsieve::bench
