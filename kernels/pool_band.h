// Pooling and its gradients on the CPU for a band of rows of one image, which a core's cache holds.
#pragma once
#include <vector>

#include "kernels/pool_slopes.h"

namespace hitsieve {

/// The rows [first, last) that windows [begin, end) see, or nothing.
struct RowsSeen {
  int64_t first, last;
  RowsSeen(const PoolAxis& y, int64_t begin, int64_t end)
      : first(begin < end ? y.first(begin) : 0), last(begin < end ? y.last(end - 1) : 0) {}
};

/// Rows [begin, end) of y, of one plane of x; `y` is where row `begin` goes. `memory` has the rows
/// that they see, pooled along x.
template <class T, class Reduction>
void pool_band(const Pool2dSizes& s, int64_t begin, int64_t end, const T* x, T* y,
               std::vector<T>& memory) {
  const RowsSeen rows(s.y, begin, end);
  const int64_t width = s.x.windows;
  if (s.y.kernel > 1) {
    memory.resize(size_t((rows.last - rows.first) * width));
    for (int64_t r = rows.first; r < rows.last; ++r)
      pool_row<T, Reduction>(s.x, x + r * s.x.length, memory.data() + (r - rows.first) * width);
  }
  for (int64_t p = begin; p < end; ++p, y += width) {
    const int64_t first = s.y.first(p), count = s.y.last(p) - first;
    if (s.y.kernel > 1)
      join_rows<T, Reduction>(count, width, memory.data() + (first - rows.first) * width, y);
    else
      pool_row<T, Reduction>(s.x, x + first * s.x.length, y);
  }
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

}  // namespace hitsieve
