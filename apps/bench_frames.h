// Frames that `hitsieve bench` keeps in memory.
#pragma once
#include <vector>

#include "data/frame_set.h"
#include "kernels/raw_frames.h"

namespace hitsieve {

/// The central squares of frames, side by side, all of one type.
struct FramesInMemory {
  DType type = DType::u16;
  int64_t side = 0, count = 0;
  std::vector<std::byte> pixels{};
  std::vector<uint8_t> bad{};
  PixelRange range{};

  RawFrames raw(int64_t first, int64_t N) const {
    const int64_t one = side * side;
    return {.pixels = pixels.data() + first * one * int64_t(size_of(type)),
            .type = type,
            .N = N,
            .H = side,
            .W = side,
            .row_stride = side,
            .frame_stride = one,
            .mask = bad.data() + first * one,
            .mask_row_stride = side,
            .mask_frame_stride = one,
            .range = range};
  }
  void add(const void* from, const uint8_t* mask) {
    const int64_t one = side * side, bytes = one * int64_t(size_of(type));
    const auto* begin = static_cast<const std::byte*>(from);
    pixels.insert(pixels.end(), begin, begin + bytes);
    if (mask)
      bad.insert(bad.end(), mask, mask + one);
    else
      bad.resize(bad.size() + size_t(one));
    ++count;
  }
};

inline constexpr int64_t most_in_memory = 32;

FramesInMemory simulated_frames(int64_t side);
/// The first frames of a set, as far as they are of one type.
FramesInMemory first_frames(const FrameSet& set, int64_t side);

}  // namespace hitsieve
