// The gradients of pooling along one row, on the CPU.
#pragma once
#include "kernels/pool_rows.h"

namespace hitsieve {

/// Windows [begin, end), wherever they are.
template <class T>
void add_max_slopes_of(const PoolAxis& s, int64_t begin, int64_t end, const T* dy, const T* x,
                       T* dx) {
  for (int64_t q = begin; q < end; ++q) {
    int64_t best = s.first(q);
    for (int64_t i = best + 1; i < s.last(q); ++i)
      if (is_larger(x[i], x[best])) best = i;
    dx[best] += dy[q];
  }
}

/// Windows of two elements next to each other: no branch depends on x.
template <class T>
HS_INLINE void add_max_slopes_of_pairs(int64_t count, const T* __restrict dy, const T* __restrict x,
                                       T* __restrict dx) {
  for (int64_t q = 0; q < count; ++q) {
    const bool second = is_larger(x[2 * q + 1], x[2 * q]);
    dx[2 * q] += second ? T(0) : dy[q];
    dx[2 * q + 1] += second ? dy[q] : T(0);
  }
}

/// dy if element `which` of the three from x on is their first maximum, else 0.
template <int which, class T>
HS_INLINE T slope_of_three(const T* x, T dy) {
  const bool second = is_larger(x[1], x[0]);
  const bool third = is_larger(x[2], second ? x[1] : x[0]);
  const bool own = which == 2 ? third : !third & (second == (which == 1));
  return own ? dy : T(0);
}

/// Windows of three elements at every second one; each shares its last element with the next one.
template <class T>
HS_INLINE void add_max_slopes_of_threes(int64_t count, const T* __restrict dy,
                                        const T* __restrict x, T* __restrict dx) {
  if (count == 0) return;
  dx[0] += slope_of_three<0>(x, dy[0]);
  dx[1] += slope_of_three<1>(x, dy[0]);
  for (int64_t q = 1; q < count; ++q) {
    dx[2 * q] += slope_of_three<2>(x + 2 * q - 2, dy[q - 1]) + slope_of_three<0>(x + 2 * q, dy[q]);
    dx[2 * q + 1] += slope_of_three<1>(x + 2 * q, dy[q]);
  }
  dx[2 * count] += slope_of_three<2>(x + 2 * count - 2, dy[count - 1]);
}

/// Windows of three elements next to each other: dealt out to three rows, of which the compiler
/// makes vectors, a block of windows at a time.
template <class T>
HS_INLINE void add_max_slopes_of_threes_apart(int64_t count, const T* __restrict dy,
                                              const T* __restrict x, T* __restrict dx) {
  constexpr int64_t block = 16;
  T in[3][block], out[3][block], slope[block] = {};
  for (int64_t q = 0; q < count; q += block) {
    const int64_t n = std::min(block, count - q);
    for (int64_t i = 0; i < block; ++i) {
      const int64_t from = 3 * (q + (i < n ? i : 0));
      for (int64_t k = 0; k < 3; ++k) in[k][i] = x[from + k];
      slope[i] = dy[q + (i < n ? i : 0)];
    }
    for (int64_t i = 0; i < block; ++i) {
      const bool second = is_larger(in[1][i], in[0][i]);
      const T larger = second ? in[1][i] : in[0][i];
      const bool third = is_larger(in[2][i], larger);
      const T of_both = third ? T(0) : slope[i];
      out[0][i] = second ? T(0) : of_both;
      out[1][i] = second ? of_both : T(0);
      out[2][i] = third ? slope[i] : T(0);
    }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < 3; ++k) dx[3 * (q + i) + k] += out[k][i];
  }
}

/// dx[i] += dy[q] for the first i where x[i] is the maximum of window q, for all windows of a row.
template <class T>
HS_SIMD void add_max_slopes(const PoolAxis& s, const T* dy, const T* x, T* dx) {
  Whole whole(s);
  const bool threes_apart = s.kernel == 3 && s.stride == 3;
  if (!threes_apart && (s.stride != 2 || s.kernel < 2 || s.kernel > 3)) whole.last = whole.first;
  add_max_slopes_of(s, 0, whole.first, dy, x, dx);
  add_max_slopes_of(s, whole.last, s.windows, dy, x, dx);
  const int64_t count = whole.last - whole.first, start = whole.first * s.stride - s.padding;
  if (threes_apart)
    add_max_slopes_of_threes_apart(count, dy + whole.first, x + start, dx + start);
  else if (s.kernel == 2)
    add_max_slopes_of_pairs(count, dy + whole.first, x + start, dx + start);
  else
    add_max_slopes_of_threes(count, dy + whole.first, x + start, dx + start);
}

/// dx[i] += dy[q] for every i of window q.
template <class T>
HS_SIMD void add_sum_slopes(const PoolAxis& s, const T* dy, T* dx) {
  for (int64_t q = 0; q < s.windows; ++q)
    for (int64_t i = s.first(q); i < s.last(q); ++i) dx[i] += dy[q];
}

}  // namespace hitsieve
