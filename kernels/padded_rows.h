// Rows of images in scratch memory, for conv2d on the CPU: with zeros around them and, for a stride
// above 1, dealt out to `stride` rows each, so that what a tap meets is contiguous.
#pragma once
#include <algorithm>
#include <vector>

#include "engine/simd.h"

namespace hitsieve {

/// to[i] = from[i * stride]
template <class X, class T>
HS_SIMD void take_every(int64_t stride, int64_t count, const X* __restrict from, T* __restrict to) {
  if (stride == 1)  // loops of their own, since the compiler makes vectors of them
    for (int64_t i = 0; i < count; ++i) to[i] = T(from[i]);
  else if (stride == 2)
    for (int64_t i = 0; i < count; ++i) to[i] = T(from[2 * i]);
  else
    for (int64_t i = 0; i < count; ++i) to[i] = T(from[i * stride]);
}

/// The inverse for all phases: to[i * stride + p] = from[p * phase_stride + i], `count` elements.
template <class T>
HS_SIMD void interleave(int64_t stride, int64_t phase_stride, int64_t count,
                        const T* __restrict from, T* __restrict to) {
  if (stride == 2) {
    const T* odd = from + phase_stride;
    for (int64_t i = 0; i < count / 2; ++i) to[2 * i] = from[i], to[2 * i + 1] = odd[i];
    if (count % 2) to[count - 1] = from[count / 2];
  } else {
    for (int64_t p = 0; p < std::min(stride, count); ++p)
      for (int64_t i = p, at = p * phase_stride; i < count; i += stride) to[i] = from[at++];
  }
}

/// Rows [first, first + rows) of each of `planes` planes (height, width) of x. Element m of phase p
/// of row i is x[plane, first + i, m * stride + p - padding], or 0 outside x.
struct PaddedRowsLayout {
  int64_t planes, height, width, rows, stride, padding;
  int64_t length;  ///< elements of a phase
};

template <class T>
class PaddedRows {
 public:
  /// The rows lie in `memory`, which grows where it is too small and must outlive them.
  PaddedRows(const PaddedRowsLayout& s, std::vector<T>& memory) : s_(s) {
    const size_t count = size_t(s.planes * plane_stride());
    if (memory.size() < count) memory.resize(count);
    rows_ = memory.data();
  }

  int64_t row_stride() const { return s_.stride * s_.length; }
  int64_t plane_stride() const { return s_.rows * row_stride(); }
  /// Where a tap in row r and column w of a kernel is, from the kernel's first one on.
  int64_t shift(int64_t r, int64_t w) const {
    return r * row_stride() + w % s_.stride * s_.length + w / s_.stride;
  }
  const T* data() const { return rows_; }

  /// X: T, or i16.
  template <class X>
  void fill(const X* x, int64_t first) {
    for (int64_t plane = 0; plane < s_.planes; ++plane)
      for (int64_t i = 0; i < s_.rows; ++i) {
        T* to = rows_ + plane * plane_stride() + i * row_stride();
        const int64_t y = first + i;
        if (y < 0 || y >= s_.height)
          std::fill_n(to, row_stride(), T(0));
        else
          for (int64_t phase = 0; phase < s_.stride; ++phase)
            fill_phase(x + (plane * s_.height + y) * s_.width, phase, to + phase * s_.length);
      }
  }

 private:
  template <class X>
  void fill_phase(const X* x, int64_t phase, T* row) const {
    const int64_t start = phase - s_.padding;  // of x, at m = 0
    const int64_t begin = std::min(s_.length, start < 0 ? (s_.stride - 1 - start) / s_.stride : 0);
    const int64_t end =
        std::clamp((s_.width - start + s_.stride - 1) / s_.stride, begin, s_.length);
    std::fill_n(row, begin, T(0));
    take_every(s_.stride, end - begin, x + start + begin * s_.stride, row + begin);
    std::fill(row + end, row + s_.length, T(0));
  }

  PaddedRowsLayout s_;
  T* rows_;
};

}  // namespace hitsieve
