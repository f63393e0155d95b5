// The frozen network, from images as they are stored to logits, all on the device; on a GPU in tf32
// and bf16 as well.
#include <memory>

#include "benchmarks/bench.h"
#include "engine/philox.h"
#include "nets/frozen_net.h"

namespace hitsieve::bench {
namespace {

Call network(Memory& m, Precision precision) {
  const ConvNetOptions options = cnn_network();
  const auto net = std::make_shared<FrozenNet>(ConvNet(options, {.seed = 1}), m.device, precision);
  const int64_t N = images(m.device), count = N * length * length;
  Random random(1);
  std::vector<int16_t> pixels(static_cast<size_t>(count));
  for (int16_t& pixel : pixels) pixel = int16_t(1000 * random.normal());
  const Tensor x = Tensor::of<int16_t>({N, length, length}, pixels, m.device);
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
