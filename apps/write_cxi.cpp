#include "apps/write_cxi.h"

#include <algorithm>
#include <vector>

#include <spdlog/spdlog.h>

#include "apps/progress.h"
#include "data/cxi_copy.h"
#include "data/prepare.h"
#include "engine/output_file.h"
#include "engine/parallel.h"
#include "nets/peak_finder.h"

namespace hitsieve {
namespace {

constexpr int64_t most_memory = 512'000'000;  // bytes
constexpr int64_t bytes_a_pixel = 32;         // chunk, pixels, masks, the finder's rings

/// One frame on its way; the memory goes round.
struct Slot {
  explicit Slot(const PeakFinderOptions& options) : finder(options) {}
  PeakFinder finder;
  EncodedFrame fetched{};
  Frame frame{};
  StoredFrame stored{};
  std::vector<CxiPeak> peaks{};

  void fill(const FrameSet& frames, int64_t i, const CxiCopy* copy) {
    const std::shared_ptr<const FrameSource> source = frames.source(i);
    source->fetch(frames.address(i).frame, whole(source->info().shape), fetched);
    if (copy) stored = copy->pack(i, fetched);
    source->decode(fetched, frame);
    peaks.clear();
    for (const Peak& peak : finder.find(raw_frames(frame)))
      peaks.push_back({peak.position.fs, peak.position.ss, peak.intensity});
  }
};

std::vector<int64_t> kept_frames(const Screening& screening) {
  std::vector<int64_t> kept;
  for (int64_t frame = screening.first; frame < screening.end(); ++frame)
    if (screening.at(frame).state == FrameState::hit || screening.is_kept_miss(frame))
      kept.push_back(frame);
  return kept;
}

FrameSet open_kept(const Screening& screening, const std::vector<int64_t>& kept) {
  std::string list;
  for (const int64_t frame : kept) {
    const FrameAddress& address = screening.at(frame).address;
    const FrameFile& file = screening.files[size_t(address.file)];
    list += file.path + (file.dataset.empty() ? "" : ":" + file.dataset) + " " +
            screening.event(frame) + "\n";
  }
  return open_list(input_of(screening), list);
}

void write_scores(Hdf5File& file, const Screening& screening, const std::vector<int64_t>& kept) {
  std::vector<float> scores;
  std::vector<uint8_t> hits;
  for (const int64_t frame : kept) {
    scores.push_back(screening.at(frame).score);
    hits.push_back(screening.at(frame).state == FrameState::hit);
  }
  const std::vector<int64_t> shape = {int64_t(kept.size())};
  file.write("/entry_1/result_1/hitsieve_score", scores.data(), shape);
  file.write("/entry_1/result_1/hitsieve_hit", hits.data(), shape);
}

/// Reads the frames and finds their peaks, on all cores. Calls take(slot) for each, in order.
template <class Take>
void for_frames(const std::string& path, const Screening& screening, const FrameSet& frames,
                const CxiCopy* copy, Take&& take) {
  const int64_t pixels = frames.source(0)->info().shape.pixels();
  const int64_t room = most_memory / (bytes_a_pixel * pixels);
  std::vector<Slot> slots(size_t(std::clamp<int64_t>(room, 1, 2 * threads())),
                          Slot(peaks_of(screening)));
  Progress progress("writing " + path, frames.size());
  for (int64_t done = 0; done < frames.size();) {
    const int64_t count = std::min(int64_t(slots.size()), frames.size() - done);
    parallel_for(count, 1,
                 [&](int64_t i, int64_t) { slots[size_t(i)].fill(frames, done + i, copy); });
    for (int64_t i = 0; i < count; ++i) take(slots[size_t(i)]);
    progress.update(done += count);
  }
  progress.finish();
}

}  // namespace

void write_kept_frames(const std::string& path, const Screening& screening, bool overwrite) {
  const std::vector<int64_t> kept = kept_frames(screening);
  if (kept.empty()) return spdlog::warn("{}: not written, there is no frame to keep", path);
  const FrameSet frames = open_kept(screening, kept);
  CxiCopy copy(path, frames, overwrite);
  for_frames(path, screening, frames, &copy, [&](Slot& slot) {
    copy.append(slot.stored, slot.frame.bad(), std::move(slot.peaks));
  });
  const std::vector<std::string> left_out =
      copy.finish([&](Hdf5File& file) { write_scores(file, screening, kept); });
  for (const std::string& what : left_out) spdlog::warn("{}: without {}", path, what);
}

void write_kept_peaks(const std::string& path, const Screening& screening, bool overwrite) {
  const std::vector<int64_t> kept = kept_frames(screening);
  if (kept.empty()) return spdlog::warn("{}: not written, there is no frame to keep", path);
  const FrameSet frames = open_kept(screening, kept);
  OutputFile out(path, overwrite);
  std::vector<std::vector<CxiPeak>> peaks;
  for_frames(path, screening, frames, nullptr,
             [&](Slot& slot) { peaks.push_back(std::move(slot.peaks)); });
  Hdf5File file = Hdf5File::create(out.temporary());
  file.write_value("/cxi_version", int32_t(140));
  write_cxi_peaks(file, peaks);
  write_cxi_sources(file, frames);
  write_scores(file, screening, kept);
  file.close();
  out.commit();
}

}  // namespace hitsieve
