#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "data/lane_sort.h"
#include "engine/philox.h"

using namespace hitsieve;

TEST_CASE("lane sort: every column of every length in order") {
  for (const int64_t length : {0, 1, 2, 3, 5, 11, 16, 17, 64, 100, 200, 257}) {
    CAPTURE(length);
    Random random(1, uint64_t(length));
    std::vector<float> values;
    for (int64_t i = 0; i < length * sort_lanes; ++i)
      values.push_back(float(std::round(20 * random.normal())));  // some are equal
    std::vector<float> sorted = values;
    LaneSort{length}(sorted.data());
    for (int64_t lane = 0; lane < sort_lanes; ++lane) {
      const auto column = [&](const std::vector<float>& from) {
        std::vector<float> found;
        for (int64_t i = 0; i < length; ++i) found.push_back(from[size_t(i * sort_lanes + lane)]);
        return found;
      };
      std::vector<float> expected = column(values);
      std::sort(expected.begin(), expected.end());
      CHECK(column(sorted) == expected);
    }
  }
}
