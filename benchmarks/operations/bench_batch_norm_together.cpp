// What sharing costs beside batch_norm/*/train, without the time of the messages.
#include "benchmarks/bench.h"
#include "kernels/batch_norm_together.h"

namespace hitsieve::bench {
namespace {

struct Alone : Communicator {
  int rank() const override { return 0; }
  int count() const override { return 1; }
  void sum(const Tensor&) const override {}
};

[[maybe_unused]] const bool registered = [] {
  const std::vector<Layer> layers = all_layers(Device::cpu);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Conv2dSizes& shown = layers[i].conv;
    measure(text("batch_norm_together/", shown.K, 'x', shown.output_height(), 'x',
                 shown.output_width(), "/train"),
            [=](Memory& m) -> Call {
              const Layer layer = all_layers(m.device)[i];
              const Conv2dSizes& s = layer.conv;
              const auto of_channels = [&](double value) {
                const Tensor tensor({s.K}, DType::f32, m.device);
                tensor.fill(value);
                return tensor;
              };
              const Tensor x = Tensor::zeros({s.N, s.K, s.output_height(), s.output_width()},
                                             DType::f32, m.device);
              const Tensor weight = of_channels(1), bias = of_channels(0), mean = of_channels(0),
                           variance = of_channels(1);
              return {[=] {
                        batch_norm_together(x, weight, bias, mean, variance, {.training = true},
                                            Alone());
                      },
                      f32(2 * layer.convolved()), 5.0 * double(layer.convolved())};
            });
  }
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
