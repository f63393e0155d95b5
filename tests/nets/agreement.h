// Whether two devices decide alike: they may differ where a score is about the threshold, as the
// last digits of a score depend on the order of its sums, and nowhere else.
#pragma once
#include <algorithm>
#include <cmath>
#include <span>

#include "nets/screener.h"

namespace hitsieve::test {

struct Agreement {
  int64_t frames = 0, near = 0, differ = 0;  ///< near the threshold; not near, and not the same
  double largest = 0;                        ///< difference of two scores
};

/// Of the same frames on two devices; a frame unusable on one alone counts as a difference.
inline void compare(Agreement& out, std::span<const Decision> a, std::span<const Decision> b,
                    double threshold, double distance = 1e-4) {
  for (size_t n = 0; n < a.size(); ++n) {
    ++out.frames;
    if (a[n].usable() != b[n].usable()) ++out.differ;
    if (!a[n].usable() || !b[n].usable()) continue;
    out.largest = std::max(out.largest, std::abs(double(a[n].score) - double(b[n].score)));
    if (std::abs(double(a[n].score) - threshold) < distance)
      ++out.near;
    else
      out.differ += (double(a[n].score) >= threshold) != (double(b[n].score) >= threshold);
  }
}

/// The middle one: a threshold that as many frames as can be are near to.
inline double middle_score(std::span<const Decision> decisions) {
  std::vector<float> scores;
  for (const Decision& decision : decisions)
    if (decision.usable()) scores.push_back(decision.score);
  std::sort(scores.begin(), scores.end());
  return scores.empty() ? 0.5 : double(scores[scores.size() / 2]);
}

}  // namespace hitsieve::test
