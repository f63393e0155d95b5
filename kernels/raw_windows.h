// Internal to raw_to_vector and raw_to_image on the CPU: the windows of one raw frame, row by row,
// centred and normalised, without ever holding the normalised image.
#pragma once
#include <algorithm>
#include <cmath>

#include "engine/simd.h"
#include "kernels/any_window.h"
#include "kernels/box5_windows.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve::raw_windows {

/// x = centred pixels and has = 1, or both 0 where a pixel is invalid.
template <class T>
HS_SIMD void centre_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                        PixelBounds<T> bounds, Centring centring, float* __restrict x,
                        uint8_t* __restrict has) {
  const int32_t origin = sizeof(T) == 2 ? int32_t(centring.origin) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    float value;
    if constexpr (sizeof(T) == 2)
      value = float(int32_t(p[i]) - origin);
    else
      value = float((double(p[i]) - centring.origin) * centring.scale);
    x[i] = counts ? value : 0.0f, has[i] = counts;
  }
}

/// Reads rows of one frame, centred.
template <class T>
struct CentredRows {
  const RawFrames& frame;
  PixelBounds<T> bounds;
  Centring centring;

  void operator()(int64_t h, int64_t w, int64_t count, float* x, uint8_t* has) const {
    const uint8_t* bad = frame.mask_row(0, h);
    centre_row(frame.row<T>(0, h) + w, bad ? bad + w : nullptr, count, bounds, centring, x, has);
  }
};

/// Rows h to h + 4 from column w on; what lies outside of the frame has no value.
template <class T>
void read_rows(const CentredRows<T>& rows, int64_t h, int64_t w, box5::Rows& y) {
  for (int r = 0; r < box5::block; ++r) {
    const int64_t inside =
        h + r < rows.frame.H ? std::min(box5::width, rows.frame.W - w) : int64_t(0);
    if (inside) rows(h + r, w, inside, y.x[r], y.has[r]);
    std::fill(y.x[r] + inside, y.x[r] + box5::width, 0.0f);
    std::fill(y.has[r] + inside, y.has[r] + box5::width, uint8_t(0));
  }
}

/// Calls take(h, w, columns, padded, y) for every block of rows h to h + box5::block (the last may
/// hang over the end) of every strip of columns from w on; y[r][i] is the signed square of the
/// normalised pixel (h + r, w + i), up to `columns`; beyond them, up to `padded`, of no pixel.
template <class T, class Take>
void for_box5_blocks(const CentredRows<T>& centred, float floor, const Take& take) {
  const int64_t H = centred.frame.H, windows = H - 4;
  for (int64_t w = 0; w < centred.frame.W - 4; w += box5::strip) {
    const int64_t columns = std::min(box5::strip, centred.frame.W - 4 - w);
    const int64_t padded = (columns + box5::lanes - 1) / box5::lanes * box5::lanes;
    box5::Rows rows[2];
    box5::RowSums<float> sums[2];
    alignas(64) float count[box5::block][box5::strip], y[box5::block][box5::strip];
    for (int64_t h = -box5::block; h < windows; h += box5::block) {
      const int lower = int(h / box5::block & 1);  // of the two halves of eight rows
      read_rows(centred, h + box5::block, w, rows[lower]);
      box5::count_rows(rows[lower], padded);
      box5::sum_rows(rows[lower], padded, sums[lower]);
      if (h < 0) continue;
      const box5::Rows &a = rows[!lower], &b = rows[lower];
      box5::count_windows(a, b, columns, padded, count);
      if (!box5::window_values(a, b, sums[!lower], sums[lower], count, padded, floor, y)) {
        box5::RowSums<double> exact[2];
        box5::sum_rows(a, padded, exact[0]), box5::sum_rows(b, padded, exact[1]);
        box5::window_values(a, b, exact[0], exact[1], count, padded, floor, y);
      }
      take(h, w, columns, padded, y);
    }
  }
}

/// Calls take(h, row, floor) for every row of windows, of any kind and floor.
template <class T, class Take>
void for_any_rows(const CentredRows<T>& centred, const WindowWeights& weights,
                  const LcnOptions& options, const Take& take) {
  const int64_t H = centred.frame.H, W = centred.frame.W;
  const auto read = [&](int64_t h, float* x, uint8_t* has) { centred(h, 0, W, x, has); };
  double floor = centred.centring.deviation;
  if (options.floor == Floor::mean_deviation) {
    double sum = 0;
    int64_t count = 0;
    any_window::for_window_rows(weights, H, W, read, [&](int64_t, const auto& row) {
      any_window::add_deviations(row, sum, count);
    });
    floor = count ? sum / double(count) : 0.0;
  }
  any_window::for_window_rows(weights, H, W, read, [&](int64_t h, const auto& row) {
    take(h, row, options.floor_factor * floor);
  });
}

}  // namespace hitsieve::raw_windows
