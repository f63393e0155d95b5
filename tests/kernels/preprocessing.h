// The preprocessing chain written down plainly in float64: what the operations must reproduce.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/raw_to_vector.h"
#include "tests/kernels/detector_frames.h"
#include "tests/kernels/lcn_options.h"
#include "tests/kernels/operation.h"

namespace hitsieve::test {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// One frame of float64 values, NaN = no value.
struct Image {
  int64_t H, W;
  std::vector<double> at;
  double& operator()(int64_t h, int64_t w) { return at[size_t(h * W + w)]; }
  double operator()(int64_t h, int64_t w) const { return at[size_t(h * W + w)]; }
};

/// Frame n of raw pixels, with NaN for what is masked, not finite or out of range.
template <class T>
Image valid_pixels(const Tensor& raw, int64_t n, const Tensor& mask, const PixelRange& range) {
  const int64_t H = raw.shape()[1], W = raw.shape()[2];
  const std::vector<T> pixels = raw.values<T>();
  const std::vector<uint8_t> bad = mask ? mask.values<uint8_t>() : std::vector<uint8_t>();
  Image image{H, W, {}};
  for (int64_t i = 0; i < H * W; ++i) {
    const double p = double(pixels[size_t(n * H * W + i)]);
    const bool masked = mask && bad[size_t(mask.shape().rank() == 3 ? n * H * W + i : i)] != 0;
    const bool counts = !masked && std::isfinite(p) && p >= range.minimum && p <= range.maximum;
    image.at.push_back(counts ? p : no_value);
  }
  return image;
}

inline FrameStatistics statistics_of(const Image& image) {
  double sum = 0, squares = 0;
  int64_t valid = 0;
  for (double p : image.at)
    if (!std::isnan(p)) sum += p, ++valid;
  if (!valid) return {0, 0, 0};
  const double mean = sum / double(valid);
  for (double p : image.at)
    if (!std::isnan(p)) squares += (p - mean) * (p - mean);
  return {valid, mean, std::sqrt(squares / double(valid))};
}

inline Image gcn_of(Image image) {
  const FrameStatistics s = statistics_of(image);
  for (double& p : image.at)
    if (!std::isnan(p)) p = s.deviation > 0 ? (p - s.mean) / s.deviation : 0;
  return image;
}

inline Image lcn_of(const Image& x, const LcnOptions& options) {
  const int K = options.window, half = K / 2;
  const double sigma = options.sigma > 0 ? options.sigma : 2.0 / 9 * K;
  const auto axis = [&](int k) {
    return options.kind == Window::box ? 1.0
                                       : std::exp(-(k - half) * (k - half) / (2 * sigma * sigma));
  };
  Image y{x.H - K + 1, x.W - K + 1, {}}, s = y;
  for (int64_t h = 0; h < y.H; ++h)
    for (int64_t w = 0; w < y.W; ++w) {
      double weight = 0, mean = 0, square = 0;
      const auto over_window = [&](const auto& body) {
        for (int r = 0; r < K; ++r)
          for (int c = 0; c < K; ++c)
            if (!std::isnan(x(h + r, w + c))) body(x(h + r, w + c), axis(r) * axis(c));
      };
      over_window([&](double v, double a) { weight += a, mean += a * v; });
      mean /= weight;
      over_window([&](double v, double a) { square += a * (v - mean) * (v - mean); });
      const bool has = !std::isnan(x(h + half, w + half));
      y.at.push_back(has ? x(h + half, w + half) - mean : no_value);
      s.at.push_back(has ? std::sqrt(square / weight) : no_value);
    }
  const double floor =
      options.floor_factor * (options.floor == Floor::global ? 1 : statistics_of(s).mean);
  for (size_t i = 0; i < y.at.size(); ++i)
    if (!std::isnan(y.at[i])) {
      const double divisor = std::max(s.at[i], floor);
      y.at[i] = divisor > 0 ? y.at[i] / divisor : 0;
    }
  return y;
}

inline std::vector<double> rwd_of(const Image& y) {
  std::vector<double> d;
  for (int64_t h = 0; h < y.H; ++h) {
    double top = -INFINITY, bottom = INFINITY;
    for (int64_t w = 0; w < y.W; ++w)
      if (!std::isnan(y(h, w))) top = std::max(top, y(h, w)), bottom = std::min(bottom, y(h, w));
    d.push_back(top >= bottom ? top - bottom : 0);
  }
  return d;
}

/// As check_close, and NaN where the other is NaN.
template <class T>
void check_close_nan(const Tensor& a, const std::vector<double>& b, double tolerance) {
  const std::vector<T> u = a.values<T>();
  REQUIRE(u.size() == b.size());
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < u.size(); ++i) {
    if (std::isnan(u[i]) && std::isnan(b[i])) continue;
    const double d = std::abs(double(u[i]) - b[i]) / std::max(1.0, std::abs(b[i]));
    if (!(d <= worst)) worst = d, at = i;
  }
  INFO("index " << at << ": " << u[at] << " against " << b[at]);
  CHECK(worst <= tolerance);
}

}  // namespace hitsieve::test
