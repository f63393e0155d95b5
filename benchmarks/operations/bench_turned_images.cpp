#include "benchmarks/bench.h"
#include "kernels/turned_images.h"

namespace hitsieve::bench {
namespace {

constexpr const char* names[] = {"as_is", "", "", "", "exchanged"};

[[maybe_unused]] const bool registered = [] {
  for (const int32_t way : {0, 4})
    measure<TurnedImagesKernels>(
        text("turned_images/", names[way]), [=](Memory& m, const auto& by) -> Call {
          const int64_t N = frames(m.device), count = N * length * length;
          auto* images = m.zeros<int16_t>(count);
          std::vector<int32_t> numbers;
          for (int32_t i = 0; i < N; ++i) numbers.insert(numbers.end(), {i, way});
          const Tensor turns = Tensor::of<int32_t>({N, 2}, numbers, m.device);
          float* y = m.zeros<float>(count);
          const TurnedImagesSizes s{N, N, int(length)};
          return {[=, &by] { by.turn(s, images, static_cast<const Turn*>(turns.bytes()), y); },
                  2 * double(count) + f32(count), 0, double(N)};
        });
  return true;
}();

}  // namespace
}  // namespace hitsieve::bench
