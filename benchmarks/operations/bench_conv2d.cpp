#include "benchmarks/bench.h"
#include "kernels/conv2d.h"

namespace hitsieve::bench {
namespace {

using Kernels = Conv2dKernels<float>;
enum Pass { forward, backward_x, backward_weight, backward_bias };
constexpr const char* passes[] = {"forward", "backward_x", "backward_weight", "backward_bias"};

Call pass_of(Pass pass, size_t layer, Memory& m, const Kernels& by) {
  const Conv2dSizes s = all_layers(m.device)[layer].conv;
  const int64_t inputs = s.N * s.C * s.H * s.W, weights = s.K * s.C * s.R * s.S;
  const int64_t outputs = s.N * s.K * s.output_area();
  const double flops = 2.0 * double(outputs * s.C * s.R * s.S);
  float *x = m.normal(inputs, 1), *weight = m.normal(weights, 2), *y = m.normal(outputs, 3);
  float* bias = m.normal(s.K, 4);
  const double items = double(s.N);
  if (pass == forward)
    return {[=, &by] { by.forward(s, x, weight, bias, y); }, f32(inputs + outputs), flops, items};
  if (pass == backward_x)
    return {[=, &by] { by.backward_x(s, y, weight, x); }, f32(inputs + outputs), flops, items};
  if (pass == backward_weight)
    return {[=, &by] { by.backward_weight(s, y, x, weight); }, f32(inputs + outputs), flops, items};
  return {[=, &by] { by.backward_bias(s, y, bias); }, f32(outputs), double(outputs), items};
}

[[maybe_unused]] const bool registered = [] {
  const std::vector<Layer> layers = all_layers(Device::cpu);
  for (size_t i = 0; i < layers.size(); ++i)
    for (const Pass pass : {forward, backward_x, backward_weight, backward_bias})
      measure<Kernels>(
          text("conv2d/", layers[i].name, '/', passes[pass]),
          [=](Memory& m, const Kernels& by) -> Call { return pass_of(pass, i, m, by); });
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
