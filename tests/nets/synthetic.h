// Vectors like those of row-wise decomposition, made in no time: exponential-tailed noise around a
// baseline, and rows that stand out where a frame has spots.
#pragma once
#include <vector>

#include "engine/philox.h"
#include "nets/examples.h"

namespace hitsieve::test {

/// `frames` frames of 0 to 3, 4 to 9, or 10 to 30 spots in turn; the same for the same seed.
inline LabelledFrames synthetic_vectors(int64_t frames, uint64_t seed, int64_t length = 720) {
  LabelledFrames set;
  std::vector<float> rows;
  for (int64_t n = 0; n < frames; ++n) {
    Random random(seed, uint64_t(n));
    const FrameClass c = FrameClass(n % 3);
    const int64_t least[] = {0, 4, 10}, most[] = {3, 9, 30};
    std::vector<float> row(static_cast<size_t>(length));
    const double level = std::exp(random.normal());
    for (float& v : row) v = float(level * (1 + 0.1 * random.exponential()));
    for (int64_t spots = least[c] + int64_t(random.below(uint64_t(most[c] - least[c] + 1)));
         spots > 0; --spots)
      row[random.below(uint64_t(length))] *= float(2 + 2 * random.exponential());
    rows.insert(rows.end(), row.begin(), row.end());
    set.classes.push_back(c);
    set.ids.push_back(seed * 1000003 + uint64_t(n));
  }
  set.x = Tensor::of<float>({frames, length}, rows);
  return set;
}

}  // namespace hitsieve::test
