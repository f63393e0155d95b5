// The frozen classifier: raw frames in, scores and decisions out. Batch norm is folded into the
// convolutions, every step is fused, and there is no tape. On the CPU each thread keeps its
// buffers, so that nothing is allocated for a frame once it runs. One Screener may be used from
// several threads at once.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "kernels/precision.h"
#include "kernels/raw_to_vector.h"
#include "nets/model.h"

namespace hitsieve {

/// What the screener says of one frame.
struct Decision {
  float score = 0;  ///< calibrated probability of maybe or hit; NaN when the frame is unusable
  bool hit = false;
  FrameStatistics statistics;
  /// No pixel is left, or all have the same value: nothing can be said.
  bool usable() const { return statistics.valid > 0 && statistics.deviation > 0; }
};

class Screener {
 public:
  /// tf32 and bf16 (kernels/precision.h) are for cuda, an Error on the CPU; scores change.
  explicit Screener(const Model& model, Device device = Device::cpu,
                    Precision precision = Precision::float32);
  ~Screener();

  int64_t crop() const;      ///< side of the square frames it wants, pixels
  double threshold() const;  ///< of the score

  /// Frames of crop() x crop() raw pixels, with mask and trusted range (raw_frames.h) -> decisions,
  /// one a frame. Error on another size. `where` pixels and mask lie: in host memory, or, for a
  /// screener on the GPU, there already.
  void screen(const RawFrames& frames, std::span<Decision> decisions,
              Device where = Device::cpu) const;

  /// screen() in two halves, for a host that does not wait (screening_stream.h): the device's part,
  /// given to the current stream, with frames, statistics (N) and logits (N, outputs()) on the
  /// device; and what follows from them, on the host.
  void enqueue(const RawFrames& frames, FrameStatistics* statistics, float* logits) const;
  void decide(std::span<const FrameStatistics> statistics, std::span<const float> logits,
              std::span<Decision> decisions) const;
  Device device() const;
  int64_t outputs() const;  ///< logits of a frame

  /// The network alone: vectors (N, length) f32 or images (N, side, side) i16, whichever it takes
  /// (nets/examples.h) -> log odds (N), uncalibrated.
  std::vector<float> log_odds(const Tensor& x) const;
  float score(float log_odds) const;

 private:
  void check_size(const RawFrames& frames) const;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hitsieve
