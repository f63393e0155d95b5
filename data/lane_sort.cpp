#include "data/lane_sort.h"

#include <algorithm>

#include "kernels/vector.h"

namespace hitsieve {
namespace {

HS_SIMD void sort(int64_t count, const std::pair<int32_t, int32_t>* comparisons, float* values) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t lane = 0; lane < sort_lanes; lane += lanes<float>) {
      float *first = values + comparisons[i].first + lane,
            *second = values + comparisons[i].second + lane;
      Vector<float> a, b;
      load(a, first), load(b, second);
      const Vector<float> low = a < b ? a : b, high = a < b ? b : a;
      store(first, low), store(second, high);
    }
}

}  // namespace

/// Batcher's merge exchange for any length (Knuth, The Art of Computer Programming 3, 5.2.2 M).
LaneSort::LaneSort(int64_t length) : length_(length) {
  for (int64_t p = 1; p < length; p *= 2)
    for (int64_t k = p; k >= 1; k /= 2)
      for (int64_t j = k % p; j + k < length; j += 2 * k)
        for (int64_t i = j; i < std::min(j + k, length - k); ++i)
          if (i / (2 * p) == (i + k) / (2 * p))
            comparisons_.emplace_back(int32_t(i * sort_lanes), int32_t((i + k) * sort_lanes));
}

void LaneSort::operator()(float* values) const {
  sort(std::ssize(comparisons_), comparisons_.data(), values);
}

}  // namespace hitsieve
