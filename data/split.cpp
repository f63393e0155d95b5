#include "data/split.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/check.h"
#include "engine/philox.h"

namespace hitsieve {

Split split_frames(int64_t frames, SplitSizes sizes, std::optional<uint64_t> seed) {
  check(sizes.train >= 0 && sizes.validate >= 0 && sizes.test >= -1, "split: negative number of",
        " frames: ", sizes.train, ", ", sizes.validate, ", ", sizes.test);
  const int64_t wanted = sizes.train + sizes.validate + std::max<int64_t>(0, sizes.test);
  check(wanted <= frames, "split: ", sizes.train, " to train, ", sizes.validate,
        " to validate and ", std::max<int64_t>(0, sizes.test), " to test are ", wanted,
        " frames; there are ", frames);
  std::vector<int64_t> order(static_cast<size_t>(frames));
  std::iota(order.begin(), order.end(), 0);
  if (seed) {
    Random random(*seed);
    for (int64_t i = frames - 1; i > 0; --i)
      std::swap(order[size_t(i)], order[random.below(uint64_t(i) + 1)]);
  }
  const auto part = [&](int64_t begin, int64_t count) {
    std::vector<int64_t> indices(order.begin() + begin, order.begin() + begin + count);
    std::sort(indices.begin(), indices.end());
    return indices;
  };
  const int64_t used = sizes.train + sizes.validate;
  const int64_t test = sizes.test < 0 ? frames - used : sizes.test;
  return {part(0, sizes.train), part(sizes.train, sizes.validate), part(used, test)};
}

}  // namespace hitsieve
