#include "benchmarks/ceilings.h"

#include <algorithm>
#include <chrono>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tensor.h"

namespace hitsieve::bench {
namespace {

/// The shortest of some runs, seconds.
template <class Body>
double shortest(Device device, Body&& body) {
  double best = 1e30;
  for (int i = 0; i < 7; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    pick<DeviceOps>(device).synchronize();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

HS_SIMD void triad(float* __restrict y, const float* __restrict z, const float* __restrict x,
                   int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = z[i] + 1.5f * x[i];
}

/// Chains of multiply-adds that do not wait for each other: enough for two units of a latency of
/// five, few enough for 16 registers. V is as wide as a register.
template <class V>
HS_INLINE double multiply_adds(int64_t rounds, float* sink) {
  constexpr int chains = 12;
  V y[chains];
  for (int i = 0; i < chains; ++i) y[i] = V{} + float(i);
  const V a = V{} + 0.999f, b = V{} + 0.001f;
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) y[i] = y[i] * a + b;
  }
  for (int i = 0; i < chains; ++i) *sink += y[i][0];
  return 2.0 * double(rounds) * chains * double(sizeof(V) / sizeof(float));
}

using Vector16 = float __attribute__((vector_size(16)));
double plain(int64_t rounds, float* sink) { return multiply_adds<Vector16>(rounds, sink); }
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
using Vector32 = float __attribute__((vector_size(32)));
using Vector64 = float __attribute__((vector_size(64)));
__attribute__((target("arch=x86-64-v3"))) double avx2(int64_t rounds, float* sink) {
  return multiply_adds<Vector32>(rounds, sink);
}
__attribute__((target("arch=x86-64-v4"))) double avx512(int64_t rounds, float* sink) {
  return multiply_adds<Vector64>(rounds, sink);
}
auto* best_multiply_adds() {
  if (__builtin_cpu_supports("avx512f")) return avx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2 : plain;
}
#else
auto* best_multiply_adds() { return plain; }
#endif

Ceilings of_core() {
  constexpr int64_t count = 16 << 20;  // of each array, 64 MB: beyond every cache's share of a core
  const Tensor x = Tensor::zeros({count}), y = Tensor::zeros({count}), z = Tensor::zeros({count});
  const double bytes = double(count) * sizeof(float);
  Ceilings c;
  c.copy = 2 * bytes / shortest(Device::cpu, [&] { y.copy_from(x); });
  c.triad = 3 * bytes / shortest(Device::cpu, [&] {
              triad(y.data<float>(), z.data<float>(), x.data<float>(), count);
            });
  float sum = 0;
  double operations = 0;
  const auto run = best_multiply_adds();
  const double seconds = shortest(Device::cpu, [&] { operations = run(4'000'000, &sum); });
  volatile float sink = sum;  // so that nothing is left out
  (void)sink;
  c.flops = operations / seconds;
  return c;
}

Ceilings of_gpu() {
  constexpr int64_t count = int64_t(256) << 20;  // 1 GB each: beyond the second-level cache
  const Tensor x = Tensor::zeros({count}, DType::f32, Device::cuda);
  const Tensor y = Tensor::zeros({count}, DType::f32, Device::cuda);
  const double bytes = double(count) * sizeof(float);
  Ceilings c;
  c.copy = 2 * bytes / shortest(Device::cuda, [&] { y.copy_from(x); });
  c.triad = 3 * bytes / shortest(Device::cuda, [&] {
              pick<DeviceOps>(Device::cuda).add_f32(y.data<float>(), x.data<float>(), count);
            });
  double operations = 0;
  const double seconds = shortest(Device::cuda, [&] { operations = multiply_adds_on_gpu(); });
  c.flops = operations / seconds;
  return c;
}

}  // namespace

const Ceilings& ceilings(Device device) {
  if (device == Device::cuda) {
    static const Ceilings gpu = of_gpu();
    return gpu;
  }
  static const Ceilings core = of_core();
  return core;
}

bool gpu_answers() { return HITSIEVE_BENCHMARKS_GPU && available(Device::cuda); }

#if !HITSIEVE_BENCHMARKS_GPU
double multiply_adds_on_gpu() { return 0; }
#endif

}  // namespace hitsieve::bench
