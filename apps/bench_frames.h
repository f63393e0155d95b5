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
  Bytes pixels{};
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
  /// N frames of any size with their masks: the middle of these, or these side by side.
  FramesInMemory of_side(int64_t side, int64_t N) const;
  bool have_one_mask() const;  ///< the same for all
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
/// Of preprocessing: sums of p and p^2 (3), then of a window's rows and columns (2 x 4), m, the
/// variance, the quotient (7) and the row's ends (2).
inline constexpr double operations_of_a_pixel = 20;
inline constexpr int64_t bench_sides[] = {128, 256, 512, 724, 1024, 1448, 1920};

FramesInMemory simulated_frames(int64_t side);
/// The first frames of a set, as far as they are of one type.
FramesInMemory first_frames(const FrameSet& set, int64_t side);

}  // namespace hitsieve
