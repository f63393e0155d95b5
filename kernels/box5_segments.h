// Internal to raw_to_vector and raw_to_image on the CPU: four rows of raw pixels, read segment by
// segment, each as what its windows need.
#pragma once
#include <algorithm>

#include "kernels/box5_calm.h"
#include "kernels/raw_windows.h"

namespace hitsieve::box5 {

/// What is true of a segment's pixels: that all count, and that those which count are calm.
struct Found {
  bool whole, calm;
  bool operator==(const Found&) const = default;
};

/// Half of them or more are whole and calm.
inline bool mostly_calm(const Found* found, int64_t count) {
  return 2 * std::count(found, found + count, Found{true, true}) >= count;
}

/// A segment of four rows, as it is stored.
template <class T>
struct RawSegment {
  const T* p[block];
  const uint8_t* bad[block];  ///< or null, all of them
};

/// How pixels are centred, and which count and are calm.
template <class T>
struct Reading {
  PixelBounds<T> bounds;
  Centring centring;
  float floor;

  /// Of 16-bit pixels: between what the calm ones lie.
  PixelBounds<T> calm() const {
    const int reach = int(std::min(floor, 65535.0f));
    return {T(std::max(int(bounds.low), centring.whole - reach)),
            T(std::min(int(bounds.high), centring.whole + reach))};
  }
};

inline HS_SIMD bool any_masked(const uint8_t* const (&bad)[block]) {
  const uint8_t* __restrict b0 = bad[0], * __restrict b1 = bad[1];
  const uint8_t* __restrict b2 = bad[2], * __restrict b3 = bad[3];
  uint8_t any = 0;
  for (int i = 0; i < segment; ++i) any |= b0[i] | b1[i] | b2[i] | b3[i];
  return any != 0;
}

/// Centres a segment from column `at` on; true if its pixels are within the bounds and calm.
template <class X, class T>
HS_SIMD bool read_calm(const RawSegment<T>& raw, const Reading<T>& reading, int64_t at,
                       CalmRows<X>& rows) {
  const Reading<T> of = reading;
  const PixelBounds<T> bounds = sizeof(T) == 2 ? of.calm() : of.bounds;
  const T* __restrict p0 = raw.p[0], * __restrict p1 = raw.p[1];
  const T* __restrict p2 = raw.p[2], * __restrict p3 = raw.p[3];
  X* __restrict x0 = rows.x[0] + at, * __restrict x1 = rows.x[1] + at;
  X* __restrict x2 = rows.x[2] + at, * __restrict x3 = rows.x[3] + at;
  if constexpr (sizeof(T) == 2) {
    const auto less = [](T a, T b) { return a < b ? a : b; };
    const auto more = [](T a, T b) { return a > b ? a : b; };
    T least = p0[0], most = least;
    for (int i = 0; i < segment; ++i) {
      least = less(least, less(less(p0[i], p1[i]), less(p2[i], p3[i])));
      most = more(most, more(more(p0[i], p1[i]), more(p2[i], p3[i])));
      x0[i] = X(p0[i] - of.centring.whole), x1[i] = X(p1[i] - of.centring.whole);
      x2[i] = X(p2[i] - of.centring.whole), x3[i] = X(p3[i] - of.centring.whole);
    }
    return least >= bounds.low && most <= bounds.high;
  } else {
    int32_t wild = 0;
    const auto centred = [&](T p, X& x) {
      x = centred_pixel(p, of.centring);
      return int32_t(!((p >= bounds.low) & (p <= bounds.high) & (std::fabs(x) <= of.floor)));
    };
    for (int i = 0; i < segment; ++i)
      wild |= centred(p0[i], x0[i]) | centred(p1[i], x1[i]) | centred(p2[i], x2[i]) |
              centred(p3[i], x3[i]);
    return !wild;
  }
}

/// Centres a segment of any kind.
template <class T>
HS_SIMD Found read_any(const RawSegment<T>& raw, const Reading<T>& reading, int64_t at,
                       Rows& rows) {
  const Reading<T> of = reading;
  for (int r = 0; r < block; ++r) {
    const T* __restrict p = raw.p[r];
    const uint8_t* __restrict bad = raw.bad[r];
    float* __restrict x = rows.x[r] + at;
    uint8_t* __restrict has = rows.has[r] + at;
    for (int i = 0; i < segment; ++i) {
      const bool counts = (!bad || !bad[i]) & (p[i] >= of.bounds.low) & (p[i] <= of.bounds.high);
      x[i] = counts ? centred_pixel(p[i], of.centring) : 0.0f, has[i] = counts;
    }
  }
  uint8_t whole = 1;
  int32_t farthest = 0;  // as the bits of a float, which are in the same order
  const auto far = [&](int r, int64_t i) {
    int32_t bits;
    std::memcpy(&bits, &rows.x[r][i], sizeof bits);
    return bits & 0x7fffffff;
  };
  const auto more = [](int32_t a, int32_t b) { return a > b ? a : b; };
  for (int64_t i = at; i < at + segment; ++i) {
    whole &= rows.has[0][i] & rows.has[1][i] & rows.has[2][i] & rows.has[3][i];
    farthest = more(farthest, more(more(far(0, i), far(1, i)), more(far(2, i), far(3, i))));
  }
  float distance;
  std::memcpy(&distance, &farthest, sizeof distance);
  return {whole != 0, distance <= of.floor && of.floor > 0};
}

}  // namespace hitsieve::box5
