// Internal to raw_to_vector and raw_to_image on the CPU: the rows of one raw frame, centred, and
// its windows of any kind, row by row, without ever holding the normalised image.
#pragma once
#include <algorithm>
#include <cmath>

#include "engine/simd.h"
#include "kernels/any_window.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve::raw_windows {

/// x = centred pixels and has = 1, both 0 where a pixel is invalid.
template <class T>
HS_SIMD void centre_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                        PixelBounds<T> bounds, Centring centring, float* __restrict x,
                        uint8_t* __restrict has) {
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    x[i] = counts ? centred_pixel(p[i], centring) : 0.0f, has[i] = counts;
  }
}

/// One frame, and how its pixels are centred.
template <class T>
struct CentredRows {
  const RawFrames& frame;
  PixelBounds<T> bounds;
  Centring centring;

  /// centre_row of row h.
  void operator()(int64_t h, float* x, uint8_t* has) const {
    centre_row(frame.row<T>(0, h), frame.mask_row(0, h), frame.W, bounds, centring, x, has);
  }
};

/// Calls take(h, row, floor) for every row of windows, of any kind and floor.
template <class T, class Take>
void for_any_rows(const CentredRows<T>& centred, const WindowWeights& weights,
                  const LcnOptions& options, const Take& take) {
  const int64_t H = centred.frame.H, W = centred.frame.W;
  double floor = centred.centring.deviation;
  if (options.floor == Floor::mean_deviation) {
    double sum = 0;
    int64_t count = 0;
    any_window::for_window_rows(weights, H, W, centred, [&](int64_t, const auto& row) {
      any_window::add_deviations(row, sum, count);
    });
    floor = count ? sum / double(count) : 0.0;
  }
  any_window::for_window_rows(weights, H, W, centred, [&](int64_t h, const auto& row) {
    take(h, row, options.floor_factor * floor);
  });
}

}  // namespace hitsieve::raw_windows
