// Reads and decodes frames ahead on threads of its own, in order, in bounded memory: while the
// caller computes on some frames the next ones are being read. Buffers go round, so that nothing is
// allocated a frame once it runs.
//
// Memory: at most 128 MB, or 32 MB a thread where that is more, in frames like those of the first
// file that opens: two whole stored images a thread (the chunk and the room to decode it) and the
// crop with its mask a frame ahead. Large frames get fewer threads, and at least one; then two
// frames ahead may exceed the bound.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "data/frame_set.h"

namespace hitsieve {

/// A frame, or with skip_bad the reason why there is none.
struct ReadFrame {
  int64_t index = -1;  ///< in the FrameSet
  Frame frame;
  std::string error;  ///< names file, dataset and frame; empty when the frame was read
};

struct FrameReaderOptions {
  int64_t crop = 724;  ///< side of the central square, pixels; 0 is the whole frame
  int threads = 0;     ///< at most; 0: one a core, up to 8
  int64_t ahead = 0;   ///< frames in memory at most; 0: 2 a thread and 2
  /// Hand out the reason of a frame that cannot be read instead of throwing it.
  bool skip_bad = false;
  /// Called with every frame that was read, by the thread that read it and has it in its cache;
  /// from several threads at once. next() then tells index and error alone. What it throws comes in
  /// the frame's turn, and ends the reading.
  std::function<void(const ReadFrame&)> use{};
};

/// Seconds, summed over the threads, of each step that a frame came through.
struct ReadTimes {
  double read = 0;    ///< files opened and fetched from, with waits for the disk and for HDF5
  double decode = 0;  ///< stored bytes to pixels and mask
  double use = 0;     ///< FrameReaderOptions::use
};

/// The options with `threads` and `ahead` settled for frames like those of `info`, as said above.
FrameReaderOptions within_memory(FrameReaderOptions options, const SourceInfo& info);

class FrameReader {
 public:
  /// `frames` must outlive the reader.
  explicit FrameReader(const FrameSet& frames, FrameReaderOptions options = {});
  ~FrameReader();  ///< stops the threads, wherever they are

  /// The next frame, in the set's order; false after the last. `out`'s memory is taken back for
  /// frames to come, so pass the same ones again. Throws the error of the frame whose turn it is
  /// (also: smaller than the crop, every pixel masked, or over half by the frame's own mask), after
  /// which the reader is at its end.
  bool next(ReadFrame& out);

  int threads() const;
  ReadTimes times() const;  ///< so far: of all that next() has given, and some of what follows

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hitsieve
