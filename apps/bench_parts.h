// What `hitsieve bench` measures in the same way on both devices.
#pragma once
#include <string>
#include <vector>

#include "apps/bench.h"
#include "apps/bench_frames.h"
#include "apps/decider.h"

namespace hitsieve {

/// Reading and decoding frame by frame, on one thread.
std::vector<Stage> read_and_decode(const FrameSet& frames, int64_t crop, double wanted);

/// Seconds to note what became of a frame, in a journal and a list of hits, which come and go in
/// `folder`.
double seconds_of_writing(const FrameSet& frames, const std::string& folder);

/// From one frame in host memory to the decision on it.
Latency latency_of(const Screener& screener, const FramesInMemory& frames, double wanted);

/// Frames/s of all steps at once, as `hitsieve screen` goes about it.
double rate_from_file(const FrameSet& frames, const Decider& decider, double wanted);

}  // namespace hitsieve
