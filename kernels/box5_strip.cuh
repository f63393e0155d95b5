// Internal to raw_to_vector and raw_to_image on CUDA: the windows that a warp has, and how it reads
// their rows.
#pragma once
#include <climits>

#include "kernels/box5_rows.cuh"

namespace hitsieve {
namespace {

/// A warp's strip and band: blockIdx.
template <class T>
struct Box5Strip {
  const Box5Job<T>& job;
  int64_t n = box5_frame();
  int w = int(blockIdx.x) * box5_strip + int(threadIdx.x) * box5_columns;
  int columns = threadIdx.x < 31 ? job.columns() - w : 0;  ///< windows the lane has from w on
  bool whole = int(blockIdx.x + 1) * box5_strip <= job.columns();  ///< no lane has fewer
  int first = int(blockIdx.y) * box5_band, last = min(first + box5_band, job.rows());
  /// The frame; bytes are added, as what elements are would be worked out again for every row.
  const T* pixels = reinterpret_cast<const T*>(static_cast<const uint8_t*>(job.frames.pixels) +
                                               n * job.frames.frame_stride * int64_t(sizeof(T)));
  const uint8_t* bad = job.frames.mask_row(n, 0);  ///< its mask, or null
  Centring centring = hitsieve::centring<T>(job.statistics[n]);
  float floor = float(job.floor_factor * centring.deviation);
};

/// A lane's pixels of row h, as they are read; of the last row beyond it.
template <class T, bool packs, bool masks>
struct Box5Line {
  /// Unsigned: the sum of a row's and a column's is then not taken apart.
  using Offset = std::conditional_t<packs, unsigned, uint64_t>;
  Box5Elements<T> pixels;
  Box5Elements<uint8_t> masked{};

  __device__ Box5Line(const Box5Strip<T>& strip, int h) {
    const RawFrames& frames = strip.job.frames;
    const int W = int(frames.W);
    const Offset row = Offset(min(h, int(frames.H) - 1));
    pixels.template load<packs>(strip.pixels, row * Offset(frames.row_stride), strip.w, W);
    if (masks && frames.mask)
      masked.template load<packs>(strip.bad, row * Offset(frames.mask_row_stride), strip.w, W);
  }
};

}  // namespace
}  // namespace hitsieve
