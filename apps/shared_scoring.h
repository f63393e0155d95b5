// Frames shared among the processes of a job (processes.h): process 0 hands out chunks, larger ones
// first, to whoever is through with its own, itself included, and takes in the results, so that a
// slow node does not hold the rest. The results do not depend on who had which.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "apps/scoring.h"

namespace hitsieve {

/// What becomes of frame `number` of the set.
struct FrameResult {
  int64_t number = -1;
  bool hit = false;
  float score = 0;
  std::string reason;  ///< why there is no score
};
using TakeResults = std::function<void(const std::vector<FrameResult>&)>;
using CheckIdentity = std::function<void(const std::string& theirs, const std::string& who)>;

/// In process 0, from before anything can fail until the end of the screening: tells the others to
/// stop, and waits until they have. Without others it does nothing.
class OtherProcesses {
 public:
  OtherProcesses() = default;
  ~OtherProcesses();
  OtherProcesses(const OtherProcesses&) = delete;
  OtherProcesses& operator=(const OtherProcesses&) = delete;
};

/// In process 0: scores the frames `numbers`; `take` is called on this thread with what comes
/// together, in any order when there are other processes. They must say, by `identity`, that they
/// have the same frames and model; `check_identity(theirs, who)` throws when they have not. Errors
/// and times, of all processes together, as score_frames.
StepTimes score_shared(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                       const std::vector<int64_t>& numbers, const TakeResults& take,
                       const CheckIdentity& check_identity);

/// In the other processes, until process 0 says that it is enough. What goes wrong, in `set_up`
/// too, is reported to process 0, which ends with it.
struct Served {
  const FrameSet& frames;
  const Decider& decider;
  ScoreOptions options;
  std::string identity;
};
void serve(const std::function<void(const std::function<void(const Served&)>&)>& set_up);

}  // namespace hitsieve
