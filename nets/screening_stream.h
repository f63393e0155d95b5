// Screening on a GPU by a host that does not wait: frames are copied to memory that the GPU fetches
// from, and while it copies, normalises and scores them the host reads the next ones. With two or
// three of these in turn the copies of one overlap the work of another.
#pragma once
#include "engine/tensor.h"
#include "engine/work_stream.h"
#include "nets/screener.h"

namespace hitsieve {

/// Seconds; where several streams are at work, a wait for another's copy or kernels is among them.
struct StreamTimes {
  double copy = 0;     ///< to memory that the GPU fetches from, by the host, and to the GPU's own
  double compute = 0;  ///< raw frames to logits
};

class ScreeningStream {
 public:
  /// `screener` must outlive it. Of a screener on the CPU, send() does all the work.
  explicit ScreeningStream(const Screener& screener);
  ~ScreeningStream();  ///< waits for what is under way

  /// Each of `frames` is one frame in host memory, all of one size, type and range; only their
  /// H x W pixels are copied, not what lies between the rows. Returns when the frames may go away.
  /// Error while a batch is under way.
  void send(std::span<const RawFrames> frames);
  /// The same of N frames that lie packed in memory of a HostBuffer of the screener's device, and
  /// so do their masks, or the one of all: the device fetches them from there, the host copies
  /// nothing. They must stay as they are until they are received. Error: frames with gaps between
  /// the rows.
  void send_pinned(const RawFrames& frames);
  /// Frames sent and not yet received.
  int64_t sent() const { return sent_; }
  /// Waits for the frames that were sent; one decision each.
  void receive(std::span<Decision> decisions);
  /// Of all frames that were received.
  const StreamTimes& times() const { return times_; }

 private:
  RawFrames packed(std::span<const RawFrames> frames);
  bool copy_masks(std::span<const RawFrames> frames);  ///< false: one mask is that of all frames
  RawFrames copy_in(const RawFrames& frames);
  void start(const RawFrames& frames);

  const Screener& screener_;
  WorkStream stream_;
  StreamMark begun_, copied_, computed_;
  HostBuffer pixels_, masks_, results_;  // results: statistics, then logits
  Tensor pixels_there_, masks_there_, results_there_;
  int64_t sent_ = 0;
  StreamTimes times_;
};

}  // namespace hitsieve
