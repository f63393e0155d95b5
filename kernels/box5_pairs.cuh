// Internal to raw_to_vector on CUDA: 5 x 5 box windows of calm 16-bit pixels, two columns a word
// that is never taken apart: columns 2 k and 2 k + 1 in its lower and upper half.
//
// A word is what its halves are, the upper one times 2^16, added up. So sums of words are right
// whatever they carry or borrow on the way. Where halves are moved, they are sums of five pixels
// from the least calm one on, which are neither negative nor above 16 bits.
#pragma once
#include "kernels/box5_strip.cuh"

namespace hitsieve {
namespace {

constexpr int box5_pairs = box5_columns / 2;  // a lane
constexpr int box5_pairs_floor = 682;         // up to it |25 c - S| <= 48 floor < 2^15
constexpr int box5_pairs_again = 8;           // calm rows after which pairs pay again
constexpr unsigned box5_halves = 0x00010001u;

/// The pixels that are calm and count, if there are any.
template <class T>
struct Box5Interval {
  static constexpr unsigned least = std::is_signed_v<T> ? 0x8000u : 0u;
  bool any = false;
  unsigned low = 0, over = 0;  ///< in both halves: the least, and 2^15 - 1 less how many are above

  __device__ explicit Box5Interval(const Box5Strip<T>& strip) {
    if (!(strip.floor > 0 && strip.floor < box5_pairs_floor + 1)) return;
    const int whole = strip.centring.whole, floor = int(strip.floor);
    const int first = max(whole - floor, int(strip.job.bounds.low));
    const int last = min(whole + floor, int(strip.job.bounds.high));
    any = first <= last;
    low = unsigned(first + int(least)) * box5_halves;
    over = unsigned(0x7fff - (last - first)) * box5_halves;
  }
  /// The pair, from the least on. Where the lower one is less, which it shows, the upper one may be
  /// wrong.
  __device__ unsigned from_low(unsigned pair) const { return (pair ^ least * box5_halves) - low; }
  /// Has bit 15 or 31 set unless both are within.
  __device__ unsigned outside(unsigned from_low) const { return from_low | (from_low + over); }
};

/// What a lane keeps of the rows that it has read: of the h-th in place h % 4.
struct Box5PairRows {
  unsigned x[4][box5_pairs];    ///< from the least calm pixel on
  unsigned two[4][box5_pairs];  ///< sums of the row and the one above it
};

/// Puts the next row in place r of four; sum: over it and the four above. False unless all of the
/// warp's pixels are within.
template <class T>
__device__ bool box5_take(const Box5Interval<T>& calm, const Box5Elements<T>& pixels,
                          const Box5Elements<uint8_t>& masked, int r, Box5PairRows& rows,
                          unsigned (&sum)[box5_pairs]) {
  unsigned outside = 0;
#pragma unroll
  for (int k = 0; k < box5_pairs; ++k) {
    const unsigned x = calm.from_low(pixels.words[k / 2][k % 2]);
    outside |= calm.outside(x);
    sum[k] = x + rows.two[(r + 3) % 4][k] + rows.two[(r + 1) % 4][k];
    rows.two[r][k] = x + rows.x[(r + 3) % 4][k], rows.x[r][k] = x;
  }
  outside = (outside & 0x8000u * box5_halves) | masked.words[0][0] | masked.words[1][0];
  return __all_sync(box5_lanes, outside == 0);
}

/// 25 c - S of the windows that end with the row in place r.
__device__ inline void box5_differences(const Box5PairRows& rows, int r,
                                        const unsigned (&sum)[box5_pairs],
                                        unsigned (&d)[box5_pairs]) {
  const unsigned(&middle)[box5_pairs] = rows.x[(r + 2) % 4];
  unsigned even[box5_pairs + 2], odd[box5_pairs + 1];  // pairs from even and odd columns on
#pragma unroll
  for (int k = 0; k < box5_pairs + 2; ++k)
    even[k] = k < box5_pairs ? sum[k] : __shfl_down_sync(box5_lanes, sum[k - box5_pairs], 1);
#pragma unroll
  for (int k = 0; k < box5_pairs + 1; ++k) odd[k] = __byte_perm(even[k], even[k + 1], 0x5432);
#pragma unroll
  for (int k = 0; k < box5_pairs; ++k) {
    const unsigned centre =
        k + 1 < box5_pairs ? middle[k + 1] : __shfl_down_sync(box5_lanes, middle[0], 1);
    d[k] = 25 * centre - even[k] - odd[k] - even[k + 1] - odd[k + 1] - even[k + 2];
  }
}

/// Calls body(h, d) with all lanes for rows of the strip's windows from h on. Ends at the row,
/// which it gives, that is not calm or not the strip's.
template <bool packs, bool masks, class T, class Body>
__device__ int for_box5_pairs(const Box5Strip<T>& strip, const Box5Interval<T>& calm, int first,
                              const Body& body) {
  using Line = Box5Line<T, packs, masks>;
  Line next[2]{{strip, first}, {strip, first + 1}};
  Box5PairRows rows{};
  unsigned sum[box5_pairs], d[box5_pairs];
  const auto take = [&](int h, int r) {
    const Line line = next[r % 2];
    next[r % 2] = {strip, h + 2};
    return box5_take(calm, line.pixels, line.masked, r, rows, sum);
  };
#pragma unroll
  for (int r = 0; r < 4; ++r)
    if (!take(first + r, r)) return first;
  for (int top = first; top < strip.last; top += 4)
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const int h = top + r;
      if (h >= strip.last || !take(h + 4, r)) return h;
      box5_differences(rows, r, sum, d);
      body(h, d);
    }
  return strip.last;
}

}  // namespace
}  // namespace hitsieve
