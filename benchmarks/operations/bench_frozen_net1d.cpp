// The frozen network, on vectors that are scaled already; on a GPU in tf32 and bf16 as well.
#include <memory>

#include "benchmarks/bench.h"
#include "kernels/frozen_net1d.h"
#include "nets/frozen_net.h"

namespace hitsieve::bench {
namespace {

Call network(Memory& m, Precision precision) {
  const ConvNetOptions options = rwd_network();
  const auto net = std::make_shared<FrozenNet>(ConvNet(options, {.seed = 1}), m.device, precision);
  const int64_t N = vectors(m.device);
  const float* x = m.normal(N * length);
  float* logits = m.zeros<float>(N * net->outputs());
  return {[=] { net->run_vectors(N, x, logits); }, f32(N * (length + net->outputs())),
          2.0 * double(N * options.multiply_adds()), double(N)};
}

[[maybe_unused]] const bool registered =
    measure("frozen_net1d", [](Memory& m) { return network(m, Precision::float32); }) &&
    measure_on_gpu("frozen_net1d/tf32", [](Memory& m) { return network(m, Precision::tf32); }) &&
    measure_on_gpu("frozen_net1d/bf16", [](Memory& m) { return network(m, Precision::bf16); });

}  // namespace
}  // namespace hitsieve::bench
