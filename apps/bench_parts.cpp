#include "apps/bench_parts.h"

#include <cstdio>

#include "apps/bench_timing.h"
#include "apps/journal.h"
#include "apps/scoring.h"
#include "apps/screen_outputs.h"
#include "data/frame_reader.h"

namespace hitsieve {

std::vector<Stage> read_and_decode(const FrameSet& frames, int64_t crop, double wanted) {
  std::vector<double> read, decode;
  EncodedFrame encoded;
  Frame frame;
  const auto start = Clock::now();
  for (int64_t i = 0; read.size() < 3 || since(start) < wanted; i = (i + 1) % frames.size()) {
    poll_interrupt();
    const auto source = frames.source(i);
    const Region region = central(source->info().shape, crop);
    const auto before = Clock::now();
    source->fetch(frames.address(i).frame, region, encoded);
    read.push_back(since(before));  // it waits for the disk
    const double start_of_decoding = worked();
    source->decode(encoded, frame);
    decode.push_back(worked() - start_of_decoding);
  }
  return {{"read", quantile(read, 0.5)}, {"decode", quantile(decode, 0.5)}};
}

double seconds_of_writing(const FrameSet& frames, const std::string& folder) {
  constexpr int64_t count = 10'000;
  Screening screening;
  screening.run["misses"] = 0;
  for (int32_t file = 0; file < frames.files(); ++file)
    screening.files.push_back(frames.file(file));
  for (int64_t i = 0; i < count; ++i) {
    screening.records.emplace_back();
    screening.records.back().address = frames.address(i % frames.size());
  }
  const std::string list = folder + "/written.lst";
  const auto start = Clock::now();
  {
    ScreenOutputOptions options;
    options.list = list, options.overwrite = true;
    ScreenOutputs outputs(options, false);
    Journal journal(journal_of(list), screening, false);
    for (int64_t i = 0; i < count; ++i)
      journal.add(i, i % 2 ? FrameState::hit : FrameState::miss, float(i % 2), "");
    outputs.write(screening);
    journal.remove();
  }
  const double seconds = since(start) / double(count);
  std::remove(list.c_str());
  return seconds;
}

Latency latency_of(const Screener& screener, const FramesInMemory& frames, double wanted) {
  std::vector<double> took;
  Decision decision;
  const auto start = Clock::now();
  for (int64_t n = 0; took.size() < 3 || since(start) < wanted; n = (n + 1) % frames.count) {
    poll_interrupt();
    const auto call = Clock::now();
    screener.screen(frames.raw(n, 1), {&decision, 1});
    took.push_back(since(call));
  }
  took.erase(took.begin());  // allocates
  return {quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1), std::ssize(took)};
}

double rate_from_file(const FrameSet& frames, const Decider& decider, double wanted) {
  // In pieces that grow until one takes long enough, or all have been screened.
  for (int64_t count = std::min<int64_t>(32, frames.size());; count = 2 * count) {
    std::vector<int64_t> some;
    for (int64_t i = 0; i < count; ++i) some.push_back(i % frames.size());
    const FrameSet piece = frames.subset(some);
    const auto start = Clock::now();
    score_frames(piece, decider, {.skip_bad = true, .what = ""}, [](const ScoredFrame&) {});
    if (since(start) >= wanted) return double(count) / since(start);
  }
}

}  // namespace hitsieve
