#include "benchmarks/raw.h"
#include "kernels/raw_to_image.h"

namespace hitsieve::bench {
namespace {

[[maybe_unused]] const bool registered =
    measure("raw_to_image/images",
            [](Memory& m) -> Call {
              const RawFrames raw = raw_frames_in<uint16_t>(m, true);
              const int64_t count = raw.N * length * length;
              auto* y = m.zeros<int16_t>(count);
              auto* statistics = m.zeros<FrameStatistics>(raw.N);
              const Device device = m.device;
              return {[=] { raw_to_image(raw, {.floor_factor = 6}, device, y, statistics); },
                      bytes_of(raw) + 2 * double(count), 0, double(raw.N)};
            }) &&
    measure_on_cpu("raw_to_image/unpack", [](Memory& m) -> Call {
      const int64_t N = frames(m.device), count = N * length * length;
      auto* x = m.zeros<int16_t>(count);
      float* y = m.zeros<float>(count);
      return {[=] { unpack_images(count, x, y); }, 2 * double(count) + f32(count), 0, double(N)};
    });

}  // namespace
}  // namespace hitsieve::bench
