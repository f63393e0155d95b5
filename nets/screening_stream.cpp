#include "nets/screening_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/parallel.h"
#include "engine/stopwatch.h"

namespace hitsieve {
namespace {

/// Bytes on the device, allocated anew when they are too few.
void* reserve(Tensor& memory, int64_t bytes, Device device) {
  if (!memory.defined() || memory.count() < bytes) memory = Tensor({bytes}, DType::u8, device);
  return memory.bytes();
}

void copy_rows(const RawFrames& frame, uint8_t* to) {
  const int64_t pixel = int64_t(size_of(frame.type)), row = frame.W * pixel;
  const auto* from = static_cast<const uint8_t*>(frame.pixels);
  for (int64_t h = 0; h < frame.H; ++h)
    std::memcpy(to + h * row, from + h * frame.row_stride * pixel, size_t(row));
}

bool same_mask(const RawFrames& a, const RawFrames& b) {
  if (a.mask == b.mask) return true;
  if (!a.mask || !b.mask) return false;
  for (int64_t h = 0; h < a.H; ++h)
    if (std::memcmp(a.mask_row(0, h), b.mask_row(0, h), size_t(a.W)) != 0) return false;
  return true;
}

void copy_mask(const RawFrames& frame, uint8_t* to) {
  for (int64_t h = 0; h < frame.H; ++h, to += frame.W)
    if (frame.mask)
      std::memcpy(to, frame.mask_row(0, h), size_t(frame.W));
    else
      std::memset(to, 0, size_t(frame.W));
}

void check_alike(const RawFrames& frame, const RawFrames& first) {
  check(frame.N == 1 && frame.type == first.type && frame.H == first.H && frame.W == first.W &&
            frame.range.minimum == first.range.minimum &&
            frame.range.maximum == first.range.maximum,
        "screening stream: frames of different size, type or range in one batch");
}

}  // namespace

ScreeningStream::ScreeningStream(const Screener& screener)
    : screener_(screener),
      stream_(screener.device()),
      begun_(screener.device()),
      copied_(screener.device()),
      computed_(screener.device()),
      pixels_(screener.device()),
      masks_(screener.device()),
      results_(screener.device()) {}

ScreeningStream::~ScreeningStream() {
  const OnStream here(stream_);
  try {
    stream_.wait();
  } catch (const Error&) {  // whoever wanted the results has been told
  }
  pixels_there_ = masks_there_ = results_there_ = Tensor();
}

bool ScreeningStream::copy_masks(std::span<const RawFrames> frames) {
  const int64_t area = frames[0].H * frames[0].W, N = std::ssize(frames);
  const bool one = std::all_of(frames.begin(), frames.end(),
                               [&](const RawFrames& frame) { return same_mask(frame, frames[0]); });
  uint8_t* to = masks_.of<uint8_t>(size_t((one ? 1 : N) * area));
  parallel_for(one ? 1 : N, 1,
               [&](int64_t n, int64_t) { copy_mask(frames[size_t(n)], to + n * area); });
  return !one;
}

/// The frames in memory that the device fetches from, one after the other.
RawFrames ScreeningStream::packed(std::span<const RawFrames> frames) {
  RawFrames all = frames[0];
  const int64_t N = std::ssize(frames), area = all.H * all.W;
  const int64_t bytes = area * int64_t(size_of(all.type));
  uint8_t* pixels = pixels_.of<uint8_t>(size_t(N * bytes));
  parallel_for(N, 1, [&](int64_t n, int64_t) {
    check_alike(frames[size_t(n)], frames[0]);
    copy_rows(frames[size_t(n)], pixels + n * bytes);
  });
  all.N = N, all.pixels = pixels, all.row_stride = all.W, all.frame_stride = area;
  if (std::none_of(frames.begin(), frames.end(), [](const RawFrames& f) { return f.mask; }))
    return all;
  all.mask_frame_stride = copy_masks(frames) ? area : 0, all.mask_row_stride = all.W;
  all.mask = static_cast<const uint8_t*>(masks_.reserve(0));
  return all;
}

RawFrames ScreeningStream::copy_in(const RawFrames& frames) {
  const Device device = stream_.device();
  const auto copy = [&](Tensor& to, const void* from, int64_t bytes) {
    reserve(to, bytes, device);
    pick<StreamOps>(device).copy_in(to.bytes(), from, size_t(bytes));
    return to.bytes();
  };
  RawFrames there = frames;
  const int64_t area = frames.H * frames.W;
  there.pixels =
      copy(pixels_there_, frames.pixels, frames.N * area * int64_t(size_of(frames.type)));
  if (frames.mask)
    there.mask = static_cast<const uint8_t*>(
        copy(masks_there_, frames.mask, frames.mask_frame_stride ? frames.N * area : area));
  return there;
}

void ScreeningStream::start(const RawFrames& frames) {
  const Device device = stream_.device();
  const size_t N = size_t(frames.N);
  const size_t statistics = N * sizeof(FrameStatistics);
  const size_t bytes = statistics + N * size_t(screener_.outputs()) * sizeof(float);
  void* there = reserve(results_there_, int64_t(bytes), device);
  try {
    begun_.set();
    const RawFrames copied = copy_in(frames);
    copied_.set();
    screener_.enqueue(copied, static_cast<FrameStatistics*>(there),
                      reinterpret_cast<float*>(static_cast<uint8_t*>(there) + statistics));
    computed_.set();
    pick<StreamOps>(device).copy_out(results_.reserve(bytes), there, bytes);
  } catch (...) {
    stream_.wait();  // the pixels may still be on their way from memory that is used again
    throw;
  }
  sent_ = frames.N;
}

void ScreeningStream::send(std::span<const RawFrames> frames) {
  check(sent_ == 0, "screening stream: the frames before have not been received");
  if (frames.empty()) return;
  const OnStream here(stream_);
  Stopwatch watch;
  const RawFrames together = packed(frames);
  times_.copy += watch.lap();
  start(together);
}

void ScreeningStream::send_pinned(const RawFrames& frames) {
  check(sent_ == 0, "screening stream: the frames before have not been received");
  const int64_t area = frames.H * frames.W;
  check(frames.row_stride == frames.W && frames.frame_stride == area &&
            (!frames.mask || (frames.mask_row_stride == frames.W &&
                              (frames.mask_frame_stride == 0 || frames.mask_frame_stride == area))),
        "screening stream: frames or masks with gaps between their rows");
  if (frames.N == 0) return;
  const OnStream here(stream_);
  start(frames);
}

void ScreeningStream::receive(std::span<Decision> decisions) {
  check(std::ssize(decisions) == sent_, "screening stream: ", sent_, " frames were sent, room for ",
        decisions.size(), " decisions");
  if (sent_ == 0) return;
  const size_t N = size_t(std::exchange(sent_, 0));
  stream_.wait();
  times_.copy += copied_.seconds_since(begun_);
  times_.compute += computed_.seconds_since(copied_);
  const auto* statistics = static_cast<const FrameStatistics*>(results_.reserve(0));
  const auto* logits = reinterpret_cast<const float*>(statistics + N);
  screener_.decide({statistics, N}, {logits, N * size_t(screener_.outputs())}, decisions);
}

}  // namespace hitsieve
