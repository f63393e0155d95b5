// Internal to raw_to_vector and raw_to_image on the CPU: the 5 x 5 box windows of a raw frame,
// block by block. Most blocks have no invalid pixel: their windows all have 25, which are not
// counted.
#pragma once
#include "kernels/box5_windows.h"
#include "kernels/raw_windows.h"

namespace hitsieve::box5 {

/// A strip of a frame: `columns` of windows from column w on, held as `padded`, whole vectors.
template <class T>
struct Strip {
  const raw_windows::CentredRows<T>& centred;
  int64_t w, columns, padded;

  /// The rows h to h + block; what lies beyond the frame or the strip is 0.
  void read(int64_t h, Rows& y, bool mark) const {
    y.whole = true, y.marked = mark;
    for (int r = 0; r < block; ++r) {
      const int64_t count = h + r < centred.frame.H ? columns + 4 : 0;
      if (count) y.whole &= centred(h + r, w, count, y.x[r], mark ? y.has[r] : nullptr);
      std::fill(y.x[r] + count, y.x[r] + width, 0.0f);
      if (mark) std::fill(y.has[r] + count, y.has[r] + width, uint8_t(0));
    }
    if (mark) count_rows(y, padded);
  }
};

/// Two blocks of rows below each other, with their sums: where four rows of windows lie.
struct Pair {
  Rows &a, &b;
  const RowSums<float>&as, &bs;

  /// As window_values, in double where float does not do.
  template <class Counts>
  void values(const Counts& counts, int64_t columns, float floor, float (&y)[block][strip]) const {
    if (window_values(a, b, as, bs, counts, columns, floor, y)) return;
    RowSums<double> exact[2];
    sum_rows(a, columns, exact[0]), sum_rows(b, columns, exact[1]);
    window_values(a, b, exact[0], exact[1], counts, columns, floor, y);
  }
};

/// Calls take(h, w, columns, padded, y) for every block of rows h to h + box5::block (the last may
/// hang over the end) of every strip of columns from w on; y[r][i] is the signed square of the
/// normalised pixel (h + r, w + i), up to `columns`; beyond them, up to `padded`, of no pixel.
template <class T, class Take>
void for_blocks(const raw_windows::CentredRows<T>& centred, float floor, const Take& take) {
  const int64_t H = centred.frame.H - 4, W = centred.frame.W - 4;  // windows
  const int64_t strips = (W + strip - 1) / strip, share = (W + strips - 1) / strips;
  for (int64_t w = 0; w < W; w += share) {
    const int64_t columns = std::min(share, W - w);
    const Strip<T> of{centred, w, columns, (columns + lanes - 1) / lanes * lanes};
    Rows rows[2];
    RowSums<float> sums[2];
    WindowCounts counts;
    alignas(64) float y[block][strip];
    for (int64_t h = -block; h < H; h += block) {
      const int lower = int(h / block & 1);  // of the two halves of eight rows
      of.read(h + block, rows[lower], centred.frame.mask);
      sum_rows(rows[lower], of.padded, sums[lower]);
      if (h < 0) continue;
      const Pair pair{rows[!lower], rows[lower], sums[!lower], sums[lower]};
      if (pair.a.whole && pair.b.whole) {
        pair.values(WholeWindows{}, of.padded, floor, y);
      } else {
        if (!pair.a.marked) of.read(h, pair.a, true);
        if (!pair.b.marked) of.read(h + block, pair.b, true);
        count_windows(pair.a, pair.b, of.padded, counts);
        pair.values(counts, of.padded, floor, y);
      }
      for (auto& row : y) std::fill(row + columns, row + of.padded, NAN);
      take(h, w, columns, of.padded, y);
    }
  }
}

}  // namespace hitsieve::box5
