#include "benchmarks/bench.h"
#include "kernels/norm_pool.h"

namespace hitsieve::bench {
namespace {

using Kernels = NormPoolKernels<float>;

Call pass_of(bool back, size_t i, Memory& m, const Kernels& by) {
  const Layer layer = all_layers(m.device)[i];
  const Pool2dSizes& s = layer.pool;
  const int64_t C = layer.conv.K, inputs = s.planes * s.pixels(), outputs = s.planes * s.area();
  float *x = m.normal(inputs, 1), *y = m.normal(outputs, 2), *mean = m.normal(C, 3);
  float *inverse_std = m.normal(C, 4), *weight = m.normal(C, 5), *bias = m.normal(C, 6);
  float* extremes = is_identity(s) ? nullptr : m.zeros<float>(outputs);
  const int64_t pooled = extremes ? 2 * outputs : outputs;
  by.forward(s, C, x, mean, inverse_std, weight, bias, extremes, y);
  if (!back)
    return {[=, &by] { by.forward(s, C, x, mean, inverse_std, weight, bias, extremes, y); },
            f32(inputs + pooled)};
  float* dx = m.zeros<float>(inputs);
  return {[=, &by] {
            by.backward_x(s, C, s.planes / C * s.pixels(), y, x, extremes, mean, inverse_std,
                          weight, mean, bias, dx);
          },
          f32(2 * inputs + outputs)};
}

[[maybe_unused]] const bool registered = [] {
  const std::vector<Layer> layers = all_layers(Device::cpu);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Conv2dSizes& s = layers[i].conv;
    for (const bool back : {false, true})
      measure<Kernels>(
          text("norm_pool/", s.K, 'x', s.output_height(), 'x', s.output_width(),
               back ? "/backward_x" : "/forward"),
          [=](Memory& m, const Kernels& by) -> Call { return pass_of(back, i, m, by); });
  }
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
