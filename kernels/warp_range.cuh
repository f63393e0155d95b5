// Extremes over the lanes of a warp.
#pragma once
#include "engine/launch.cuh"

namespace hitsieve {

/// Largest and smallest value met so far; a NaN is neither.
template <class T>
struct alignas(2 * sizeof(T)) Range {
  T top = -INFINITY, bottom = INFINITY;
  __device__ void take(T value) { take(Range{value, value}); }
  __device__ void take(Range other) {
    top = fmax(other.top, top);
    bottom = fmin(other.bottom, bottom);
  }
  /// top - bottom; 0 when there was no value.
  __device__ T size() const { return top >= bottom ? top - bottom : T(0); }
};

/// The range over the warp; every lane gets it, and all 32 must call it.
template <class T>
__device__ Range<T> warp_range(Range<T> range) {
  for (int step = 16; step > 0; step /= 2) {
    const T top = __shfl_xor_sync(0xffffffffu, range.top, step);
    const T bottom = __shfl_xor_sync(0xffffffffu, range.bottom, step);
    range.take(Range<T>{top, bottom});
  }
  return range;
}

}  // namespace hitsieve
