// Internal to raw_to_vector and raw_to_image on the CPU: all 5 x 5 box windows of a frame.
#pragma once
#include "kernels/box5_blocks.h"

namespace hitsieve::box5 {

/// What the windows of a strip's segments lie in, on two halves below each other.
template <class T, class X>
int64_t find_windows(const Half<T, X>& a, const Half<T, X>& b, int64_t columns,
                     Found (&found)[segments]) {
  const int64_t some = (columns + segment - 1) / segment;
  for (int64_t s = 0; s < some; ++s) {
    found[s] = {true, true};
    for (int64_t k = s; k <= (std::min((s + 1) * segment, columns) + 3) / segment; ++k)
      for (const Found& of : {a.found[k], b.found[k]})
        found[s].whole &= of.whole, found[s].calm &= of.calm;
  }
  // Where few are calm they are done with the others: what is alike is faster in one go.
  if (!a.fast || !b.fast || !mostly_calm(found, some)) {
    Found all{true, true};
    for (int64_t s = 0; s < some; ++s) all.whole &= found[s].whole, all.calm &= found[s].calm;
    std::fill_n(found, some, all);
  }
  return some;
}

/// Calls, for every block of rows h to h + block of windows (the last may hang over the end) and
/// for parts of it that are together all of its columns, either
///   sink.calm(h, w, a, b, first, columns), d of (h + r, w + i) being that of column first + i, or
///   sink.any(h, w, y, first, columns), the value of (h + r, w + i) being y[r][first + i].
template <class X, class T, class Sink>
void for_blocks_in(const RawFrames& frame, const Reading<T>& reading, const Sink& sink) {
  const int64_t H = frame.H - 4, W = frame.W - 4;  // windows
  Half<T, X> halves[2];
  AnyWindows any;
  for (int64_t w = 0; w < W; w += strip) {
    bool calm = true;  // where the last rows were mostly not, the next are not likely to be
    for (int64_t h = -block; h < H; h += block) {
      const int lower = int(h / block & 1);  // of the two halves of eight rows
      Half<T, X>&a = halves[!lower], &b = halves[lower];
      const int64_t columns = std::min(strip, W - w);
      b.read(frame, reading, h + block, w, columns + 4, calm);
      calm = b.is_calm();
      if (h < 0) continue;
      Found found[segments];
      const int64_t some = find_windows(a, b, columns, found);
      for (int64_t s = 0, next; s < some; s = next) {
        const Found of = found[s];
        for (next = s + 1; next < some && found[next] == of;) ++next;
        const int64_t first = s * segment, count = std::min(next * segment, columns) - first;
        if (a.fast && b.fast && of.whole && of.calm) {
          sink.calm(h, w + first, a.calm_rows, b.calm_rows, first, count);
        } else {
          any.read(a, b, s, next, of, reading.floor);
          sink.any(h, w + first, any.y, first, count);
        }
      }
    }
  }
}

/// The same; X is 16 bits wide where that does.
template <class T, class Sink>
void for_blocks(const raw_windows::CentredRows<T>& centred, float floor, const Sink& sink) {
  const Reading<T> reading{centred.bounds, centred.centring, floor};
  if constexpr (sizeof(T) == 2)
    if (floor < calm_in_16_bits) return for_blocks_in<int16_t>(centred.frame, reading, sink);
  for_blocks_in<float>(centred.frame, reading, sink);
}

}  // namespace hitsieve::box5
