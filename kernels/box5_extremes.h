// Internal to raw_to_vector on the CPU: the extremes of rows of 5 x 5 box windows.
#pragma once
#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/box5_windows.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve::box5 {

/// y |y| of the largest and smallest values met so far in a row, lane by lane.
struct Extremes {
  float top[lanes], bottom[lanes];
  Extremes() {
    std::fill_n(top, lanes, -std::numeric_limits<float>::infinity());
    std::fill_n(bottom, lanes, std::numeric_limits<float>::infinity());
  }
};

inline HS_SIMD void take(const float (&y)[strip], int64_t columns, Extremes& e) {
  typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));
  Lanes v, top, bottom;
  std::memcpy(&top, e.top, sizeof top), std::memcpy(&bottom, e.bottom, sizeof bottom);
  for (int64_t i = 0; i < columns; i += lanes) {
    std::memcpy(&v, &y[i], sizeof v);
    top = v > top ? v : top;  // a NaN is never > or <
    bottom = v < bottom ? v : bottom;
  }
  std::memcpy(e.top, &top, sizeof top), std::memcpy(e.bottom, &bottom, sizeof bottom);
}

/// The range of y in a row; 0 when there was no value.
inline HS_SIMD float range_of(const Extremes& e) {
  float top[lanes / 2], bottom[lanes / 2];
  for (int i = 0; i < lanes / 2; ++i) {
    top[i] = e.top[i] > e.top[i + lanes / 2] ? e.top[i] : e.top[i + lanes / 2];
    bottom[i] = e.bottom[i] < e.bottom[i + lanes / 2] ? e.bottom[i] : e.bottom[i + lanes / 2];
  }
  for (int i = 0; i < lanes / 4; ++i) {
    top[i] = top[i] > top[i + lanes / 4] ? top[i] : top[i + lanes / 4];
    bottom[i] = bottom[i] < bottom[i + lanes / 4] ? bottom[i] : bottom[i + lanes / 4];
  }
  const float most = std::max(std::max(top[0], top[1]), std::max(top[2], top[3]));
  const float least = std::min(std::min(bottom[0], bottom[1]), std::min(bottom[2], bottom[3]));
  return most >= least ? signed_root(most) - signed_root(least) : 0.0f;
}

}  // namespace hitsieve::box5
