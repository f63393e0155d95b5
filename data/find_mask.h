// Finds hot, dead and noisy pixels and shadow edges from the frames themselves, by robust
// statistics over up to `frames` of them, in bounded memory (bands of rows). See find_mask.cpp for
// the rules and their thresholds.
#pragma once
#include <functional>
#include <string>

#include "data/frame_set.h"

namespace hitsieve {

struct FindMaskOptions {
  int64_t frames = 200;        ///< at most so many, evenly over the set
  int64_t memory = 512 << 20;  ///< bytes for the band of pixels held at a time
  /// Told the part that is done; may throw to stop.
  std::function<void(double done)> progress{};
};

struct FoundMask {
  Mask mask;
  int64_t frames = 0;                                               ///< that were looked at
  int64_t hot = 0, dead = 0, noisy = 0, shadow = 0, untrusted = 0;  ///< pixels, each counted once
};

/// Error: fewer than 10 frames, files of different shapes.
FoundMask find_mask(const FrameSet& frames, const FindMaskOptions& options = {});

/// "" or why these frames look as if hot pixels or gaps were not masked, in words for a warning.
/// Looks at up to `sample` frames, within the crop, with their masks: unmasked are one hot or dead
/// pixel in 5000, or 1 % in shadow. "" for fewer than 8 frames: they do not tell pixels from spots.
std::string looks_unmasked(const FrameSet& frames, int64_t crop = 724, int64_t sample = 16);

}  // namespace hitsieve
