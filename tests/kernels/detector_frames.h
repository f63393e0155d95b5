// Frames and masks to try preprocessing on, and to measure it with.
#pragma once
#include <cmath>
#include <vector>

#include "engine/philox.h"
#include "engine/tensor.h"

namespace hitsieve::test {

/// Values like a detector's: a curved background with noise, spots, and a few far outliers.
template <class T>
Tensor detector_frames(int64_t N, int64_t H, int64_t W, uint64_t seed, double pedestal = 100,
                       double noise = 5) {
  Random random(seed);
  std::vector<T> pixels;
  for (int64_t i = 0; i < N * H * W; ++i) {
    const double h = double(i / W % H) / double(H), w = double(i % W) / double(W);
    double p = pedestal + noise * (6 * std::sin(3 * h) * std::cos(2 * w) + random.normal());
    if (random.normal() > 2.9) p += 40 * noise * std::abs(random.normal());
    pixels.push_back(std::is_integral_v<T> ? T(std::llround(p)) : T(p));
  }
  return Tensor::of<T>({N, H, W}, pixels);
}

/// (H, W): random pixels with the given probability, and on request a gap of rows and of columns.
inline Tensor random_mask(const Shape& shape, uint64_t seed, double probability, bool gaps) {
  Random random(seed);
  const int64_t W = shape[shape.rank() - 1], H = shape[shape.rank() - 2];
  std::vector<uint8_t> bad;
  for (int64_t i = 0; i < shape.count(); ++i) {
    const int64_t h = i / W % H, w = i % W;
    const bool gap = gaps && ((h >= H / 3 && h < H / 3 + 7) || (w >= W / 2 && w < W / 2 + 3));
    bad.push_back(gap || random.uniform() < probability ? uint8_t(1 + i % 255) : uint8_t(0));
  }
  return Tensor::of<uint8_t>(shape, bad);
}

}  // namespace hitsieve::test
