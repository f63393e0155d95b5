// The networks' windows hang over the end, which cuDNN cannot express and refuses. To compare with
// it, images are one larger, so that as many windows fit.
#include "benchmarks/bench.h"
#include "kernels/pool2d.h"

namespace hitsieve::bench {
namespace {

using Kernels = Pool2dKernels<float>;
enum Pass { max_forward, max_backward, avg_forward, avg_backward };
constexpr const char* passes[] = {"max_forward", "max_backward", "avg_forward", "avg_backward"};

Call pass_of(Pass pass, const Pool2dSizes& s, Memory& m, const Kernels& by) {
  const int64_t inputs = s.planes * s.pixels(), outputs = s.planes * s.area();
  float *x = m.normal(inputs, 1), *y = m.normal(outputs, 2), *dx = m.zeros<float>(inputs);
  const double both = f32(inputs + outputs);
  if (pass == max_forward) return {[=, &by] { by.max_forward(s, x, y); }, both};
  if (pass == avg_forward) return {[=, &by] { by.avg_forward(s, x, y); }, both};
  if (pass == avg_backward) return {[=, &by] { by.avg_backward(s, y, dx); }, both};
  return {[=, &by] { by.max_backward(s, y, x, dx); }, f32(2 * inputs + outputs)};
}

void measure_all(const std::string& name, const std::function<Pool2dSizes(Device)>& sizes) {
  for (const Pass pass : {max_forward, max_backward, avg_forward, avg_backward})
    measure<Kernels>(text("pool2d/", name, '/', passes[pass]),
                     [=](Memory& m, const Kernels& by) -> Call {
                       return pass_of(pass, sizes(m.device), m, by);
                     });
}

[[maybe_unused]] const bool registered = [] {
  const std::vector<Layer> layers = all_layers(Device::cpu);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Pool2dSizes& s = layers[i].pool;
    if (s.area() == s.pixels()) continue;
    measure_all(text(s.y.length, 'x', s.x.length), [=](Device d) { return all_layers(d)[i].pool; });
  }
  if (!gpu_answers()) return true;
  const auto fits = [](int64_t L, int64_t windows, int64_t kernel, int64_t padding, int64_t K) {
    const PoolAxis axis{L, windows, kernel, 2, padding};
    measure_all(text("fits_", L, 'x', L), [=](Device device) {
      return Pool2dSizes{images(device) * K, axis, axis};
    });
  };
  fits(361, 181, 3, 1, 4), fits(92, 46, 2, 0, 8), fits(24, 12, 2, 0, 16);
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
