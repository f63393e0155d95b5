// Frames of files turned into the vectors that the RWD method learns from: read ahead on all cores,
// cropped, masked, normalised and decomposed row by row, in bounded memory.
#pragma once
#include <functional>
#include <vector>

#include "data/frame_set.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve {

struct VectorOptions {
  int64_t crop = 724;  ///< side of the central square, pixels
  LcnOptions lcn;
  int threads = 0;          ///< that read and decode; 0: one a core
  bool transposed = false;  ///< also the vectors of the frames with rows and columns exchanged
  bool skip_bad = false;    ///< leave bad frames out instead of throwing
  /// Called after each batch with the frames done so far; may throw to stop.
  std::function<void(int64_t done, int64_t frames)> progress;
};

struct BadFrame {
  int64_t index;       ///< in the set
  std::string reason;  ///< names file, dataset and frame
};

struct VectorSet {
  Tensor vectors;                ///< (n, crop - window + 1) f32
  Tensor transposed;             ///< the same shape, or undefined
  std::vector<int64_t> indices;  ///< (n), in the FrameSet: all of them but the bad
  std::vector<uint64_t> ids;     ///< (n), content hashes
  std::vector<BadFrame> bad;     ///< with skip_bad
};

/// Error, unless skip_bad: a frame that cannot be read, is smaller than the crop, or in which no
/// pixel is left or all have the same value.
VectorSet read_vectors(const FrameSet& frames, const VectorOptions& options);

/// A frame as raw_to_vector takes it; it must outlive the result.
RawFrames raw_frames(const Frame& frame);

/// "" or why nothing can be said of such a frame ("no pixel is left ..."), without its name.
std::string unusable(const FrameStatistics& statistics);

}  // namespace hitsieve
