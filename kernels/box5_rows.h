// Internal to raw_to_vector on the CPU: the fast path for the default window, a box of 5 x 5 with
// the global floor. A strip of columns is walked down in blocks of four rows; all it holds stays in
// the caches next to the core. Here: sums along the rows; box5_windows.h: down the columns.
#pragma once
#include <cstdint>

#include "engine/simd.h"

namespace hitsieve::box5 {

constexpr int64_t strip = 384;  // columns of windows walked down together, at most
constexpr int64_t width = strip + 64;
constexpr int64_t lanes = 16;  // of floats; `columns` below are whole numbers of them
constexpr int block = 4;       // rows

/// Four rows of centred pixels; x and has are 0 where a pixel is invalid or beyond the edge.
struct alignas(64) Rows {
  float x[block][width];
  bool whole;   ///< none of their pixels is invalid
  bool marked;  ///< has and count are filled: only where windows need them
  uint8_t has[block][width];
  uint8_t count[block][strip];  ///< of valid pixels among five in the row
};

/// Sums over five pixels in the row, for four rows.
template <class Sum>
struct alignas(64) RowSums {
  Sum sum[block][strip], square[block][strip];
};

template <class Sum>
HS_SIMD void sum_rows(const Rows& rows, int64_t columns, RowSums<Sum>& y) {
  for (int r = 0; r < block; ++r) {
    const float* __restrict x = rows.x[r];
    Sum* __restrict sum = y.sum[r], * __restrict square = y.square[r];
    for (int64_t i = 0; i < columns; ++i) {
      const Sum a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3], e = x[i + 4];
      sum[i] = a + b + c + d + e;
      square[i] = a * a + b * b + c * c + d * d + e * e;
    }
  }
}

inline HS_SIMD void count_rows(Rows& rows, int64_t columns) {
  columns = (columns + 63) / 64 * 64;  // whole vectors of bytes
  for (int r = 0; r < block; ++r) {
    const uint8_t* __restrict has = rows.has[r];
    uint8_t* __restrict count = rows.count[r];
    for (int64_t i = 0; i < columns; ++i)
      count[i] = uint8_t(has[i] + has[i + 1] + has[i + 2] + has[i + 3] + has[i + 4]);
  }
}

}  // namespace hitsieve::box5
