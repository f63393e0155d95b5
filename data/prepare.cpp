#include "data/vectors.h"

#include <algorithm>

#include "data/frame_reader.h"
#include "engine/parallel.h"

namespace hitsieve {
namespace {

constexpr int64_t batch = 32;  // frames in memory at a time, beside those read ahead

/// The frame with rows and columns exchanged, and its mask likewise.
void transpose(const Frame& frame, Frame& turned) {
  turned.type = frame.type;
  turned.shape = {frame.shape.fs, frame.shape.ss};
  turned.trusted = frame.trusted;
  turned.pixels.resize(frame.pixels.size());
  const int64_t H = frame.shape.ss, W = frame.shape.fs;
  auto turn = [&](const auto* from, auto* to) {
    constexpr int64_t tile = 16;  // so that both sides stay in the cache
    for (int64_t y0 = 0; y0 < H; y0 += tile)
      for (int64_t x0 = 0; x0 < W; x0 += tile)
        for (int64_t y = y0; y < std::min(y0 + tile, H); ++y)
          for (int64_t x = x0; x < std::min(x0 + tile, W); ++x) to[x * H + y] = from[y * W + x];
  };
  by_pixel(frame.type, "transpose",
           [&]<class T>() { turn(frame.data<T>(), reinterpret_cast<T*>(turned.pixels.data())); });
  turned.mask.reset();
  turned.own_bad.resize(frame.bad() ? size_t(frame.shape.pixels()) : 0);
  if (frame.bad()) turn(frame.bad(), turned.own_bad.data());
}

/// What becomes of one frame of a batch.
struct Slot {
  ReadFrame read;
  Frame turned;
  uint64_t id = 0;
  FrameStatistics statistics{};
  std::vector<float> vector, transposed;
};

void compute(Slot& slot, const VectorOptions& options) {
  if (!slot.read.error.empty()) return;
  const Frame& frame = slot.read.frame;
  slot.id = content_hash(frame);
  const size_t length = size_t(options.crop - options.lcn.window + 1);
  slot.vector.resize(length);
  raw_to_vector(raw_frames(frame), options.lcn, Device::cpu, slot.vector.data(), &slot.statistics);
  if (!options.transposed) return;
  transpose(frame, slot.turned);
  slot.transposed.resize(length);
  FrameStatistics same;
  raw_to_vector(raw_frames(slot.turned), options.lcn, Device::cpu, slot.transposed.data(), &same);
}

Tensor tensor_of(const std::vector<float>& rows, int64_t length) {
  return Tensor::of<float>({int64_t(rows.size()) / length, length}, rows);
}

}  // namespace

RawFrames raw_frames(const Frame& frame) {
  RawFrames raw;
  raw.pixels = frame.pixels.data();
  raw.type = frame.type;
  raw.N = 1, raw.H = frame.shape.ss, raw.W = frame.shape.fs;
  raw.row_stride = raw.W, raw.frame_stride = raw.H * raw.W;
  raw.mask = frame.bad(), raw.mask_row_stride = raw.W;
  raw.range = {frame.trusted.min, frame.trusted.max};
  return raw;
}

std::string unusable(const FrameStatistics& statistics) {
  if (statistics.valid == 0)
    return "no pixel is left: all are masked, NaN or outside the trusted range";
  if (!(statistics.deviation > 0)) return text("constant: every pixel is ", statistics.mean);
  return "";
}

VectorSet read_vectors(const FrameSet& frames, const VectorOptions& options) {
  FrameReader reader(
      frames,
      {.crop = options.crop, .threads = options.threads, .ahead = 0, .skip_bad = options.skip_bad});
  VectorSet set;
  std::vector<float> vectors, transposed;
  std::vector<Slot> slots(batch);
  for (int64_t done = 0, n = batch; n == batch; done += n) {
    for (n = 0; n < batch && reader.next(slots[size_t(n)].read);) ++n;
    parallel_for(n, 1, [&](int64_t i, int64_t) { compute(slots[size_t(i)], options); });
    for (Slot& slot : std::span(slots).first(size_t(n))) {
      std::string reason = slot.read.error;
      if (reason.empty() && !unusable(slot.statistics).empty())
        reason = text(frames.name(slot.read.index), ": ", unusable(slot.statistics));
      check(options.skip_bad || reason.empty(), reason, "; leave it out with --skip-bad");
      if (!reason.empty()) {
        set.bad.push_back({slot.read.index, reason});
        continue;
      }
      set.indices.push_back(slot.read.index);
      set.ids.push_back(slot.id);
      vectors.insert(vectors.end(), slot.vector.begin(), slot.vector.end());
      if (options.transposed)
        transposed.insert(transposed.end(), slot.transposed.begin(), slot.transposed.end());
    }
    if (options.progress && n > 0) options.progress(done + n, frames.size());
  }
  const int64_t length = options.crop - options.lcn.window + 1;
  set.vectors = tensor_of(vectors, length);
  if (options.transposed) set.transposed = tensor_of(transposed, length);
  return set;
}

}  // namespace hitsieve
