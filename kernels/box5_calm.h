// Internal to raw_to_vector and raw_to_image on the CPU: 5 x 5 box windows of which all pixels are
// calm: they count, and are no further from the frame's mean than the floor.
//
// No deviation is above the floor there (it is at most half the range, Popoviciu 1935), so with the
// sum S and the centre c the value is y = (25 c - S) / 25 / floor, without squares or roots. That
// is nearly everywhere in most frames. What is left are the differences d = 25 c - S, exact in 16
// bits where pixels have 16 and the floor is not high.
#pragma once
#include <algorithm>
#include <limits>

#include "kernels/box5_counts.h"

namespace hitsieve::box5 {

constexpr float calm_in_16_bits = 682;  // up to this floor: |d| <= 48 floor

/// Four rows of a strip: centred pixels and sums of five in the row. Of segments that are not calm
/// anything.
template <class X>
struct alignas(64) CalmRows {
  X x[block][width + segment]{}, sum[block][width];
};

template <class X>
HS_SIMD void sum_calm_rows(int64_t columns, CalmRows<X>& y) {
  for (int r = 0; r < block; ++r) {
    const X* __restrict x = y.x[r];
    X* __restrict sum = y.sum[r];
    for (int64_t i = 0; i < columns; ++i)
      sum[i] = X(X(x[i] + x[i + 1]) + X(x[i + 2] + x[i + 3]) + x[i + 4]);
  }
}

/// d of column i of the four rows of windows that lie on two blocks of rows below each other.
template <class X>
HS_INLINE void differences(const CalmRows<X>& a, const CalmRows<X>& b, int64_t i, X (&d)[block]) {
  X sum[block];
  window_sums(a.sum, b.sum, i, sum);
  const X centre[block]{a.x[2][i + 2], a.x[3][i + 2], b.x[0][i + 2], b.x[1][i + 2]};
  for (int r = 0; r < block; ++r) d[r] = X(25 * centre[r] - sum[r]);
}

/// Numbers as integers in the same order: machines find the ends of these faster.
HS_INLINE int16_t ordered(int16_t d) { return d; }
HS_INLINE int32_t ordered(float d) {
  int32_t bits;
  std::memcpy(&bits, &d, sizeof bits);
  return bits ^ (bits >> 31 & 0x7fffffff);
}
inline float from_ordered(int16_t d) { return d; }
inline float from_ordered(int32_t bits) {
  bits ^= bits >> 31 & 0x7fffffff;
  float d;
  std::memcpy(&d, &bits, sizeof d);
  return d;
}

/// The largest and smallest differences in each of four rows, ordered.
template <class X>
struct CalmEnds {
  using Ordered = decltype(ordered(X()));
  static constexpr Ordered low = std::numeric_limits<Ordered>::lowest();
  static constexpr Ordered high = std::numeric_limits<Ordered>::max();
  Ordered most[block]{low, low, low, low}, least[block]{high, high, high, high};
};

/// Takes in the columns from `first` to `last`; they may be seen twice.
template <class X>
HS_SIMD void calm_ends(const CalmRows<X>& a, const CalmRows<X>& b, int64_t first, int64_t last,
                       CalmEnds<X>& ends) {
  auto m0 = ends.most[0], m1 = ends.most[1], m2 = ends.most[2], m3 = ends.most[3];
  auto l0 = ends.least[0], l1 = ends.least[1], l2 = ends.least[2], l3 = ends.least[3];
  for (int64_t i = first; i < last; ++i) {
    X d[block];
    differences(a, b, i, d);
    const auto d0 = ordered(d[0]), d1 = ordered(d[1]), d2 = ordered(d[2]), d3 = ordered(d[3]);
    m0 = d0 > m0 ? d0 : m0, l0 = d0 < l0 ? d0 : l0;
    m1 = d1 > m1 ? d1 : m1, l1 = d1 < l1 ? d1 : l1;
    m2 = d2 > m2 ? d2 : m2, l2 = d2 < l2 ? d2 : l2;
    m3 = d3 > m3 ? d3 : m3, l3 = d3 < l3 ? d3 : l3;
  }
  ends.most[0] = m0, ends.most[1] = m1, ends.most[2] = m2, ends.most[3] = m3;
  ends.least[0] = l0, ends.least[1] = l1, ends.least[2] = l2, ends.least[3] = l3;
}

}  // namespace hitsieve::box5
