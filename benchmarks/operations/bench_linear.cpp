// What linear has besides the matrix product (bench_gemm.cpp).
#include "benchmarks/bench.h"
#include "kernels/linear.h"

namespace hitsieve::bench {
namespace {

constexpr int64_t K = 32;

[[maybe_unused]] const bool registered =
    measure<LinearKernels<float>>(
        "linear/add_bias",
        [](Memory& m, const auto& by) -> Call {
          const int64_t N = images(m.device);
          float *bias = m.normal(K), *y = m.normal(N * K);
          return {[=, &by] { by.add_bias(N, K, bias, y); }, f32(2 * N * K), double(N * K)};
        }) &&
    measure<LinearKernels<float>>("linear/backward_bias", [](Memory& m, const auto& by) -> Call {
      const int64_t N = images(m.device);
      float *dy = m.normal(N * K), *dbias = m.zeros<float>(K);
      return {[=, &by] { by.backward_bias(N, K, dy, dbias); }, f32(N * K), double(N * K)};
    });

}  // namespace
}  // namespace hitsieve::bench
