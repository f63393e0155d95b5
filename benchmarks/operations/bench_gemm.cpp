#include "benchmarks/bench.h"
#include "kernels/gemm.h"

namespace hitsieve::bench {
namespace {

using Sizes = std::function<GemmSizes(int64_t images)>;

bool product(const std::string& name, const Sizes& sizes_of) {
  return measure<GemmKernels<float>>("gemm/" + name, [=](Memory& m, const auto& by) -> Call {
    const GemmSizes s = sizes_of(images(m.device));
    const float *a = m.normal(s.M * s.K, 1), *b = m.normal(s.K * s.N, 2);
    float* c = m.zeros<float>(s.M * s.N);
    return {[=, &by] { by.product(s, a, b, c); }, f32(s.M * s.K + s.K * s.N + s.M * s.N),
            2.0 * double(s.M * s.N * s.K)};
  });
}

/// The image network's first fully connected layer, and one that is work for a GPU.
[[maybe_unused]] const bool registered = product("features_forward",
                                                 [](int64_t N) {
                                                   return GemmSizes{N, 32, 288, false, true};
                                                 }) &&
                                         product("features_gradient",
                                                 [](int64_t N) {
                                                   return GemmSizes{N, 288, 32};
                                                 }) &&
                                         product("features_weight",
                                                 [](int64_t N) {
                                                   return GemmSizes{32, 288, N, true, false};
                                                 }) &&
                                         product("large", [](int64_t) {
                                           return GemmSizes{1024, 1024, 1024};
                                         });

}  // namespace
}  // namespace hitsieve::bench
