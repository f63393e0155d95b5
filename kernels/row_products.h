// The arithmetic under conv2d's weight gradient on the CPU: products of rows of dy with rows of x
// that padded_rows.h has laid out, summed lane by lane in registers.
#pragma once
#include <vector>

#include "kernels/correlate.h"

namespace hitsieve {

/// sum[k][j] += sum_{p, q} dy[k * dy_plane + p * dy_row + q] * x[j][p * x_row + q] for p in
/// [0, height), q in [0, width), lane by lane: each sum is a whole vector in memory, a wide one on
/// every machine, so that all add in the same order. `width` is a multiple of lanes<T, wide>.
struct RowProducts {
  int64_t height, width, dy_plane, dy_row, x_row;
};

template <class T, int64_t rows, int64_t columns>
HS_SIMD void add_products(const RowProducts& s, const T* dy, const T* const* x, int64_t x_offset,
                          int64_t sum_stride, T* sum) {
  Vector<T, wide> total[rows][columns], slope[rows];
  const T* from[columns];
  for (int64_t j = 0; j < columns; ++j) from[j] = x[j] + x_offset;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j)
      load(total[r][j], sum + r * sum_stride + j * lanes<T, wide>);
  for (int64_t p = 0; p < s.height; ++p)
    for (int64_t q = 0; q < s.width; q += lanes<T, wide>) {
      for (int64_t r = 0; r < rows; ++r) load(slope[r], dy + r * s.dy_plane + p * s.dy_row + q);
      for (int64_t j = 0; j < columns; ++j) {
        Vector<T, wide> v;
        load(v, from[j] + p * s.x_row + q);
        for (int64_t r = 0; r < rows; ++r) total[r][j] += slope[r] * v;
      }
    }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j)
      store(sum + r * sum_stride + j * lanes<T, wide>, total[r][j]);
}

/// For all of K planes of dy and all terms; sum [K][terms][lanes], x one place a term. 2 x 3 wide
/// sums fill AVX2's registers, 4 x 3 are half of AVX-512's.
template <class T>
void add_all_products(int64_t K, const RowProducts& s, const T* dy, const std::vector<const T*>& x,
                      int64_t x_offset, T* sum) {
  constexpr int64_t most = 3;
  const int64_t terms = int64_t(x.size()), sum_stride = terms * lanes<T, wide>;
  const int64_t most_rows = has_wide_vectors() ? 4 : 2;
  for (int64_t k = 0; k < K;) {
    const int64_t rows = K - k >= most_rows ? most_rows : 1;
    for (int64_t j = 0; j < terms;) {
      const int64_t columns = terms - j >= most ? most : 1;
      const auto block = [&] {
        if (rows == 1) return columns == 1 ? add_products<T, 1, 1> : add_products<T, 1, most>;
        if (rows == 2) return columns == 1 ? add_products<T, 2, 1> : add_products<T, 2, most>;
        return columns == 1 ? add_products<T, 4, 1> : add_products<T, 4, most>;
      }();
      block(s, dy + k * s.dy_plane, x.data() + j, x_offset, sum_stride,
            sum + k * sum_stride + j * lanes<T, wide>);
      j += columns;
    }
    k += rows;
  }
}

}  // namespace hitsieve
