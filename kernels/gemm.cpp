#include "kernels/gemm.h"

#include <algorithm>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

constexpr int64_t tile_rows = 4;  // rows of c that share each load of b

/// c[0..rows) (rows, N) = a (rows, K) * b (K, N), rows <= tile_rows, nothing transposed.
template <class T>
HS_SIMD void product_rows(int64_t rows, int64_t N, int64_t K, const T* __restrict a,
                          const T* __restrict b, T* __restrict c) {
  std::fill_n(c, rows * N, T(0));
  if (rows == tile_rows) {
    T *c0 = c, *c1 = c + N, *c2 = c + 2 * N, *c3 = c + 3 * N;
    for (int64_t k = 0; k < K; ++k) {
      const T a0 = a[k], a1 = a[K + k], a2 = a[2 * K + k], a3 = a[3 * K + k];
      const T* bk = b + k * N;
#pragma GCC ivdep
      for (int64_t n = 0; n < N; ++n) {
        c0[n] += a0 * bk[n], c1[n] += a1 * bk[n];
        c2[n] += a2 * bk[n], c3[n] += a3 * bk[n];
      }
    }
    return;
  }
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < K; ++k)
      for (int64_t n = 0; n < N; ++n) c[m * N + n] += a[m * K + k] * b[k * N + n];
}

/// (rows, columns) -> (columns, rows)
template <class T>
std::vector<T> transposed(const T* x, int64_t rows, int64_t columns) {
  std::vector<T> y(size_t(rows * columns));
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) y[size_t(c * rows + r)] = x[r * columns + c];
  return y;
}

template <class T>
void product(const GemmSizes& s, const T* a, const T* b, T* c) {
  std::vector<T> at, bt;
  if (s.transpose_a) at = transposed(a, s.K, s.M), a = at.data();
  if (s.transpose_b) bt = transposed(b, s.N, s.K), b = bt.data();
  const int64_t work_a_tile = tile_rows * s.N * s.K;
  const int64_t tiles = std::max<int64_t>(1, (1 << 16) / std::max<int64_t>(1, work_a_tile));
  parallel_for(s.M, tile_rows * tiles, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; m += tile_rows)
      product_rows(std::min(tile_rows, end - m), s.N, s.K, a + m * s.K, b, c + m * s.N);
  });
}

template <class T>
constexpr GemmKernels<T> kernels{product<T>};

}  // namespace

template <>
const GemmKernels<float> On<GemmKernels<float>>::cpu = kernels<float>;
template <>
const GemmKernels<double> On<GemmKernels<double>>::cpu = kernels<double>;

}  // namespace hitsieve
