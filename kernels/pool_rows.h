// Pooling on the CPU, along the rows of an image and across them. A window's maximum or sum is that
// of its rows' maxima or sums: so pool2d.cpp pools every row, and then joins rows.
#pragma once
#include <algorithm>

#include "engine/simd.h"
#include "kernels/pool2d.h"

namespace hitsieve {

template <class T>
struct Largest {
  HS_INLINE static T join(T best, T x) { return is_larger(x, best) ? x : best; }
};
template <class T>
struct Smallest {
  HS_INLINE static T join(T best, T x) { return is_smaller(x, best) ? x : best; }
};
template <class T>
struct Sum {
  HS_INLINE static T join(T sum, T x) { return sum + x; }
};

/// The windows [first, last) that lie in x as a whole.
struct Whole {
  int64_t first, last;
  explicit Whole(const PoolAxis& s)
      : first(std::min(s.windows, (s.padding + s.stride - 1) / s.stride)),
        last(s.length + s.padding < s.kernel
                 ? first
                 : std::clamp((s.length + s.padding - s.kernel) / s.stride + 1, first, s.windows)) {
  }
};

template <class T, class Reduction>
void pool_edge(const PoolAxis& s, int64_t begin, int64_t end, const T* x, T* y) {
  for (int64_t q = begin; q < end; ++q) {
    T value = x[s.first(q)];
    for (int64_t i = s.first(q) + 1; i < s.last(q); ++i) value = Reduction::join(value, x[i]);
    y[q] = value;
  }
}

/// y[q] from x[q * stride, q * stride + kernel). Inlined with constants, it is vectorised.
template <class T, class Reduction>
HS_INLINE void pool_whole(int64_t count, int64_t kernel, int64_t stride, const T* __restrict x,
                          T* __restrict y) {
  for (int64_t q = 0; q < count; ++q) {
    T value = x[q * stride];
    for (int64_t j = 1; j < kernel; ++j) value = Reduction::join(value, x[q * stride + j]);
    y[q] = value;
  }
}

/// The maxima or sums of the windows of one row.
template <class T, class Reduction>
HS_SIMD void pool_row(const PoolAxis& s, const T* x, T* y) {
  const Whole whole(s);
  pool_edge<T, Reduction>(s, 0, whole.first, x, y);
  pool_edge<T, Reduction>(s, whole.last, s.windows, x, y);
  const int64_t count = whole.last - whole.first;
  x += whole.first * s.stride - s.padding, y += whole.first;
  if (s.kernel == 2 && s.stride == 2)
    pool_whole<T, Reduction>(count, 2, 2, x, y);
  else if (s.kernel == 3 && s.stride == 2)
    pool_whole<T, Reduction>(count, 3, 2, x, y);
  else if (s.kernel == 3 && s.stride == 3)
    pool_whole<T, Reduction>(count, 3, 3, x, y);
  else
    pool_whole<T, Reduction>(count, s.kernel, s.stride, x, y);
}

template <class T, class Reduction>
HS_INLINE void join_any(int64_t rows, int64_t width, const T* __restrict x, T* __restrict y) {
  for (int64_t q = 0; q < width; ++q) {
    T value = x[q];
    for (int64_t i = 1; i < rows; ++i) value = Reduction::join(value, x[i * width + q]);
    y[q] = value;
  }
}

/// y[q] is the maximum or sum of x[i][q] over `rows` rows.
template <class T, class Reduction>
HS_SIMD void join_rows(int64_t rows, int64_t width, const T* x, T* y) {
  if (rows == 2)
    join_any<T, Reduction>(2, width, x, y);
  else if (rows == 3)
    join_any<T, Reduction>(3, width, x, y);
  else
    join_any<T, Reduction>(rows, width, x, y);
}

template <class T>
HS_INLINE void add_to_any(int64_t rows, int64_t width, const T* __restrict dy,
                          const T* __restrict x, T* __restrict dx) {
  for (int64_t q = 0; q < width; ++q) {
    T best = x[q], row = 0;  // a number of T, as wide as what is compared
    for (int64_t i = 1; i < rows; ++i) {
      const T value = x[i * width + q];
      row = is_larger(value, best) ? T(i) : row;
      best = is_larger(value, best) ? value : best;
    }
    for (int64_t i = 0; i < rows; ++i) dx[i * width + q] += row == T(i) ? dy[q] : T(0);
  }
}

/// The gradient of join_rows: dx[i][q] += dy[q] for the first i where x[i][q] is largest.
template <class T>
HS_SIMD void add_to_largest_row(int64_t rows, int64_t width, const T* dy, const T* x, T* dx) {
  if (rows == 2)
    add_to_any(2, width, dy, x, dx);
  else if (rows == 3)
    add_to_any(3, width, dy, x, dx);
  else
    add_to_any(rows, width, dy, x, dx);
}

}  // namespace hitsieve
