#include "tests/kernels/fused_vectors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// A frame of H x W pixels near `middle`, and in it two windows of pixels that are `reach` below
/// and above it, but for their centres, which are so far on the other side.
template <class T>
std::vector<T> frame_near(int middle, int reach, int64_t H, int64_t W, int64_t w = 0) {
  std::vector<T> pixels(size_t(H * W));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = T(middle + int(i * 7 % 5) - 2);
  for (int64_t i = 0; i < 50; ++i) {
    const int sign = (i < 25) != (i % 25 == 12) ? -1 : 1;
    pixels[size_t((i / 25 * 11 + 3 + i % 25 / 5) * W + w + i % 5)] = T(middle + sign * reach);
  }
  return pixels;
}

/// check_fused with this floor in the pixels' unit.
template <class T>
void check_with_floor(double floor, const std::vector<T>& pixels, int64_t H, int64_t W,
                      const Tensor& mask = {}, const PixelRange& range = {}) {
  const Tensor raw = Tensor::of<T>({1, H, W}, pixels);
  const double deviation = statistics_of(valid_pixels<T>(raw, 0, mask, range)).deviation;
  check_fused<T>(raw, mask, range, {.floor_factor = floor / deviation}, 2e-6);
}

template <class T>
std::vector<int> middles() {
  if (std::is_signed_v<T>) return {-32000, -3, 32000};
  return {700, 33000, 64800};
}

}  // namespace

TEST_CASE_TEMPLATE("raw_to_vector: the largest differences of calm pixels", T, uint16_t, int16_t) {
  for (const int middle : middles<T>())
    for (const double floor : {40.5, 681.5, 682.5, 683.5, 700.5})
      for (const int64_t W : {9, 30, 252, 301}) {
        CAPTURE(middle);
        CAPTURE(floor);
        CAPTURE(W);
        for (const int64_t w : {int64_t(1), W - 6, W - 5})
          check_with_floor(floor, frame_near<T>(middle, int(floor), 24, W, w), 24, W);
      }
}

TEST_CASE_TEMPLATE("raw_to_vector: one pixel far from all others", T, uint16_t, int16_t) {
  constexpr int64_t H = 40, W = 300;
  using Limits = std::numeric_limits<T>;
  for (const int middle : middles<T>())
    for (const int64_t w : {128, 299})
      for (const int p : {int(Limits::lowest()), int(Limits::max()), middle - 600, middle + 600,
                          middle - (1 << 15), middle + (1 << 15)}) {
        if (p < Limits::lowest() || p > Limits::max()) continue;
        CAPTURE(middle);
        CAPTURE(p);
        CAPTURE(w);
        std::vector<T> pixels = frame_near<T>(middle, 20, H, W);
        pixels[size_t(30 * W + w)] = T(p);
        check_with_floor(30, pixels, H, W);
      }
}

TEST_CASE_TEMPLATE("raw_to_vector: calm pixels that do not count", T, uint16_t, int16_t) {
  constexpr int64_t H = 40, W = 300;
  for (const int middle : middles<T>())
    for (const int64_t w : {128, 129}) {
      CAPTURE(middle);
      CAPTURE(w);
      std::vector<uint8_t> bad(H * W);
      bad[size_t(30 * W + w)] = 1;
      std::vector<T> pixels = frame_near<T>(middle, 20, H, W);
      check_with_floor(30, pixels, H, W, Tensor::of<uint8_t>({H, W}, bad));
      pixels[size_t(30 * W + w)] = T(middle + 28), pixels[size_t(36 * W + w)] = T(middle - 28);
      check_with_floor(30, pixels, H, W, {}, {-1e9, middle + 25.0});
      check_with_floor(30, pixels, H, W, {}, {middle - 25.0, 1e9});
    }
}

TEST_CASE("raw_to_vector: rows that are calm again and again") {
  // A bright pixel every so many rows.
  constexpr int64_t H = 150, W = 70;
  for (const int64_t every : {1, 4, 5, 6, 9, 12, 13, 14, 17, 40}) {
    CAPTURE(every);
    std::vector<uint16_t> pixels = frame_near<uint16_t>(1000, 20, H, W);
    for (int64_t h = 0; h < H; h += every) pixels[size_t(h * W + h % W)] = 5000;
    check_with_floor(30, pixels, H, W);
  }
}
