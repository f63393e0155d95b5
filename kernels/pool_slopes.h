// The gradients of pooling on the CPU: of a row, and of a band of rows.
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

/// Rows [first, last) of x, the windows [begin, end) that see them, and all rows that those see.
struct RowsOfX {
  int64_t first, last, begin, end;
  RowsSeen seen;
  RowsOfX(const PoolAxis& y, int64_t first_row, int64_t last_row)
      : first(first_row),
        last(last_row),
        begin(y.first_window(first_row)),
        end(y.last_window(last_row - 1)),
        seen(y, begin, end) {}
};

/// The same for rows of one plane, whose slopes are `dy`: back through join_rows into memory, and
/// from there through pool_row. Windows that see rows of two bands are looked at for each of them.
/// `x` is where row rows.seen.first is, `dx` where row rows.first goes.
template <class T>
void add_max_slopes_of_band(const Pool2dSizes& s, const RowsOfX& rows, const T* dy, const T* x,
                            T* dx, std::vector<T>& memory) {
  const RowsSeen& seen = rows.seen;
  const int64_t width = s.x.windows, count = (seen.last - seen.first) * width;
  if (s.y.kernel > 1) {
    memory.resize(size_t(2 * count));  // pooled rows, and their slopes
    std::fill_n(memory.data() + count, count, T(0));
    for (int64_t r = 0; r < seen.last - seen.first; ++r)
      pool_row<T, Largest<T>>(s.x, x + r * s.x.length, memory.data() + r * width);
    for (int64_t p = rows.begin; p < rows.end; ++p) {
      const int64_t first = s.y.first(p), at = (first - seen.first) * width;
      add_to_largest_row(s.y.last(p) - first, width, dy + p * width, memory.data() + at,
                         memory.data() + count + at);
    }
  }
  for (int64_t r = std::max(rows.first, seen.first); r < std::min(rows.last, seen.last); ++r) {
    const int64_t p = s.y.first_window(r);
    if (p == s.y.last_window(r)) continue;
    const T* of_row =
        s.y.kernel > 1 ? memory.data() + count + (r - seen.first) * width : dy + p * width;
    add_max_slopes(s.x, of_row, x + (r - seen.first) * s.x.length,
                   dx + (r - rows.first) * s.x.length);
  }
}

/// dx[i] += dy[q] for every i of window q.
template <class T>
HS_SIMD void add_sum_slopes(const PoolAxis& s, const T* dy, T* dx) {
  for (int64_t q = 0; q < s.windows; ++q)
    for (int64_t i = s.first(q); i < s.last(q); ++i) dx[i] += dy[q];
}

}  // namespace hitsieve
