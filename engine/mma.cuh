// Products on tensor cores, by a warp: d (16, 8) += a (16, depth) b (depth, 8), inputs in tf32 or
// bf16, sums in float32.
//
// A row of a and a column of b are 32 bytes each: 8 elements of tf32, 16 of bf16. Lane 4 g + t
// brings bytes 8 t to 8 t + 7 of rows g and g + 8 of a, and of column g of b, one load each; it
// holds d(g, 2 t), d(g, 2 t + 1), d(g + 8, 2 t), d(g + 8, 2 t + 1). The instruction has another
// order of the elements along a row; that changes nothing, as a and b are given in the same.
#pragma once
#include "engine/half.cuh"
#include "engine/ptx.cuh"

namespace hitsieve {

/// float32 of which the first 10 bits of mantissa count. sm_80 and later, as Bf16.
struct Tf32 {
  using Element = float;
  static constexpr int depth = 8;

  static __device__ Element rounded(float x) { return __uint_as_float(to_tf32(x)); }
  static __device__ float value(Element x) { return x; }
  static __device__ void multiply_add(float (&d)[4], uint2 row_g, uint2 row_g8, uint2 column_g) {
    const uint32_t a[4] = {row_g.x, row_g8.x, row_g.y, row_g8.y};
    const uint32_t b[2] = {column_g.x, column_g.y};
    mma_tf32(d, a, b);
  }
};

/// float32 cut to 7 bits of mantissa, rounded to nearest even.
struct Bf16 {
  using Element = __nv_bfloat16;
  static constexpr int depth = 16;

  static __device__ Element rounded(float x) { return __float2bfloat16_rn(x); }
  static __device__ float value(Element x) { return __bfloat162float(x); }
  static __device__ void multiply_add(float (&d)[4], uint2 row_g, uint2 row_g8, uint2 column_g) {
    const uint32_t a[4] = {row_g.x, row_g8.x, row_g.y, row_g8.y};
    const uint32_t b[2] = {column_g.x, column_g.y};
    mma_bf16(d, a, b);
  }
};

/// Eight bytes of a row, which begins at a multiple of 8 bytes; `t`: which.
template <class Element>
__device__ uint2 load_piece(const Element* row, int t) {
  const Element* const from = row + t * int(8 / sizeof(Element));
#if HITSIEVE_NVCC  // which does not believe memcpy that it is aligned, and copies byte by byte
  return *reinterpret_cast<const uint2*>(from);
#else
  uint2 piece;
  memcpy(&piece, from, 8);
  return piece;
#endif
}
/// The same of a row that begins anywhere.
__device__ inline uint2 load_loose_piece(const float* row, int t) {
  return make_uint2(__float_as_uint(row[2 * t]), __float_as_uint(row[2 * t + 1]));
}

/// Two neighbours at once; `to` is aligned to both.
template <class M>
__device__ void store_pair(typename M::Element* to, float x, float y) {
  struct alignas(2 * sizeof(typename M::Element)) Pair {
    typename M::Element x, y;
  } const pair{M::rounded(x), M::rounded(y)};
#if HITSIEVE_NVCC
  *reinterpret_cast<Pair*>(to) = pair;
#else
  memcpy(static_cast<void*>(to), &pair, sizeof pair);
#endif
}

}  // namespace hitsieve
