// The arithmetic under conv2d on the CPU: every pass is a correlation, or a product, of rows that
// padded_rows.h has laid out so that the inner loops run over contiguous elements with no edge
// cases, and sums stay in registers.
#pragma once
#include <algorithm>
#include <vector>

#include "kernels/vector.h"

namespace hitsieve {

inline constexpr int64_t tile_rows = 4, tile_vectors = 3;  // 12 sums in 16 registers or more

constexpr int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

/// Planes of sums over inputs and taps: for p in [0, height), q in [0, width)
///   y[p * y_row + q] = start + sum_{i, t} a[i, t] * x[i * x_plane + shift[t] + p * x_row + q].
/// Rows of x are readable up to q = round_up(width, lanes<T, wide>).
struct Correlation {
  int64_t inputs, x_plane, x_row;
  std::vector<int64_t> shift;  // one a tap
  int64_t height, width, y_plane, y_row;
};

/// Where the vectors of a tile come from and go to; of a vector at the end of a row, fewer
/// elements.
template <class T>
struct Tile {
  const T* from[tile_vectors];
  T* to[tile_vectors];
  int64_t count[tile_vectors];
};

template <int64_t bytes, class T, int64_t rows>
HS_INLINE void correlate_tile(const Correlation& s, const T* a, const T* start,
                              const Tile<T>& tile) {
  const int64_t taps = int64_t(s.shift.size());
  Vector<T, bytes> sum[rows][tile_vectors];
  for (int64_t r = 0; r < rows; ++r)
    for (auto& v : sum[r]) v = Vector<T, bytes>{} + start[r];
  for (int64_t i = 0; i < s.inputs; ++i)
    for (int64_t t = 0; t < taps; ++t, a += rows) {
      const int64_t shift = i * s.x_plane + s.shift[size_t(t)];
      for (int64_t j = 0; j < tile_vectors; ++j) {
        Vector<T, bytes> v;
        load(v, tile.from[j] + shift);
        for (int64_t r = 0; r < rows; ++r) sum[r][j] += a[r] * v;
      }
    }
#pragma GCC unroll 4  // or the sums go through memory
  for (int64_t r = 0; r < rows; ++r)
#pragma GCC unroll 3
    for (int64_t j = 0; j < tile_vectors; ++j) {
      T* to = tile.to[j] + r * s.y_plane;
      if (tile.count[j] == lanes<T, bytes>)
        store(to, sum[r][j]);
      else
        std::memcpy(to, &sum[r][j], size_t(tile.count[j]) * sizeof(T));
    }
}

/// `rows` outputs at once, in tiles of `tile_vectors` vectors, wherever in the plane they are, so
/// that narrow planes waste little. a [inputs][taps][rows].
template <int64_t bytes, class T, int64_t rows>
HS_SIMD void correlate(const Correlation& s, const T* a, const T* start, const T* x, T* y) {
  constexpr int64_t lanes = hitsieve::lanes<T, bytes>;
  Tile<T> tile;
  for (int64_t p = 0, q = 0; p < s.height;) {
    for (int64_t j = 0; j < tile_vectors; ++j) {
      if (p == s.height) {  // the last vector is computed again
        tile.from[j] = tile.from[j - 1], tile.to[j] = tile.to[j - 1];
        tile.count[j] = tile.count[j - 1];
        continue;
      }
      tile.from[j] = x + p * s.x_row + q, tile.to[j] = y + p * s.y_row + q;
      tile.count[j] = std::min(lanes, s.width - q);
      q += lanes;
      if (q >= s.width) q = 0, ++p;
    }
    correlate_tile<bytes, T, rows>(s, a, start, tile);
  }
}

/// Coefficients in the order in which correlate_all reads them.
template <class T, class Coefficient>
std::vector<T> packed(int64_t outputs, int64_t inputs, int64_t taps, Coefficient coefficient) {
  std::vector<T> a;
  a.reserve(size_t(outputs * inputs * taps));
  for (int64_t o = 0; o < outputs;) {
    const int64_t rows = outputs - o >= tile_rows ? tile_rows : 1;
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t t = 0; t < taps; ++t)
        for (int64_t r = 0; r < rows; ++r) a.push_back(coefficient(o + r, i, t));
    o += rows;
  }
  return a;
}

template <class T>
void correlate_all(int64_t outputs, const Correlation& s, const T* a, const T* start, const T* x,
                   T* y) {
  const int64_t terms = s.inputs * int64_t(s.shift.size());
  for (int64_t o = 0; o < outputs;) {
    const int64_t rows = outputs - o >= tile_rows ? tile_rows : 1;
    const auto block =
        has_wide_vectors()
            ? (rows == tile_rows ? correlate<wide, T, tile_rows> : correlate<wide, T, 1>)
            : (rows == tile_rows ? correlate<narrow, T, tile_rows> : correlate<narrow, T, 1>);
    block(s, a + o * terms, start + o, x, y + o * s.y_plane);
    o += rows;
  }
}

}  // namespace hitsieve
