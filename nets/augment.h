// Variations of a row-wise decomposition vector that leave its label true. A vector is scaled by
// its median already (kernels/baseline_scale.h), so 0 is an ordinary row.
#pragma once
#include <span>

#include "engine/philox.h"

namespace hitsieve {

struct AugmentOptions {
  double reverse = 0.5;  ///< probability of reading the rows bottom up: a detector upside down
  int64_t shift = 8;     ///< up to so many rows either way: a beam centre elsewhere
};

/// Writes a variation of x to y; both have the same length and do not overlap.
void augment(std::span<const float> x, const AugmentOptions& options, Random& random,
             std::span<float> y);

}  // namespace hitsieve
