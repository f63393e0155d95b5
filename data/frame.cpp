#include "data/frame.h"

#include <bit>
#include <cstring>

namespace hitsieve {
namespace {

/// Good pixels, counted until there are `enough`.
template <class T>
int64_t count_good(const Frame& frame, int64_t enough) {
  const T* pixel = frame.data<T>();
  const uint8_t* bad = frame.bad();
  const double low = frame.trusted.min, high = frame.trusted.max;
  int64_t good = 0;
  for (int64_t i = 0; i < frame.shape.pixels() && good < enough; ++i) {
    const auto value = double(pixel[i]);  // NaN is in no range
    good += !(bad && bad[i]) && value >= low && value <= high;
  }
  return good;
}

int64_t count_good(const Frame& frame, int64_t enough) {
  return by_pixel(frame.type, "frame",
                  [&]<class T>() -> int64_t { return count_good<T>(frame, enough); });
}

/// The finishing step of splitmix64: every bit of x reaches every bit of the result.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

Region whole(FrameShape shape) { return {0, 0, shape}; }

Region central(FrameShape shape, int64_t side) {
  check(shape.ss >= side && shape.fs >= side, "frames of ", shape.ss, " x ", shape.fs,
        " pixels are smaller than the crop of ", side, " x ", side);
  return {(shape.ss - side) / 2, (shape.fs - side) / 2, {side, side}};
}

/// Four lanes take every fourth 64-bit word each (xor, multiply by an odd constant, rotate), so
/// that the multiplications overlap; the last bytes are padded with zeros; then lanes, type and
/// shape are mixed. 64 bits: two of a million different frames agree with a chance of 3e-8.
uint64_t content_hash(const Frame& frame) {
  constexpr uint64_t odd = 0x9E3779B97F4A7C15ull;
  uint64_t lane[4] = {1, 2, 3, 4};
  const std::byte* bytes = frame.pixels.data();
  const size_t count = frame.pixels.size();
  for (size_t at = 0; at < count; at += 32) {
    uint64_t word[4] = {};
    std::memcpy(word, bytes + at, count - at < 32 ? count - at : 32);
    for (int i = 0; i < 4; ++i) lane[i] = std::rotl((lane[i] ^ word[i]) * odd, 31);
  }
  uint64_t hash = mix(uint64_t(frame.type) + 1);
  for (const uint64_t part :
       {uint64_t(frame.shape.ss), uint64_t(frame.shape.fs), lane[0], lane[1], lane[2], lane[3]})
    hash = mix(hash * odd + part);
  return hash;
}

int64_t good_pixels(const Frame& frame) { return count_good(frame, frame.shape.pixels()); }

bool has_good_pixel(const Frame& frame) { return count_good(frame, 1) == 1; }

}  // namespace hitsieve
