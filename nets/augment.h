// Variations of a frame, as a network takes it, that leave its label true.
#pragma once
#include <span>

#include "engine/philox.h"

namespace hitsieve {

struct AugmentOptions {
  double reverse = 0.5;  ///< probability of a vector's rows bottom up: a detector upside down
  int64_t shift = 8;     ///< of a vector, up to so many rows either way: a beam centre elsewhere
  bool turn = true;      ///< an image is turned and mirrored in one of the 8 ways (turned_images.h)
};

/// Writes a variation of vector x to y; both have the same length and do not overlap.
void augment(std::span<const float> x, const AugmentOptions& options, Random& random,
             std::span<float> y);

}  // namespace hitsieve
