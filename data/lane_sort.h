// Sorts many short columns at once, lane by lane: a network of comparisons does not depend on the
// values, so there is no branch to guess wrongly.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace hitsieve {

inline constexpr int64_t sort_lanes = 16;  ///< columns at once

/// For columns of one length.
class LaneSort {
 public:
  explicit LaneSort(int64_t length);

  int64_t length() const { return length_; }
  /// values [length][sort_lanes]: each column in ascending order. No NaN.
  void operator()(float* values) const;

 private:
  int64_t length_;
  std::vector<std::pair<int32_t, int32_t>> comparisons_;  ///< offsets of two rows, in order
};

}  // namespace hitsieve
