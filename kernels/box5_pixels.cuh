// Internal to raw_to_vector and raw_to_image on CUDA: a lane's pixels of a row.
#pragma once
#include "engine/ptx.cuh"
#include "kernels/box5_job.cuh"

namespace hitsieve {
namespace {

/// Elements of a row, as they are stored: four in as many words as one has bytes.
template <class T>
struct Box5Elements {
  unsigned words[box5_columns / 4][sizeof(T)];

  /// Those from column w on of a row of W, which begins at first + row. Beyond its end its last
  /// ones, whose windows are of no use, come again: so they ask for nothing that others do not.
  template <bool packs, class Offset>
  __device__ void load(const T* first, Offset row, int w, int W) {
#pragma unroll
    for (int j = 0; j < box5_columns / 4; ++j) {
      T four[4];
      if constexpr (packs)
        memcpy(four,
               __builtin_assume_aligned(first + (row + Offset(min(w + 4 * j, W - 4))), sizeof four),
               sizeof four);
      else
#pragma unroll
        for (int k = 0; k < 4; ++k) four[k] = first[row + Offset(min(w + 4 * j + k, W - 1))];
      memcpy(words[j], four, sizeof four);
    }
  }
  __device__ T operator[](int i) const {
    const unsigned word = words[i / 4][i % 4 * sizeof(T) / 4];
    if constexpr (std::is_same_v<T, float>) return __uint_as_float(word);
    return T(word >> i * sizeof(T) % 4 * 8);
  }
};

/// centred_pixel of pixels[i]. 16-bit ones become the last bits of a float from 2^23 on, which is
/// exact.
template <class T>
__device__ float box5_centred(const Box5Elements<T>& pixels, int i, const Centring& centring) {
  if constexpr (sizeof(T) == 2) {
    constexpr unsigned least = std::is_signed_v<T> ? 0x8000u : 0u;
    const unsigned word = pixels.words[i / 4][i % 4 / 2] ^ (least << 16 | least);
    const unsigned bits = __byte_perm(word, 0x4b000000u, i % 2 ? 0x7432u : 0x7410u);
    return __uint_as_float(bits) - (8388608.0f + float(centring.whole + int(least)));
  }
  return centred_pixel(pixels[i], centring);
}

/// The least and the most of a lane's centred pixels.
struct Box5Ends {
  float least, most;
  __device__ explicit Box5Ends(const float (&x)[box5_columns]) : least(x[0]), most(x[0]) {
#pragma unroll
    for (int i = 1; i < box5_columns; ++i) least = fminf(least, x[i]), most = fmaxf(most, x[i]);
  }
  __device__ bool within(float low, float high) const { return least >= low && most <= high; }
};

/// All pixels are within the bounds; ends: of the same, centred.
template <class T>
__device__ bool box5_contain(const PixelBounds<T>& bounds, const Centring& centring,
                             const Box5Elements<T>& pixels, const Box5Ends& ends) {
  if constexpr (sizeof(T) == 2)
    return ends.within(centred_pixel(bounds.low, centring), centred_pixel(bounds.high, centring));
  bool all = true;
#pragma unroll
  for (int i = 0; i < box5_columns; ++i) all &= bounds.contain(pixels[i]);
  return all;
}

}  // namespace
}  // namespace hitsieve
