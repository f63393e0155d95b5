// Internal to raw_to_vector and raw_to_image on CUDA: the fast path for the default window, a box
// of 5 x 5 with the global floor. A warp walks down a strip of columns, eight a lane, all in
// registers, without shared memory or barriers. Here: what is launched.
#pragma once
#include <algorithm>

#include "engine/launch.cuh"
#include "kernels/raw_to_vector.h"

namespace hitsieve {
namespace {

constexpr int box5_columns = 8;                // of windows, a lane
constexpr int box5_strip = 31 * box5_columns;  // a warp; the last lane brings pixels alone
constexpr int box5_band = 60;                  // rows of windows, a warp
constexpr int box5_threads = 32;               // a block is a warp: what is the same in it is known
constexpr int64_t box5_frames = 1024;          // a launch
constexpr unsigned box5_lanes = 0xffffffffu;   // all of a warp

/// One launch over strips, bands and frames: blockIdx.
template <class T>
struct Box5Job {
  RawFrames frames;
  PixelBounds<T> bounds;
  const FrameStatistics* statistics;
  double floor_factor;

  HS_HD int rows() const { return int(frames.H - 4); }
  HS_HD int columns() const { return int(frames.W - 4); }
  HS_HD int strips() const { return (columns() + box5_strip - 1) / box5_strip; }
  HS_HD int bands() const { return (rows() + box5_band - 1) / box5_band; }
  dim3 grid() const { return {unsigned(strips()), unsigned(bands()), unsigned(frames.N)}; }

  /// Pixels can be loaded four at once everywhere, and bytes of the mask, and found in a frame by
  /// 32 bits.
  bool packs() const {
    const auto whole = [](const void* at, int64_t row, int64_t frame, size_t bytes) {
      return reinterpret_cast<uintptr_t>(at) % bytes == 0 && row % 4 == 0 && frame % 4 == 0;
    };
    return frames.W % 4 == 0 && frames.H * frames.row_stride <= INT32_MAX &&
           frames.H * frames.mask_row_stride <= INT32_MAX &&
           whole(frames.pixels, frames.row_stride, frames.frame_stride, 4 * sizeof(T)) &&
           whole(frames.mask, frames.mask_row_stride, frames.mask_frame_stride, 4);
  }
};

template <class T>
Box5Job<T> box5_job(const RawFrames& frames, const LcnOptions& options,
                    const FrameStatistics* statistics) {
  return {frames, bounds_of<T>(frames.range), statistics, options.floor_factor};
}

/// Calls body(n, job) for frames n and on of as many as one launch takes, after their statistics.
template <class Body>
void for_box5_jobs(const RawFrames& frames, const LcnOptions& options, FrameStatistics* statistics,
                   const Body& body) {
  by_pixel(frames.type, "raw frames", [&]<class T>() {
    for (int64_t n = 0; n < frames.N; n += box5_frames) {
      RawFrames some = frames.frame(n);
      some.N = std::min(box5_frames, frames.N - n);
      pick<GcnKernels>(Device::cuda).statistics(some, statistics + n);
      body(n, box5_job<T>(some, options, statistics + n));
    }
  });
}

/// The frame of this warp: those that were read last for their statistics come first, as they are
/// still in the L2 cache.
__device__ inline int64_t box5_frame() { return int64_t(gridDim.z) - 1 - blockIdx.z; }

}  // namespace
}  // namespace hitsieve
