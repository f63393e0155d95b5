#include "benchmarks/bench.h"
#include "kernels/batch_norm.h"

namespace hitsieve::bench {
namespace {

using Kernels = BatchNormKernels<float>;
enum Pass { train, backward_train, infer };
constexpr const char* passes[] = {"train", "backward_train", "infer"};

Call pass_of(Pass pass, size_t i, Memory& m, const Kernels& by) {
  const Layer layer = all_layers(m.device)[i];
  const BatchNormSizes s{layer.conv.N, layer.conv.K, layer.conv.output_area()};
  const BatchNormOptions o{.training = true};
  const int64_t count = layer.convolved();
  float *x = m.normal(count, 1), *y = m.normal(count, 2), *weight = m.normal(s.C, 4);
  float *bias = m.normal(s.C, 5), *mean = m.zeros<float>(s.C), *variance = m.zeros<float>(s.C);
  float *batch_mean = m.normal(s.C, 6), *inverse_std = m.normal(s.C, 7);
  if (pass == train)
    return {
        [=, &by] { by.train(s, o, x, weight, bias, y, batch_mean, inverse_std, mean, variance); },
        f32(2 * count), 5.0 * double(count)};
  if (pass == infer)
    return {[=, &by] { by.infer(s, o, x, mean, variance, weight, bias, y); }, f32(2 * count),
            2.0 * double(count)};
  float *dx = m.zeros<float>(count), *dweight = m.zeros<float>(s.C), *dbias = m.zeros<float>(s.C);
  return {[=, &by] {
            by.backward_train(s, o, y, x, batch_mean, inverse_std, weight, dx, dweight, dbias);
          },
          f32(3 * count), 8.0 * double(count)};
}

[[maybe_unused]] const bool registered = [] {
  const std::vector<Layer> layers = all_layers(Device::cpu);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Conv2dSizes& s = layers[i].conv;
    for (const Pass pass : {train, backward_train, infer})
      measure<Kernels>(
          text("batch_norm/", s.K, 'x', s.output_height(), 'x', s.output_width(), '/',
               passes[pass]),
          [=](Memory& m, const Kernels& by) -> Call { return pass_of(pass, i, m, by); });
  }
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
