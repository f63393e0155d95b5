// The arithmetic under conv2d's weight gradient on the CPU: products of rows of dy with rows of x
// that padded_rows.h has laid out, summed lane by lane in registers.
#pragma once
#include <vector>

#include "kernels/correlate.h"

namespace hitsieve {

/// sum[k][j] += sum_{p, q} dy[k * dy_plane + p * dy_row + q] * x[j][p * x_row + q] for p in
/// [0, height), q in [0, width), lane by lane: each sum is a whole vector in memory. `width` is a
/// multiple of lanes<T>.
struct RowProducts {
  int64_t height, width, dy_plane, dy_row, x_row;
};

template <class T, int64_t rows, int64_t columns>
HS_SIMD void add_products(const RowProducts& s, const T* dy, const T* const* x, int64_t x_offset,
                          int64_t sum_stride, T* sum) {
  Vector<T> total[rows][columns], xs[columns];
  const T* from[columns];
  for (int64_t j = 0; j < columns; ++j) from[j] = x[j] + x_offset;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j) load(total[r][j], sum + r * sum_stride + j * lanes<T>);
  for (int64_t p = 0; p < s.height; ++p)
    for (int64_t q = 0; q < s.width; q += lanes<T>) {
      for (int64_t j = 0; j < columns; ++j) load(xs[j], from[j] + p * s.x_row + q);
      for (int64_t r = 0; r < rows; ++r) {
        Vector<T> v;
        load(v, dy + r * s.dy_plane + p * s.dy_row + q);
        for (int64_t j = 0; j < columns; ++j) total[r][j] += v * xs[j];
      }
    }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j) store(sum + r * sum_stride + j * lanes<T>, total[r][j]);
}

/// For all of K planes of dy and all terms; sum [K][terms][lanes], x one place a term.
template <class T>
void add_all_products(int64_t K, const RowProducts& s, const T* dy, const std::vector<const T*>& x,
                      int64_t x_offset, T* sum) {
  const int64_t terms = int64_t(x.size()), sum_stride = terms * lanes<T>;
  for (int64_t k = 0; k < K;) {
    const int64_t rows = K - k >= tile_rows ? tile_rows : 1;
    for (int64_t j = 0; j < terms;) {
      const int64_t columns = terms - j >= tile_vectors ? tile_vectors : 1;
      const auto block =
          rows == 1      ? (columns == 1 ? add_products<T, 1, 1> : add_products<T, 1, tile_vectors>)
          : columns == 1 ? add_products<T, tile_rows, 1>
                         : add_products<T, tile_rows, tile_vectors>;
      block(s, dy + k * s.dy_plane, x.data() + j, x_offset, sum_stride,
            sum + k * sum_stride + j * lanes<T>);
      j += columns;
    }
    k += rows;
  }
}

}  // namespace hitsieve
