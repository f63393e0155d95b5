// pool1d is pool2d of images of one row (bench_pool2d.cpp): here with its checks and its memory.
#include "benchmarks/bench.h"
#include "kernels/pool1d.h"

namespace hitsieve::bench {
namespace {

bool pool(const std::string& name, Tensor (*operation)(const Tensor&, const Pool1dOptions&)) {
  return measure("pool1d/" + name, [=](Memory& m) -> Call {
    const Pool2dSizes s = layers_of(rwd_network(), vectors(m.device))[0].pool;
    const Tensor x = Tensor::zeros({s.planes, 1, s.x.length}, DType::f32, m.device);
    const Pool1dOptions options{.kernel = s.x.kernel, .stride = s.x.stride};
    return {[=] { operation(x, options); }, f32(x.count() + s.planes * s.area())};
  });
}
[[maybe_unused]] const bool registered = pool("max", max_pool1d) && pool("avg", avg_pool1d);

}  // namespace
}  // namespace hitsieve::bench
