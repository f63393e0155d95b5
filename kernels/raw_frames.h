// Raw detector frames where they lie in memory, and which of their pixels count. A crop of a larger
// frame is the same thing with the larger frame's strides, so cutting copies nothing.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/dtype.h"
#include "engine/host_device.h"

namespace hitsieve {

/// Raw values that count, both ends included. NaN and infinite pixels never count.
struct PixelRange {
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
};

/// N frames of H x W pixels of type u16, i16, i32 or f32. Strides count pixels (mask strides:
/// bytes). Pixels that are masked, NaN, infinite or out of range are invalid: they take part in
/// nothing.
struct RawFrames {
  const void* pixels = nullptr;
  DType type = DType::u16;
  int64_t N = 0, H = 0, W = 0;
  int64_t row_stride = 0, frame_stride = 0;
  const uint8_t* mask = nullptr;  ///< nonzero = bad; null: no pixel is masked
  int64_t mask_row_stride = 0;
  int64_t mask_frame_stride = 0;  ///< 0: one mask for all frames
  PixelRange range{};

  template <class T>
  HS_HD const T* row(int64_t n, int64_t h) const {
    return static_cast<const T*>(pixels) + n * frame_stride + h * row_stride;
  }
  HS_HD const uint8_t* mask_row(int64_t n, int64_t h) const {
    return mask ? mask + n * mask_frame_stride + h * mask_row_stride : nullptr;
  }
  RawFrames frame(int64_t n) const {
    RawFrames one = *this;
    one.N = 1;
    one.pixels = static_cast<const uint8_t*>(pixels) + n * frame_stride * int64_t(size_of(type));
    one.mask = mask_row(n, 0);
    return one;
  }
};

/// What the valid pixels of one frame have in common. deviation: of the population, >= 0. A frame
/// with valid == 0 (mean and deviation 0) or deviation == 0 holds nothing that could be normalised.
struct FrameStatistics {
  int64_t valid;
  double mean, deviation;
};

/// Why a frame is not to be judged: no pixel is left, all that count are equal, or over half do
/// not.
enum class FrameFault : uint8_t { none, empty, constant, masked };
/// Of a frame of `pixels`; where the detector has none (gaps between modules) there is none of
/// them.
FrameFault fault_of(const FrameStatistics& statistics, int64_t pixels);
/// The same in words, without the frame's name; "" for none.
std::string unusable(const FrameStatistics& statistics, int64_t pixels);

/// A PixelRange in the pixels' own type: p counts if low <= p <= high, which no NaN does, nor, as
/// both ends are finite, an infinity.
template <class T>
struct PixelBounds {
  T low, high;
  HS_HD bool contain(T p) const { return p >= low && p <= high; }
};

template <class T>
PixelBounds<T> bounds_of(const PixelRange& range) {
  using Limits = std::numeric_limits<T>;
  if (!(range.minimum <= double(Limits::max()) && range.maximum >= double(Limits::lowest())))
    return {Limits::max(), Limits::lowest()};  // contains nothing
  T low = range.minimum <= double(Limits::lowest()) ? Limits::lowest() : T(range.minimum);
  T high = range.maximum >= double(Limits::max()) ? Limits::max() : T(range.maximum);
  if constexpr (Limits::is_integer) {
    low = range.minimum > double(low) ? T(low + 1) : low;  // the casts went towards zero
    high = range.maximum < double(high) ? T(high - 1) : high;
  } else {
    low = double(low) < range.minimum ? std::nextafter(low, Limits::max()) : low;
    high = double(high) > range.maximum ? std::nextafter(high, Limits::lowest()) : high;
  }
  return {low, high};
}

/// Throws, naming `who`, unless the frames make sense.
void check_frames(const char* who, const RawFrames& frames);

}  // namespace hitsieve
