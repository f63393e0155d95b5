#include "apps/ceilings.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tensor.h"
#include "engine/work_stream.h"

namespace hitsieve {
namespace {

/// A single thread's own time does not count what others do on its core meanwhile.
double now(bool all_threads) {
  timespec t{};
  clock_gettime(all_threads ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// The shortest of some runs, seconds.
template <class Body>
double shortest(bool all_threads, Body&& body) {
  double best = 1e30;
  for (int i = 0; i < 7; ++i) {
    const double start = now(all_threads);
    body();
    best = std::min(best, now(all_threads) - start);
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

/// As measure_ceilings() runs them, on one core.
double on_a_core(int64_t rounds, float* sink) { return best_multiply_adds()(rounds, sink); }

/// Seconds of a call on the GPU: the shortest of some runs of so many calls, waited for together,
/// that waiting takes no part.
template <class Body>
double shortest_on_gpu(Body&& body) {
  const auto run = [&](int calls) {
    const double start = now(true);
    for (int i = 0; i < calls; ++i) body();
    pick<DeviceOps>(Device::cuda).synchronize();
    return (now(true) - start) / calls;
  };
  run(1);  // what is loaded at a first call
  const int calls = int(std::clamp(5e-3 / run(1), 1.0, 1000.0));
  double best = 1e30;
  for (int i = 0; i < 7; ++i) best = std::min(best, run(calls));
  return best;
}

/// Bytes that a copy takes half a millisecond for, so that no cache holds them, or 1 GB.
int64_t bytes_to_copy() {
  for (int64_t bytes = 4 << 20;; bytes *= 4) {
    const Tensor x = Tensor::zeros({bytes / 4}, DType::f32, Device::cuda), y = x.clone();
    if (bytes == 1 << 30 || shortest_on_gpu([&] { y.copy_from(x); }) > 5e-4) return bytes;
  }
}

double bandwidth_of_the_way_in(int64_t bytes) {
  HostBuffer host(Device::cuda);
  auto* from = host.of<uint8_t>(size_t(bytes));
  std::memset(from, 1, size_t(bytes));
  const Tensor to({bytes}, DType::u8, Device::cuda);
  return double(bytes) / shortest_on_gpu([&] {
           pick<StreamOps>(Device::cuda).copy_in(to.bytes(), from, size_t(bytes));
         });
}

/// Calls body(part) for as many parts as there are threads to measure.
template <class Body>
void on(int64_t parts, Body&& body) {
  if (parts == 1) return body(0);
  parallel_for(parts, 1, [&](int64_t part, int64_t) { body(part); });
}

}  // namespace

template <>
const MultiplyAddOps On<MultiplyAddOps>::cpu{on_a_core};

Ceilings measure_ceilings(bool all_threads) {
  const int parts = all_threads ? threads() : 1;
  constexpr int64_t count = 16 << 20;  // of each array, 64 MB: not for a cache to hold
  const Tensor tx = Tensor::zeros({count}), ty = Tensor::zeros({count}),
               tz = Tensor::zeros({count});
  const float *x = tx.data<float>(), *z = tz.data<float>();
  float* y = ty.data<float>();
  const int64_t share = count / parts;
  const double bytes = double(share * parts) * sizeof(float);
  Ceilings c;
  c.copy =
      2 * bytes / shortest(all_threads, [&] {
        on(parts, [&](int64_t i) { std::memcpy(y + i * share, x + i * share, size_t(share) * 4); });
      });
  c.triad =
      3 * bytes / shortest(all_threads, [&] {
        on(parts, [&](int64_t i) { triad(y + i * share, z + i * share, x + i * share, share); });
      });
  std::atomic<float> sink = 0;  // so that nothing is left out
  std::atomic<double> operations = 0;
  const double seconds = shortest(all_threads, [&] {
    operations = 0;
    on(parts, [&](int64_t) {
      float sum = 0;
      operations += pick<MultiplyAddOps>(Device::cpu).run(2'000'000, &sum);
      sink = sum;
    });
  });
  c.flops = operations / seconds;
  return c;
}

Ceilings measure_gpu_ceilings() {
  const int64_t bytes = bytes_to_copy();
  Ceilings c;
  {
    const Tensor x = Tensor::zeros({bytes / 4}, DType::f32, Device::cuda), y = x.clone();
    c.copy = 2 * double(bytes) / shortest_on_gpu([&] { y.copy_from(x); });
    c.triad = 3 * double(bytes) / shortest_on_gpu([&] {
                pick<DeviceOps>(Device::cuda).add_f32(y.data<float>(), x.data<float>(), bytes / 4);
              });
  }
  c.copy_in = bandwidth_of_the_way_in(std::min<int64_t>(bytes, 256 << 20));
  const Tensor sink({1}, DType::f32, Device::cuda);
  double operations = 0, seconds = 0;
  for (int64_t rounds = 1; seconds < 5e-4; rounds *= 2)  // until starting takes no part
    seconds = shortest_on_gpu(
        [&] { operations = pick<MultiplyAddOps>(Device::cuda).run(rounds, sink.data<float>()); });
  c.flops = operations / seconds;
  return c;
}

}  // namespace hitsieve
