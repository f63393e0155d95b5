// Internal to raw_to_vector and raw_to_image on the CPU: the 5 x 5 box windows of a raw frame, in
// blocks of four rows: those in calm pixels, and the others.
#pragma once
#include "kernels/box5_segments.h"
#include "kernels/box5_windows.h"

namespace hitsieve::box5 {

/// Four rows of a strip, in segments, of which X is for calm ones; the rest is found when it is
/// asked for.
template <class T, class X>
struct Half {
  CalmRows<X> calm_rows;
  Rows rows;
  RowSums<float> sums;
  RowCounts counts;
  Found found[segments];
  bool fast;  ///< X is filled in

  bool is_calm() const { return mostly_calm(found, some); }
  /// The rows from h on, `columns` of pixels from column w on. Beyond them and beyond the frame the
  /// last ones come again: for windows that nobody asks for.
  void read(const RawFrames& frame, const Reading<T>& of, int64_t h, int64_t w, int64_t columns,
            bool with_x) {
    fast = with_x;
    reading = of, whole_segments = columns / segment, some = (columns + segment - 1) / segment;
    for (int r = 0; r < block; ++r) {
      const int64_t row = std::min(h + r, frame.H - 1), at = whole_segments * segment;
      raw.p[r] = frame.template row<T>(0, row) + w;
      raw.bad[r] = frame.mask ? frame.mask_row(0, row) + w : nullptr;
      repeat_end(raw.p[r] + at, columns - at, end[r]);
      if (frame.mask) repeat_end(raw.bad[r] + at, columns - at, end_bad[r]);
      std::fill_n(rows.x[r] + some * segment, 4, 0.0f);
      std::fill_n(rows.has[r] + some * segment, 4, uint8_t(0));
      std::fill_n(calm_rows.x[r] + some * segment, 4, X(0));
    }
    for (int64_t s = 0; s < some; ++s) {
      const RawSegment<T> it = raw_segment(s);
      const bool calm = fast && of.floor > 0 && !(frame.mask && any_masked(it.bad)) &&
                        read_calm(it, of, s * segment, calm_rows);
      found[s] = {calm, calm}, has[s] = {};
      if (!calm) found[s] = read_any(it, of, s * segment, rows), has[s].floats = true;
    }
    if (fast) sum_calm_rows(some * segment, calm_rows);
  }
  /// Fills in sums, and if wanted squares and counts, of windows' segments.
  void need(int64_t first, int64_t last, bool squares, bool whole) {
    for (int64_t s = first; s < last; ++s) {
      for (int64_t k = s; k < std::min(s + 2, some); ++k)
        if (!has[k].floats)
          read_any(raw_segment(k), reading, k * segment, rows), has[k].floats = true;
      if (!has[s].sums) sum_rows(rows, s * segment, sums);
      if (squares && !has[s].squares) square_rows(rows, s * segment, sums);
      if (!whole && !has[s].counts) count_rows(rows, s * segment, counts);
      has[s].sums = true, has[s].squares |= squares, has[s].counts |= !whole;
    }
  }

 private:
  struct Has {
    bool floats, sums, squares, counts;
  };
  Has has[segments];
  Reading<T> reading;
  RawSegment<T> raw;             ///< the first
  int64_t whole_segments, some;  ///< all that there are
  T end[block][segment];         ///< the one that is not whole
  uint8_t end_bad[block][segment];

  template <class E>
  static void repeat_end(const E* from, int64_t count, E (&to)[segment]) {
    if (count > 0) std::fill(std::copy_n(from, count, to), std::end(to), from[count - 1]);
  }
  RawSegment<T> raw_segment(int64_t s) const {
    const bool whole = s < whole_segments;
    RawSegment<T> of;
    for (int r = 0; r < block; ++r) {
      of.p[r] = whole ? raw.p[r] + s * segment : end[r];
      of.bad[r] = !raw.bad[r] ? nullptr : whole ? raw.bad[r] + s * segment : end_bad[r];
    }
    return of;
  }
};

/// Windows in pixels of any kind, on two halves below each other.
struct AnyWindows {
  WindowCounts counts;
  alignas(64) float y[block][width];  ///< NaN where there is no value

  /// Of the segments from `first` to `last`.
  template <class T, class X>
  void read(Half<T, X>& a, Half<T, X>& b, int64_t first, int64_t last, Found found, float floor) {
    a.need(first, last, !found.calm, found.whole), b.need(first, last, !found.calm, found.whole);
    if (found.whole) return values(a, b, WholeWindows{}, found.calm, first, last, floor);
    count_windows(a.rows, b.rows, a.counts, b.counts, first * segment, last * segment, counts);
    values(a, b, counts, found.calm, first, last, floor);
  }

 private:
  /// In double where float does not do.
  template <class T, class X, class Counts>
  void values(const Half<T, X>& a, const Half<T, X>& b, const Counts& of, bool calm, int64_t first,
              int64_t last, float floor) {
    const int64_t from = first * segment, to = last * segment;
    if (calm) return calm_window_values(a.rows, b.rows, a.sums, b.sums, of, from, to, floor, y);
    if (window_values(a.rows, b.rows, a.sums, b.sums, of, from, to, floor, y)) return;
    RowSums<double> as, bs;
    for (int64_t at = from; at < to; at += segment) {
      sum_rows(a.rows, at, as), square_rows(a.rows, at, as);
      sum_rows(b.rows, at, bs), square_rows(b.rows, at, bs);
    }
    window_values(a.rows, b.rows, as, bs, of, from, to, floor, y);
  }
};

}  // namespace hitsieve::box5
