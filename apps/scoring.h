// Frames through a decider: read, decoded and scored on all threads (on a GPU: scored there, while
// the next ones are read), handed on in order, in memory that does not grow with the run.
#pragma once
#include <functional>
#include <string>

#include "apps/decider.h"
#include "apps/step_times.h"
#include "data/frame_set.h"

namespace hitsieve {

struct ScoredFrame {
  int64_t index = -1;  ///< in the FrameSet
  Decision decision;
  uint64_t hash = 0;   ///< of the content, when asked for
  int64_t pixels = 0;  ///< that the detector has in it
  std::string reason;  ///< why there is no score (skip_bad); empty for a scored frame
};

struct ScoreOptions {
  bool skip_bad = false;
  bool hashes = false;
  std::string what = "screening";  ///< for the progress; empty: none is shown
};

/// Calls `take` for every frame, in order. Without skip_bad the first frame that cannot be used
/// ends it: Error naming file and frame. Throws Interrupted. Gives what the steps took;
/// `take` is in none of them.
StepTimes score_frames(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                       const std::function<void(const ScoredFrame&)>& take);

}  // namespace hitsieve
