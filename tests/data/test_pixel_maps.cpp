#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "data/pixel_maps.h"

namespace hitsieve {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

float median_of(std::vector<float> values) {
  std::erase_if(values, [](float value) { return std::isnan(value); });
  if (values.empty()) return nothing;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// As pixel_maps.h has it, word by word.
float plain(const std::vector<float>& x, FrameShape shape, int64_t half, int64_t step, int64_t row,
            int64_t column) {
  const auto inside = [](int64_t i, int64_t size) { return i >= 0 && i < size; };
  row = row / step * step, column = column / step * step;
  std::vector<float> of_rows;
  for (int64_t y = row - half * step; y <= row + half * step; y += step) {
    if (!inside(y, shape.ss)) continue;
    std::vector<float> values;
    for (int64_t i = column - half * step; i <= column + half * step; i += step)
      if (inside(i, shape.fs)) values.push_back(x[size_t(y * shape.fs + i)]);
    of_rows.push_back(median_of(values));
  }
  return median_of(of_rows);
}

}  // namespace

TEST_CASE("window_median: every pixel, also at borders, with NaN, and of every fourth pixel") {
  for (const FrameShape shape : {FrameShape{37, 41}, {3, 50}, {50, 3}, {1, 1}}) {
    std::vector<float> x;
    uint64_t state = 1;
    for (int64_t i = 0; i < shape.pixels(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x.push_back((state >> 40) % 5 == 0 ? nothing : float((state >> 33) % 23));
    }
    for (const auto& [half, step] : {std::pair<int64_t, int64_t>{5, 1}, {2, 1}, {7, 4}, {0, 1}}) {
      const std::vector<float> found = window_median(x, shape, half, step);
      REQUIRE(found.size() == x.size());
      int64_t wrong = 0;
      for (int64_t i = 0; i < shape.pixels(); ++i) {
        const float want = plain(x, shape, half, step, i / shape.fs, i % shape.fs);
        const float got = found[size_t(i)];
        wrong += !(got == want || (std::isnan(got) && std::isnan(want)));
      }
      CHECK_MESSAGE(wrong == 0, shape.ss, " x ", shape.fs, ", half ", half, ", step ", step);
    }
  }
}

}  // namespace hitsieve
