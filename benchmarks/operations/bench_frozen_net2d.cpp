// The frozen network, from images as they are stored to log odds, with the copying to and from the
// device that Screener::log_odds does.
#include <memory>

#include "benchmarks/bench.h"
#include "engine/philox.h"
#include "nets/screener.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered = measure("frozen_net2d", [](Memory& m) -> Call {
  const ConvNetOptions options = cnn_network();
  const auto net = std::make_shared<Screener>(Model({}, ConvNet(options, {.seed = 1})), m.device);
  const int64_t N = images(m.device), count = N * length * length;
  Random random(1);
  std::vector<int16_t> pixels(static_cast<size_t>(count));
  for (int16_t& pixel : pixels) pixel = int16_t(1000 * random.normal());
  const Tensor x = Tensor::of<int16_t>({N, length, length}, pixels);
  return {[=] { net->log_odds(x); }, 2 * double(count), 2.0 * double(N * options.multiply_adds()),
          double(N)};
});

}  // namespace
}  // namespace hitsieve::bench
