#include "benchmarks/bench.h"
#include "kernels/softmax_cross_entropy.h"

namespace hitsieve::bench {
namespace {

constexpr int64_t K = 3;

/// On as many logits as a screener makes at once.
[[maybe_unused]] const bool registered =
    measure<SoftmaxCrossEntropyKernels<float>>(
        "softmax_cross_entropy/softmax",
        [](Memory& m, const auto& by) -> Call {
          const int64_t N = vectors(m.device);
          float *x = m.normal(N * K), *y = m.zeros<float>(N * K);
          return {[=, &by] { by.softmax(N, K, x, y); }, f32(2 * N * K)};
        }) &&
    measure<SoftmaxCrossEntropyKernels<float>>(
        "softmax_cross_entropy/forward",
        [](Memory& m, const auto& by) -> Call {
          const int64_t N = vectors(m.device);
          float *x = m.normal(N * K), *loss = m.zeros<float>(1), *sum = m.zeros<float>(1);
          const int32_t* classes = m.classes(N);
          auto* status = m.zeros<CrossEntropyStatus>(1);
          return {[=, &by] { by.forward(N, K, x, classes, nullptr, loss, sum, status); },
                  f32(N * (K + 1))};
        }) &&
    measure<SoftmaxCrossEntropyKernels<float>>(
        "softmax_cross_entropy/backward", [](Memory& m, const auto& by) -> Call {
          const int64_t N = vectors(m.device);
          float *x = m.normal(N * K), *dx = m.zeros<float>(N * K);
          const float *sum = m.normal(1, 2), *dloss = m.normal(1, 3);
          const int32_t* classes = m.classes(N);
          return {[=, &by] { by.backward(N, K, x, classes, nullptr, sum, dloss, dx); },
                  f32(N * (2 * K + 1))};
        });

}  // namespace
}  // namespace hitsieve::bench
