#include "benchmarks/bench.h"
#include "kernels/rwd.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<RwdKernels<float>>("rwd", [](Memory& m, const auto& by) -> Call {
      const int64_t rows = frames(m.device) * length;
      float *y = m.normal(rows * length), *d = m.zeros<float>(rows);
      return {[=, &by] { by.ranges(rows, length, y, d); }, f32(rows * (length + 1)), 0,
              double(frames(m.device))};
    });

}  // namespace
}  // namespace hitsieve::bench
