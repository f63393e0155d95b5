// Internal to raw_to_vector and raw_to_image on the CPU: the fast path for the default window, a
// box of 5 x 5 with the global floor. Four rows of a strip of columns as floats, for the windows
// that box5_calm.h does not do; all that is held stays in the caches next to the core. Here: sums
// along the rows, and how many pixels are in them; box5_windows.h: down the columns.
#pragma once
#include <cstdint>

#include "engine/simd.h"

namespace hitsieve::box5 {

constexpr int64_t segment = 64;  // columns that are looked at together
constexpr int64_t segments = 6;
constexpr int64_t width = segments * segment;  // of pixels, at most
constexpr int64_t strip = width - 4;           // of windows walked down together
constexpr int64_t lanes = 16;                  // of floats
constexpr int block = 4;                       // rows

/// Four rows of centred pixels; x and has are 0 where a pixel is invalid.
struct alignas(64) Rows {
  float x[block][width + segment];
  uint8_t has[block][width + segment];
};

/// Sums over five pixels in the row, from each on, for four rows.
template <class Sum>
struct alignas(64) RowSums {
  Sum sum[block][width], square[block][width];
};
struct alignas(64) RowCounts {
  uint8_t count[block][width];
};

/// These do a segment, from column `at` on.
template <class Sum>
HS_SIMD void sum_rows(const Rows& rows, int64_t at, RowSums<Sum>& y) {
  for (int r = 0; r < block; ++r) {
    const float* __restrict x = rows.x[r] + at;
    Sum* __restrict sum = y.sum[r] + at;
    for (int64_t i = 0; i < segment; ++i) {
      const Sum a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3], e = x[i + 4];
      sum[i] = a + b + c + d + e;
    }
  }
}

template <class Sum>
HS_SIMD void square_rows(const Rows& rows, int64_t at, RowSums<Sum>& y) {
  for (int r = 0; r < block; ++r) {
    const float* __restrict x = rows.x[r] + at;
    Sum* __restrict square = y.square[r] + at;
    for (int64_t i = 0; i < segment; ++i) {
      const Sum a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3], e = x[i + 4];
      square[i] = a * a + b * b + c * c + d * d + e * e;
    }
  }
}

inline HS_SIMD void count_rows(const Rows& rows, int64_t at, RowCounts& y) {
  for (int r = 0; r < block; ++r) {
    const uint8_t* __restrict has = rows.has[r] + at;
    uint8_t* __restrict count = y.count[r] + at;
    for (int64_t i = 0; i < segment; ++i)
      count[i] = uint8_t(has[i] + has[i + 1] + has[i + 2] + has[i + 3] + has[i + 4]);
  }
}

}  // namespace hitsieve::box5
