// conv1d is conv2d of images of one row (bench_conv2d.cpp): here with its checks and its memory.
#include "benchmarks/bench.h"
#include "kernels/conv1d.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered = measure("conv1d/forward", [](Memory& m) -> Call {
  const Conv2dSizes s = layers_of(rwd_network(), vectors(m.device))[0].conv;
  const auto of = [&](const Shape& shape) {
    return Tensor::of<float>(shape, std::vector<float>(size_t(shape.count()), 0.5f), m.device);
  };
  const Tensor x = of({s.N, s.C, s.W}), weight = of({s.K, s.C, s.S}), bias = of({s.K});
  const int64_t outputs = s.N * s.K * s.output_area();
  return {[=] { conv1d(x, weight, bias, {.stride = s.stride.x, .padding = s.padding.x}); },
          f32(x.count() + outputs), 2.0 * double(outputs * s.C * s.S), double(s.N)};
});

}  // namespace
}  // namespace hitsieve::bench
