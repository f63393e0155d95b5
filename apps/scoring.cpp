#include "apps/scoring.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <spdlog/spdlog.h>

#include "apps/interrupt.h"
#include "apps/progress.h"
#include "data/frame_reader.h"
#include "data/prepare.h"
#include "engine/parallel.h"
#include "engine/stopwatch.h"
#include "nets/screening_stream.h"

namespace hitsieve {
namespace {

constexpr int most_in_memory = 32;  // frames that are read ahead; on a GPU as many are scored
constexpr int64_t most_reported = 20;
constexpr int batches_on_gpu = 3;  // one copied in, one worked on, one handed on

bool alike(const RawFrames& a, const RawFrames& b) {
  return a.type == b.type && a.range.minimum == b.range.minimum &&
         a.range.maximum == b.range.maximum;
}

ScoredFrame not_scored_yet(const ReadFrame& read, bool hashed) {
  ScoredFrame frame{read.index, {}, 0, read.frame.detected(), read.error};
  if (hashed && read.error.empty()) frame.hash = content_hash(read.frame);
  return frame;
}

/// Notes why the score of a frame that was read does not count, if it does not.
void explain(const FrameSet& frames, ScoredFrame& frame) {
  if (frame.reason.empty())
    frame.reason = unusable(frames, frame.index, frame.decision.statistics, frame.pixels);
}

/// A batch on its way through a GPU: under way when start() returns, scored when finish() does.
class ScoredBatch {
 public:
  ScoredBatch(const FrameSet& frames, const Decider& decider, bool hashes)
      : frames_(frames), decider_(decider), hashes_(hashes), stream_(*decider.screener()) {}

  void start(std::span<const ReadFrame> read) {
    scored_.assign(read.size(), {});
    parallel_for(std::ssize(read), 1, [&](int64_t i, int64_t) {
      scored_[size_t(i)] = not_scored_yet(read[size_t(i)], hashes_);
    });
    send(read);
  }

  const std::vector<ScoredFrame>& finish() {
    decisions_.resize(sent_.size());
    stream_.receive(decisions_);
    for (size_t i = 0; i < sent_.size(); ++i) scored_[sent_[i]].decision = decisions_[i];
    for (ScoredFrame& frame : scored_) explain(frames_, frame);
    return scored_;
  }

  StepTimes times() const {
    return {.copy = stream_.times().copy, .compute = stream_.times().compute + alone_};
  }

 private:
  /// Those like the first one together; what is unlike it (a list of files may bring that) alone.
  void send(std::span<const ReadFrame> read) {
    sent_.clear(), together_.clear();
    for (size_t i = 0; i < read.size(); ++i) {
      if (!read[i].error.empty()) continue;
      const RawFrames frame = raw_frames(read[i].frame);
      if (!together_.empty() && !alike(frame, together_[0])) {
        Stopwatch watch;
        scored_[i].decision = decider_.decide(frame);
        alone_ += watch.lap();
        continue;
      }
      together_.push_back(frame), sent_.push_back(i);
    }
    stream_.send(together_);
  }

  const FrameSet& frames_;
  const Decider& decider_;
  bool hashes_;
  ScreeningStream stream_;
  double alone_ = 0;  // seconds for frames that were scored alone
  std::vector<ScoredFrame> scored_;
  std::vector<size_t> sent_;
  std::vector<RawFrames> together_;
  std::vector<Decision> decisions_;
};

/// Hands scored frames on, and counts and reports those that are skipped.
class HandOn {
 public:
  HandOn(const FrameSet& frames, const ScoreOptions& options,
         const std::function<void(const ScoredFrame&)>& take)
      : skip_bad_(options.skip_bad), take_(take) {
    if (!options.what.empty()) progress_.emplace(options.what, frames.size());
  }

  void operator()(std::span<const ScoredFrame> scored) {
    for (const ScoredFrame& frame : scored) {
      check(skip_bad_ || frame.reason.empty(), frame.reason,
            "; --skip-bad goes on without such frames");
      if (!frame.reason.empty() && ++skipped_ <= most_reported)
        spdlog::warn("{}; skipped{}", frame.reason,
                     skipped_ == most_reported ? ", as will be others without a message" : "");
      take_(frame);
    }
    done_ += std::ssize(scored);
    poll_interrupt();
    if (progress_) progress_->update(done_);
  }
  void finish() {
    if (progress_) progress_->finish();
  }

 private:
  bool skip_bad_;
  const std::function<void(const ScoredFrame&)>& take_;
  std::optional<Progress> progress_;
  int64_t skipped_ = 0, done_ = 0;
};

StepTimes times_of(const FrameReader& reader) {
  const ReadTimes times = reader.times();
  return {.read = times.read,
          .decode = times.decode,
          .compute = times.use,
          .threads = reader.threads()};
}

/// A frame is scored by the thread that read it, while its core has it in the cache.
StepTimes score_where_read(const FrameSet& frames, const Decider& decider, bool hashes,
                           FrameReaderOptions reading, HandOn& hand_on) {
  std::vector<ScoredFrame> scored(2 * most_in_memory);  // those under way, by their index
  const auto place = [&](int64_t index) { return &scored[size_t(index) % scored.size()]; };
  reading.use = [&](const ReadFrame& read) {
    const ThisThreadAlone alone;
    ScoredFrame& frame = *place(read.index) = not_scored_yet(read, hashes);
    frame.decision = decider.decide(raw_frames(read.frame));
    explain(frames, frame);
  };
  FrameReader reader(frames, reading);
  for (ReadFrame read; reader.next(read);) {
    if (!read.error.empty()) *place(read.index) = not_scored_yet(read, hashes);
    hand_on({place(read.index), 1});
  }
  return times_of(reader);
}

StepTimes score_on_gpu(const FrameSet& frames, const Decider& decider, bool hashes,
                       FrameReaderOptions reading, HandOn& hand_on) {
  FrameReader reader(frames, reading);
  std::vector<ReadFrame> read(most_in_memory);
  std::deque<std::unique_ptr<ScoredBatch>> under_way, free;
  for (int i = 0; i < batches_on_gpu; ++i)
    free.push_back(std::make_unique<ScoredBatch>(frames, decider, hashes));
  const auto finish_oldest = [&] {
    hand_on(under_way.front()->finish());
    free.push_back(std::move(under_way.front()));
    under_way.pop_front();
  };
  for (size_t count = read.size(); count == read.size();) {
    for (count = 0; count < read.size() && reader.next(read[count]);) ++count;
    free.front()->start({read.data(), count});
    under_way.push_back(std::move(free.front()));
    free.pop_front();
    if (free.empty()) finish_oldest();
  }
  while (!under_way.empty()) finish_oldest();
  StepTimes times = times_of(reader);
  for (const auto& batch : free) times += batch->times();
  return times;
}

}  // namespace

StepTimes score_frames(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                       const std::function<void(const ScoredFrame&)>& take) {
  FrameReaderOptions reading;
  reading.crop = decider.crop();
  reading.threads = std::min(threads(), most_in_memory);
  reading.ahead = most_in_memory;
  reading.skip_bad = options.skip_bad;
  HandOn hand_on(frames, options, take);
  const auto score = decider.on_gpu() ? score_on_gpu : score_where_read;
  const StepTimes times = score(frames, decider, options.hashes, reading, hand_on);
  hand_on.finish();
  return times;
}

}  // namespace hitsieve
