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

void turn_image(int64_t side, const float* x, int way, float* y) {
  const bool columns = way & 1, rows = way & 2, exchanged = way & 4;
  const auto to = [&](int64_t h, int64_t w) {
    return (rows ? side - 1 - h : h) * side + (columns ? side - 1 - w : w);
  };
  constexpr int64_t tile = 16;  // so that both sides stay in the cache
  for (int64_t h0 = 0; h0 < side; h0 += tile)
    for (int64_t w0 = 0; w0 < side; w0 += tile)
      for (int64_t h = h0; h < std::min(h0 + tile, side); ++h)
        for (int64_t w = w0; w < std::min(w0 + tile, side); ++w)
          y[exchanged ? to(w, h) : to(h, w)] = x[h * side + w];
}

}  // namespace hitsieve
