// What each pixel does over many frames: robust statistics of its value relative to the frame's
// own level, so that shots of different intensity compare.
#pragma once
#include <functional>
#include <vector>

#include "data/frame_set.h"

namespace hitsieve {

/// (ss, fs) each. A frame's scale is the median of its positive good pixels.
struct PixelMaps {
  FrameShape shape;
  int64_t frames = 0;              ///< that were used: blank ones (no positive pixel) say nothing
  std::vector<float> level;        ///< mean of the middle half of value / scale; NaN: never good
  std::vector<float> spread;       ///< interquartile range of value / scale
  std::vector<float> mean;         ///< of the value itself
  std::vector<uint8_t> constant;   ///< the same value in every frame
  std::vector<uint8_t> untrusted;  ///< not good in over a fifth of the frames
};

/// Over at most `frames` of the set, evenly chosen; the whole frame, or its central crop. Holds
/// bands of rows of at most `memory` bytes at a time. `progress` is told the part that is done, by
/// one thread at a time, and may throw to stop. Error: frames of different shapes.
PixelMaps pixel_maps(const FrameSet& set, int64_t frames, int64_t crop, int64_t memory,
                     const std::function<void(double done)>& progress = {});

/// Background around each pixel: the median of the medians of the rows of its window, (2 half + 1)
/// squared and cut at the borders; of every `step`th pixel, at every `step`th pixel, the others
/// take the nearest. NaN takes no part; NaN where there is nothing else.
std::vector<float> window_median(const std::vector<float>& x, FrameShape shape, int64_t half,
                                 int64_t step = 1);

}  // namespace hitsieve
