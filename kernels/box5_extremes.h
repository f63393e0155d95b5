// Internal to raw_to_vector on the CPU: the extremes of rows of 5 x 5 box windows.
#pragma once
#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/box5_windows.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve::box5 {

/// The largest and smallest values met so far in a row.
struct Ends {
  float top = -std::numeric_limits<float>::infinity();
  float bottom = std::numeric_limits<float>::infinity();

  void take(float most, float least) {
    top = std::max(top, most), bottom = std::min(bottom, least);
  }
  /// The range of y; 0 when there was no value.
  float range() const { return top >= bottom ? top - bottom : 0.0f; }
};

/// Takes in y[0] to y[count - 1], which may be NaN.
inline HS_SIMD void take(const float* y, int64_t count, Ends& ends) {
  typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));
  Lanes v, top = Lanes{} + ends.top, bottom = Lanes{} + ends.bottom;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    std::memcpy(&v, y + i, sizeof v);
    top = v > top ? v : top;  // a NaN is never > or <
    bottom = v < bottom ? v : bottom;
  }
  for (int k = 0; k < lanes; ++k) ends.take(top[k], bottom[k]);
  for (; i < count; ++i)
    if (!std::isnan(y[i])) ends.take(y[i], y[i]);
}

}  // namespace hitsieve::box5
