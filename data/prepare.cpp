#include "data/prepare.h"

#include <algorithm>
#include <cstring>

#include "data/frame_reader.h"
#include "engine/parallel.h"
#include "kernels/noise_scale.h"
#include "kernels/raw_to_image.h"

namespace hitsieve {
namespace {

constexpr int64_t batch = 32;  // frames in memory at a time, beside those read ahead

/// What becomes of one frame of a batch.
struct Slot {
  ReadFrame read;
  uint64_t id = 0;
  FrameStatistics statistics{};
};

int64_t side_of(const PrepareOptions& options) { return options.crop - options.lcn.window + 1; }

Shape shape_of(int64_t frames, const PrepareOptions& options) {
  const int64_t side = side_of(options);
  return options.images ? Shape{frames, side, side} : Shape{frames, side};
}

/// Writes the prepared frame to `row` of x.
void compute(Slot& slot, const PrepareOptions& options, const Tensor& x, int64_t row) {
  if (!slot.read.error.empty()) return;
  const Frame& frame = slot.read.frame;
  const int64_t at = row * x.shape().row();
  slot.id = content_hash(frame);
  if (!options.images) {
    raw_to_vector(raw_frames(frame), options.lcn, Device::cpu, x.data<float>() + at,
                  &slot.statistics);
    return;
  }
  int16_t* image = x.data<int16_t>() + at;
  const int64_t side = side_of(options);
  raw_to_image(raw_frames(frame), options.lcn, Device::cpu, image, &slot.statistics);
  pick<NoiseScaleKernels>(Device::cpu)
      .scale(noise_sizes("prepare", 1, side, side, options.noise), image);
}

/// The first `rows` rows of x.
Tensor first_rows(const Tensor& x, int64_t rows, const PrepareOptions& options) {
  if (rows == x.shape()[0]) return x;
  Tensor y(shape_of(rows, options), x.dtype());
  std::memcpy(y.bytes(), x.bytes(), size_t(y.count()) * size_of(x.dtype()));
  return y;
}

}  // namespace

std::string unusable(const FrameSet& frames, int64_t index, const FrameStatistics& statistics,
                     int64_t pixels) {
  const std::string why = unusable(statistics, pixels);
  if (why.empty()) return why;
  const SourceInfo& info = frames.source(index)->info();
  std::string reason = text(frames.name(index), ": ", info.dataset, ": ", why);
  if (fault_of(statistics, pixels) != FrameFault::constant)
    reason += text(" (mask: ", info.mask, "; trusted: ", info.trusted.min, " to ", info.trusted.max,
                   "): mend the mask, or use another (--mask, --ignore-file-mask, --trusted)");
  return reason;
}

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

PreparedFrames prepare(const FrameSet& frames, const PrepareOptions& options) {
  FrameReader reader(
      frames,
      {.crop = options.crop, .threads = options.threads, .ahead = 0, .skip_bad = options.skip_bad});
  PreparedFrames set;
  const Tensor x(shape_of(frames.size(), options), options.images ? DType::i16 : DType::f32);
  const size_t row_bytes = size_t(x.shape().row()) * size_of(x.dtype());
  std::vector<Slot> slots(batch);
  for (int64_t done = 0, n = batch; n == batch; done += n) {
    for (n = 0; n < batch && reader.next(slots[size_t(n)].read);) ++n;
    parallel_for(n, 1,
                 [&](int64_t i, int64_t) { compute(slots[size_t(i)], options, x, done + i); });
    for (int64_t i = 0; i < n; ++i) {
      const Slot& slot = slots[size_t(i)];
      std::string reason = slot.read.error;
      if (reason.empty())
        reason = unusable(frames, slot.read.index, slot.statistics, slot.read.frame.detected());
      check(options.skip_bad || reason.empty(), reason, "; leave it out with --skip-bad");
      if (!reason.empty()) {
        set.bad.push_back({slot.read.index, reason});
        continue;
      }
      auto* bytes = static_cast<uint8_t*>(x.bytes());  // bad frames leave no gap
      if (const size_t row = set.indices.size(); row != size_t(done + i))
        std::memcpy(bytes + row * row_bytes, bytes + size_t(done + i) * row_bytes, row_bytes);
      set.indices.push_back(slot.read.index);
      set.ids.push_back(slot.id);
    }
    if (options.progress && n > 0) options.progress(done + n, frames.size());
  }
  set.x = first_rows(x, int64_t(set.indices.size()), options);
  return set;
}

}  // namespace hitsieve
