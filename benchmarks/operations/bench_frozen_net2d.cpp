// The frozen network, from images as they are stored to log odds, with the copying to and from the
// device that Screener::log_odds does; on a GPU in tf32 and bf16 as well.
#include <memory>

#include "benchmarks/bench.h"
#include "engine/philox.h"
#include "nets/screener.h"

namespace hitsieve::bench {
namespace {

Call network(Memory& m, Precision precision) {
  const ConvNetOptions options = cnn_network();
  const auto net =
      std::make_shared<Screener>(Model({}, ConvNet(options, {.seed = 1})), m.device, precision);
  const int64_t N = images(m.device), count = N * length * length;
  Random random(1);
  std::vector<int16_t> pixels(static_cast<size_t>(count));
  for (int16_t& pixel : pixels) pixel = int16_t(1000 * random.normal());
  const Tensor x = Tensor::of<int16_t>({N, length, length}, pixels);
  return {[=] { net->log_odds(x); }, 2 * double(count), 2.0 * double(N * options.multiply_adds()),
          double(N)};
}

[[maybe_unused]] const bool registered =
    measure("frozen_net2d", [](Memory& m) { return network(m, Precision::float32); }) &&
    measure_on_gpu("frozen_net2d/tf32", [](Memory& m) { return network(m, Precision::tf32); }) &&
    measure_on_gpu("frozen_net2d/bf16", [](Memory& m) { return network(m, Precision::bf16); });

}  // namespace
}  // namespace hitsieve::bench
