// What is estimated locally, in windows around knots along an axis, and interpolated between them.
#pragma once
#include "engine/host_device.h"

namespace hitsieve {

/// Knots every `step` elements of an axis, the last one on its last element; the window of a knot
/// reaches `reach` elements to both sides.
struct Knots {
  int length, reach, step;

  HS_HD int count() const { return (length - 1 + step - 1) / step + 1; }
  HS_HD int place(int knot) const { return knot * step < length - 1 ? knot * step : length - 1; }
  HS_HD int first(int knot) const { return place(knot) > reach ? place(knot) - reach : 0; }
  HS_HD int last(int knot) const {  ///< one past it
    return place(knot) + reach < length ? place(knot) + reach + 1 : length;
  }
};

/// Between which two knots an element is, and how far along.
struct BetweenKnots {
  int left, right;
  float along;
};
HS_HD inline BetweenKnots between(const Knots& knots, int element) {
  const int left = element / knots.step, right = left + 1 < knots.count() ? left + 1 : left;
  const int from = knots.place(left), width = knots.place(right) - from;
  return {left, right, width > 0 ? float(element - from) / float(width) : 0.0f};
}

HS_HD inline float interpolated(float left, float right, float along) {
  return left * (1 - along) + right * along;
}
HS_HD inline float interpolated(const float* at_knots, const BetweenKnots& place) {
  return interpolated(at_knots[place.left], at_knots[place.right], place.along);
}

}  // namespace hitsieve
