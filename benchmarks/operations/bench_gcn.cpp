#include "benchmarks/raw.h"
#include "kernels/gcn.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure<GcnKernels>(
        "gcn/statistics",
        [](Memory& m, const auto& by) -> Call {
          const RawFrames raw = raw_frames_in<uint16_t>(m, true);
          auto* statistics = m.zeros<FrameStatistics>(raw.N);
          return {[=, &by] { by.statistics(raw, statistics); }, bytes_of(raw), 0, double(raw.N)};
        }) &&
    measure<GcnKernels>("gcn/normalise", [](Memory& m, const auto& by) -> Call {
      const RawFrames raw = raw_frames_in<uint16_t>(m, true);
      auto* statistics = m.zeros<FrameStatistics>(raw.N);
      float* y = m.zeros<float>(raw.N * side * side);
      by.statistics(raw, statistics);
      return {[=, &by] { by.normalise(raw, statistics, y); },
              bytes_of(raw) + f32(raw.N * side * side), 0, double(raw.N)};
    });

}  // namespace
}  // namespace hitsieve::bench
