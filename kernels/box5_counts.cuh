// Internal to raw_to_vector and raw_to_image on CUDA: how many pixels a lane's 5 x 5 box windows
// have.
#pragma once
#include "kernels/box5_pixels.cuh"

namespace hitsieve {
namespace {

/// All windows have 25 pixels.
struct Box5Whole {
  __device__ float count(int) const { return 25; }
  __device__ bool has_centre(int) const { return true; }
};

/// A byte a window.
struct Box5Counts {
  unsigned counts[2], centres[2];
  /// As exact as 1 / n where all pixels count.
  __device__ float inverse(int i) const {
    return count(i) == 25 ? 1 / 25.0f : reciprocal(count(i));
  }
  __device__ float count(int i) const { return float(counts[i / 4] >> i % 4 * 8 & 255u); }
  __device__ bool has_centre(int i) const { return centres[i / 4] >> i % 4 * 8 & 1u; }
};

/// The lowest four bits, a byte each.
__device__ inline unsigned box5_bytes(unsigned bits) {
  return (bits & 15u) * 0x00204081u & 0x01010101u;
}

/// Of the windows that end with the last row.
__device__ inline Box5Counts box5_counts(uint64_t has) {
  const uint64_t next = __shfl_down_sync(box5_lanes, has, 1);
  Box5Counts counts{};
#pragma unroll
  for (int row = 0; row < 5; ++row) {
    const unsigned bits = unsigned(has >> 8 * row & 255) | unsigned(next >> 8 * row & 255) << 8;
#pragma unroll
    for (int k = 0; k < 5; ++k)
      for (int j = 0; j < 2; ++j) counts.counts[j] += box5_bytes(bits >> (4 * j + k));
    if (row == 2)
      for (int j = 0; j < 2; ++j) counts.centres[j] = box5_bytes(bits >> (4 * j + 2));
  }
  return counts;
}

}  // namespace
}  // namespace hitsieve
