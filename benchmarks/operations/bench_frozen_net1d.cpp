// The frozen network, on vectors that are scaled already.
#include <memory>

#include "benchmarks/bench.h"
#include "kernels/frozen_net1d.h"
#include "nets/frozen_net.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered = measure("frozen_net1d", [](Memory& m) -> Call {
  const ConvNetOptions options = rwd_network();
  const auto net = std::make_shared<FrozenNet>(ConvNet(options, {.seed = 1}), m.device);
  const int64_t N = vectors(m.device);
  const float* x = m.normal(N * length);
  float* logits = m.zeros<float>(N * net->outputs());
  return {[=] { net->run_vectors(N, x, logits); }, f32(N * (length + net->outputs())),
          2.0 * double(N * options.multiply_adds()), double(N)};
});

}  // namespace
}  // namespace hitsieve::bench
