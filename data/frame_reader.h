// Reads and decodes frames ahead on threads of its own, in order, in bounded memory: while the
// caller computes on some frames the next ones are being read. Buffers go round, so that nothing is
// allocated a frame once it runs.
#pragma once
#include <memory>
#include <string>

#include "data/frame_set.h"

namespace hitsieve {

struct FrameReaderOptions {
  int64_t crop = 724;  ///< side of the central square, pixels; 0 is the whole frame
  int threads = 0;     ///< 0: one a core
  int64_t ahead = 0;   ///< frames in memory at most; 0: 2 a thread and 2
  bool skip_bad =
      false;  ///< hand out the reason of a frame that cannot be read instead of throwing
};

/// A frame, or with skip_bad the reason why there is none.
struct ReadFrame {
  int64_t index = -1;  ///< in the FrameSet
  Frame frame;
  std::string error;  ///< names file, dataset and frame; empty when the frame was read
  std::shared_ptr<const FrameSource> source;
};

class FrameReader {
 public:
  /// `frames` must outlive the reader.
  explicit FrameReader(const FrameSet& frames, FrameReaderOptions options = {});
  ~FrameReader();  ///< stops the threads, wherever they are

  /// The next frame, in the set's order; false after the last. `out`'s memory is taken back for
  /// frames to come, so pass the same ones again. Throws the error of the frame whose turn it is
  /// (also: smaller than the crop, every pixel masked), after which the reader is at its end.
  bool next(ReadFrame& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hitsieve
