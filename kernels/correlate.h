// The arithmetic under conv1d on the CPU: every pass is a correlation of rows that have been padded
// (and, for a stride above 1, dealt out to `stride` rows) in scratch memory, so that the inner
// loops run over contiguous elements with no edge cases, and sums stay in registers.
#pragma once
#include <algorithm>
#include <vector>

#include "kernels/conv1d.h"
#include "kernels/vector.h"

namespace hitsieve {

inline constexpr int64_t tile_rows = 4,
                         tile_vectors = 3;  // 12 sums in registers, of 16 that AVX2 has
template <class T>
inline constexpr int64_t tile_columns = tile_vectors* lanes<T>;

constexpr int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

/// A sum over input rows and taps: y[l] = start + sum_{i, t} a[i, t] * x[i][shift[t] + l].
struct Correlation {
  int64_t inputs, input_stride;
  std::vector<int64_t> shift;  // one a tap
  int64_t length, output_stride;
};

/// `rows` outputs at once. a [inputs][taps][rows]; rows of x are readable up to
/// shift[t] + round_up(length, tile_columns).
template <class T, int64_t rows>
HS_SIMD void correlate(const Correlation& s, const T* a, const T* start, const T* x, T* y) {
  const int64_t taps = int64_t(s.shift.size());
  for (int64_t l = 0; l < s.length; l += tile_columns<T>) {
    Vector<T> sum[rows][tile_vectors];
    for (int64_t r = 0; r < rows; ++r)
      for (auto& v : sum[r]) v = Vector<T>{} + start[r];
    const T* coefficient = a;
    for (int64_t i = 0; i < s.inputs; ++i)
      for (int64_t t = 0; t < taps; ++t, coefficient += rows) {
        const T* from = x + i * s.input_stride + s.shift[size_t(t)] + l;
        for (int64_t j = 0; j < tile_vectors; ++j) {
          Vector<T> v;
          load(v, from + j * lanes<T>);
          for (int64_t r = 0; r < rows; ++r) sum[r][j] += coefficient[r] * v;
        }
      }
    const int64_t count = std::min(tile_columns<T>, s.length - l);
    for (int64_t r = 0; r < rows; ++r) {
      T* to = y + r * s.output_stride + l;
      T last[tile_columns<T>];
      T* out = count == tile_columns<T> ? to : last;
      for (int64_t j = 0; j < tile_vectors; ++j) store(out + j * lanes<T>, sum[r][j]);
      if (out == last) std::copy_n(last, count, to);
    }
  }
}

/// Coefficients in the order in which correlate_all reads them.
template <class T, class Coefficient>
std::vector<T> packed(int64_t outputs, int64_t inputs, int64_t taps, Coefficient coefficient) {
  std::vector<T> a;
  a.reserve(size_t(outputs * inputs * taps));
  for (int64_t o = 0; o < outputs;) {
    const int64_t rows = outputs - o >= tile_rows ? tile_rows : 1;
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t t = 0; t < taps; ++t)
        for (int64_t r = 0; r < rows; ++r) a.push_back(coefficient(o + r, i, t));
    o += rows;
  }
  return a;
}

template <class T>
void correlate_all(int64_t outputs, const Correlation& s, const T* a, const T* start, const T* x,
                   T* y) {
  const int64_t terms = s.inputs * int64_t(s.shift.size());
  for (int64_t o = 0; o < outputs;) {
    const int64_t rows = outputs - o >= tile_rows ? tile_rows : 1;
    const auto block = rows == tile_rows ? correlate<T, tile_rows> : correlate<T, 1>;
    block(s, a + o * terms, start + o, x, y + o * s.output_stride);
    o += rows;
  }
}

/// The rows of one sample, padded; element m of phase p of channel c is
/// x[c, m * stride + p - padding].
template <class T>
class PaddedRows {
 public:
  explicit PaddedRows(const Conv1dSizes& s)
      : s_(s),
        length_((s.W - 1) / s.stride + round_up(s.output_length(), tile_columns<T>)),
        rows_(size_t(s.C * s.stride * length_)) {}

  int64_t channel_stride() const { return s_.stride * length_; }
  /// Where tap w of output 0 is.
  int64_t shift(int64_t w) const { return w % s_.stride * length_ + w / s_.stride; }
  const T* data() const { return rows_.data(); }

  void fill(const T* x) {
    for (int64_t c = 0; c < s_.C; ++c)
      for (int64_t phase = 0; phase < s_.stride; ++phase) {
        T* row = rows_.data() + c * channel_stride() + phase * length_;
        const int64_t start = phase - s_.padding;  // of x, at m = 0
        const int64_t begin =
            std::min(length_, start < 0 ? (s_.stride - 1 - start) / s_.stride : 0);
        const int64_t end = std::clamp((s_.L - start + s_.stride - 1) / s_.stride, begin, length_);
        const T* from = x + c * s_.L + start;
        for (int64_t m = begin; m < end; ++m) row[m] = from[m * s_.stride];
      }
  }

 private:
  Conv1dSizes s_;
  int64_t length_;
  std::vector<T> rows_;  // outside [begin, end) they stay 0
};

}  // namespace hitsieve
