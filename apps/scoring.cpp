#include "apps/scoring.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <spdlog/spdlog.h>

#include "apps/interrupt.h"
#include "apps/progress.h"
#include "data/frame_reader.h"
#include "data/prepare.h"
#include "engine/parallel.h"

namespace hitsieve {
namespace {

constexpr int most_in_memory = 32;  // frames being scored, and as many being read
constexpr int64_t most_reported = 20;

void score(const ReadFrame& read, const FrameSet& frames, const Decider& decider, bool hash,
           ScoredFrame& scored) {
  scored.index = read.index;
  scored.reason = read.error;
  if (!read.error.empty()) return;
  scored.decision = decider.decide(raw_frames(read.frame));
  if (!scored.decision.usable())
    scored.reason = text(frames.name(read.index), ": ", unusable(scored.decision.statistics));
  if (hash) scored.hash = content_hash(read.frame);
}

}  // namespace

void score_frames(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                  const std::function<void(const ScoredFrame&)>& take) {
  FrameReaderOptions reading;
  reading.crop = decider.crop();
  reading.threads = std::min(threads(), most_in_memory);
  reading.ahead = most_in_memory;
  reading.skip_bad = options.skip_bad;
  FrameReader reader(frames, reading);
  std::vector<ReadFrame> batch(size_t(std::clamp(4 * threads(), 8, most_in_memory)));
  std::vector<ScoredFrame> scored(batch.size());
  int64_t skipped = 0;
  std::optional<Progress> progress;
  if (!options.what.empty()) progress.emplace(options.what, frames.size());
  for (int64_t done = 0; done < frames.size();) {
    int64_t count = 0;
    while (count < int64_t(batch.size()) && reader.next(batch[size_t(count)])) ++count;
    parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        score(batch[size_t(i)], frames, decider, options.hashes, scored[size_t(i)]);
    });
    for (int64_t i = 0; i < count; ++i) {
      const ScoredFrame& frame = scored[size_t(i)];
      check(options.skip_bad || frame.reason.empty(), frame.reason,
            "; --skip-bad goes on without such frames");
      if (!frame.reason.empty() && ++skipped <= most_reported)
        spdlog::warn("{}; skipped{}", frame.reason,
                     skipped == most_reported ? ", as will be others without a message" : "");
      take(frame);
    }
    done += count;
    poll_interrupt();
    if (progress) progress->update(done);
  }
  if (progress) progress->finish();
}

}  // namespace hitsieve
