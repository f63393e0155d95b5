// Frames of files turned into what networks learn from: read ahead on all cores, cropped, masked,
// normalised, and decomposed row by row for 1D networks, scaled by their noise for 2D ones; in
// bounded memory beside the result.
#pragma once
#include <functional>
#include <vector>

#include "data/frame_set.h"
#include "kernels/noise_scale.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve {

struct PrepareOptions {
  int64_t crop = 724;  ///< side of the central square, pixels
  LcnOptions lcn;
  NoiseOptions noise;     ///< of images
  bool images = false;    ///< normalised images for a 2D network, instead of vectors for a 1D one
  int threads = 0;        ///< that read and decode; 0: one a core
  bool skip_bad = false;  ///< leave bad frames out instead of throwing
  /// Called after each batch with the frames done so far; may throw to stop.
  std::function<void(int64_t done, int64_t frames)> progress;
};

struct BadFrame {
  int64_t index;       ///< in the set
  std::string reason;  ///< names file, dataset and frame
};

struct PreparedFrames {
  /// With side = crop - window + 1: vectors (n, side) f32 as raw_to_vector gives them, or images
  /// (n, side, side) i16 as raw_to_image and noise_scale make them, 1 MB each.
  Tensor x;
  std::vector<int64_t> indices;  ///< (n), in the FrameSet: all of them but the bad
  std::vector<uint64_t> ids;     ///< (n), content hashes
  std::vector<BadFrame> bad;     ///< with skip_bad
};

/// Error, unless skip_bad: a frame that cannot be read, is smaller than the crop, or unusable().
PreparedFrames prepare(const FrameSet& frames, const PrepareOptions& options);

/// "" or why frame `index` of the set is not to be judged (kernels/raw_frames.h), with its name,
/// its masks and what to do about them. `pixels` of it there are (Frame::detected).
std::string unusable(const FrameSet& frames, int64_t index, const FrameStatistics& statistics,
                     int64_t pixels);

/// A frame as raw_to_vector takes it; it must outlive the result.
RawFrames raw_frames(const Frame& frame);

}  // namespace hitsieve
