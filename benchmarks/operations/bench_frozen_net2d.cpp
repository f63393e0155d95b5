// The frozen network, from images as they are stored to logits, all on the device; on a GPU in tf32
// and bf16 as well.
#include <memory>

#include "benchmarks/bench.h"
#include "nets/frozen_net.h"

namespace hitsieve::bench {
namespace {

Call network(Memory& m, Precision precision) {
  const ConvNetOptions options = cnn_network();
  const auto net = std::make_shared<FrozenNet>(ConvNet(options, {.seed = 1}), m.device, precision);
  const int64_t N = images(m.device), count = N * length * length;
  const Tensor x =
      Tensor::of<int16_t>({N, length, length}, normal_numbers<int16_t>(count, 1, 1000), m.device);
  const Tensor logits({N, net->outputs()}, DType::f32, m.device);
  return {[=] { net->run_images(N, x.data<int16_t>(), logits.data<float>()); }, 2 * double(count),
          2.0 * double(N * options.multiply_adds()), double(N)};
}

[[maybe_unused]] const bool registered =
    measure("frozen_net2d", [](Memory& m) { return network(m, Precision::float32); }) &&
    measure_on_gpu("frozen_net2d/tf32", [](Memory& m) { return network(m, Precision::tf32); }) &&
    measure_on_gpu("frozen_net2d/bf16", [](Memory& m) { return network(m, Precision::bf16); });

}  // namespace
}  // namespace hitsieve::bench
