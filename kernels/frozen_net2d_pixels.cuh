// Internal to the 2D network on CUDA in float32: how the pixels under a tile get into shared
// memory.
#pragma once
#include <type_traits>

#include "kernels/frozen.cuh"
#include "kernels/frozen_net2d_tiles.cuh"

namespace hitsieve {
namespace {

constexpr int in_flight = 5;  // loads that a thread waits for together

template <class X>
constexpr bool is_image = std::is_same_v<X, int16_t>;  // of one channel

/// Four neighbours into a row of one or two phases, the first one to y[at]; in units of what is
/// stored at once, or the compiler does not see that it may be.
template <int deal>
__device__ void put(const float (&x)[along], float* y, int at, int phase_length) {
  static_assert(deal == 1 || deal == 2);
  if constexpr (deal == 1) {
    reinterpret_cast<float4*>(y)[unsigned(at) / 4] = make_float4(x[0], x[1], x[2], x[3]);
  } else {
    float2* const pairs = reinterpret_cast<float2*>(y) + unsigned(at) / 2;
    pairs[0] = make_float2(x[0], x[2]);
    pairs[unsigned(phase_length) / 2] = make_float2(x[1], x[3]);
  }
}

/// Four pixels as one load brings them, or none.
template <class X>
using Words = Several<uint32_t, along * sizeof(X) / sizeof(uint32_t)>;

template <class X>
__device__ float pixel_of(const Words<X>& words, int i) {
  if constexpr (sizeof(X) == sizeof(float)) return __uint_as_float(words.x[i]);
  return float(int16_t(words.x[i / 2] >> i % 2 * 16));
}

/// Those of the pixels at `row` that are inside the image; `column`: of the first.
template <class X>
__device__ Words<X> load_some(const X* row, int column, int side) {
  Words<X> words = {};
  for (int i = 0; i < along; ++i)
    if (unsigned(column + i) < unsigned(side)) {
      if constexpr (sizeof(X) == sizeof(float))
        words.x[i] = __float_as_uint(row[i]);
      else
        words.x[i / 2] |= uint32_t(uint16_t(row[i])) << i % 2 * 16;
    }
  return words;
}

/// Every so many lines of the tile, from line0 on: load(row) brings four pixels of a row of x.
template <int deal, class X, class Load>
__device__ void load_lines(const FrozenBlock2d& b, const Tiles& s, int pitch, const X* x, int row0,
                           int line0, int every, float* to, Load load) {
  const int lines = b.C * s.x_rows.size(), step = every * s.x_quads.size() * along;
  const int64_t x_step = int64_t(every) * pitch;
  const int between_planes = (b.side - s.x_rows.size()) * pitch;
  const X* from = x + int64_t(row0 + line0) * pitch;
  for (int first = line0; first < lines; first += in_flight * every) {
    Words<X> words[in_flight] = {};
#pragma unroll
    for (int j = 0; j < in_flight; ++j, from += x_step) {
      const int line = first + j * every, c = is_image<X> ? 0 : s.x_rows.quotient(line);
      const int h = row0 + s.x_rows.rest(line, c);
      if (line < lines && unsigned(h) < unsigned(b.side))
        words[j] = load(from + c * between_planes);
    }
#pragma unroll
    for (int j = 0; j < in_flight; ++j, to += step) {
      float pixels[along];
      for (int i = 0; i < along; ++i) pixels[i] = pixel_of<X>(words[j], i);
      if (first + j * every < lines) put<deal>(pixels, to, 0, s.x_phase);
    }
  }
}

/// The tile's pixels, zeros around the image; row0 and column0: where it begins, the latter a
/// multiple of four. A thread stays with its columns.
template <int deal, class X>
__device__ void load_tile(const FrozenBlock2d& b, const Tiles& s, const Pitches& pitch, const X* x,
                          int row0, int column0, float* tile) {
  const int quads = s.x_quads.size(), at_once = max(threads / quads, 1);
  for (int i = int(threadIdx.x); i < at_once * quads; i += threads) {
    const int line0 = s.x_quads.quotient(i), quad = s.x_quads.rest(i, line0);
    const int column = column0 + quad * along;
    const auto load = [&](auto words_of) {
      load_lines<deal>(b, s, pitch.x, x + column, row0, line0, at_once,
                       tile + line0 * quads * along + quad * (along / deal), words_of);
    };
    if (pitch.all_quads && column >= 0 && column + along <= b.side)
      load([](const X* row) { return *reinterpret_cast<const Words<X>*>(row); });
    else
      load([&](const X* row) { return load_some(row, column, b.side); });
  }
}

}  // namespace
}  // namespace hitsieve
