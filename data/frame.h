// One diffraction frame in memory, or the part of it that is asked for: raw pixels, row-major
// (ss, fs), and which of them are bad.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "data/bytes.h"
#include "data/mask.h"
#include "engine/dtype.h"

namespace hitsieve {

/// Rows (slow scan) and columns (fast scan) of a frame, pixels.
struct FrameShape {
  int64_t ss = 0, fs = 0;
  int64_t pixels() const { return ss * fs; }
  bool operator==(const FrameShape&) const = default;
};

/// A rectangle of a frame, pixels.
struct Region {
  int64_t ss0 = 0, fs0 = 0;
  FrameShape shape;
  bool operator==(const Region&) const = default;
};

Region whole(FrameShape shape);
/// The central `side` x `side` pixels, the first row at (ss - side) / 2 rounded down; Error when
/// the frame is smaller.
Region central(FrameShape shape, int64_t side);

/// Raw values that count, both ends included. What is outside, and NaN, takes no part anywhere.
struct TrustedRange {
  double min, max;
};

struct Frame {
  DType type = DType::u16;  ///< u16, i16, i32 or f32: a type of engine's by_pixel
  FrameShape shape;         ///< of the region that was read
  TrustedRange trusted{0, 0};
  Bytes pixels;
  std::shared_ptr<const Mask> mask;  ///< for all frames of the file, cut to the region, or null
  std::vector<uint8_t> own_bad;      ///< empty, or with `mask` and this frame's own mask joined
  int64_t gaps = 0;       ///< pixels of the region where the detector has none; bad in `mask`
  double own_masked = 0;  ///< the part of the pixels (no gaps) that a mask of its own marks bad

  template <class T>
  const T* data() const {
    check(dtype_of<T> == type, "frame: ", type, " pixels read as ", dtype_of<T>);
    return reinterpret_cast<const T*>(pixels.data());
  }
  int64_t detected() const { return shape.pixels() - gaps; }  ///< pixels that there are
  /// shape.pixels() bytes, nonzero = bad; null when every pixel is good.
  const uint8_t* bad() const {
    return own_bad.empty() ? (mask ? mask->bad.data() : nullptr) : own_bad.data();
  }
};

/// Identifies a frame by its content: a 64-bit hash of type, shape and pixels (frame.cpp tells
/// which). Equal for the same pixels in any file, whatever the compression or the path.
uint64_t content_hash(const Frame& frame);

/// Pixels that are not masked, finite and inside the trusted range.
int64_t good_pixels(const Frame& frame);
bool has_good_pixel(const Frame& frame);

}  // namespace hitsieve
