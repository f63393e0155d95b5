#include "nets/augment.h"

#include <algorithm>

namespace hitsieve {

void augment(std::span<const float> x, const AugmentOptions& options, Random& random,
             std::span<float> y) {
  const bool reverse = random.uniform() < options.reverse;
  const int64_t shift = int64_t(random.below(uint64_t(2 * options.shift + 1))) - options.shift;
  const int64_t last = int64_t(x.size()) - 1;
  for (int64_t i = 0; i <= last; ++i) {
    const int64_t from = std::clamp(i - shift, int64_t(0), last);
    y[size_t(i)] = x[size_t(reverse ? last - from : from)];
  }
}

}  // namespace hitsieve
