#include "kernels/box5_windows.cuh"
#include "kernels/raw_to_image.h"
#include "kernels/raw_windows.cuh"

namespace hitsieve {
namespace {

template <class T>
__global__ void __launch_bounds__(tile) images_kernel(Job<T> job, int16_t* images) {
  const int64_t n = blockIdx.x, W = job.columns();
  const int64_t w = int64_t(blockIdx.z) * job.columns_of_tile() + int64_t(threadIdx.x);
  const bool inside = int(threadIdx.x) < job.columns_of_tile() && w < W;
  const double floor = floor_of(job, n);
  const bool usable = job.statistics[n].deviation > 0;
  for_windows(job, [&](int64_t h, const Sums& s, float centre) {
    if (!inside) return;
    const bool has = usable && !isnan(centre);
    images[(n * job.rows() + h) * W + w] =
        has ? packed_pixel(value_of(s, centre, floor)) : int16_t(0);
  });
}

/// The nearest integer: in a float of 2^23 and some it is the last bits.
__device__ int16_t box5_rounded(float steps) {
  return int16_t(__float_as_uint(steps + 1.5f * 8388608.0f));
}

/// To elements i of a row that has `inside` of them; four at once if `packs`.
__device__ void box5_store(const int16_t (&from)[box5_columns], int16_t* row, int inside,
                           bool packs) {
#pragma unroll
  for (int i = 0; i < box5_columns; i += 4) {
    if (packs && inside >= i + 4)
      memcpy(__builtin_assume_aligned(static_cast<void*>(row + i), 8), from + i, 8);
    else
      for (int k = i; k < i + 4; ++k)
        if (k < inside) row[k] = from[k];
  }
}

template <class T, bool packs>
__global__ void __launch_bounds__(box5_threads, 12)
    box5_images_kernel(Box5Job<T> job, int16_t* images) {
  const int W = job.columns();
  const bool usable = job.statistics[box5_frame()].deviation > 0;
  const bool packs_out = W % 4 == 0 && reinterpret_cast<uintptr_t>(images) % 8 == 0;
  int16_t* const image = images + box5_frame() * job.rows() * W;
  const Box5Strip<T> strip{job};
  for_box5_rows<packs>(strip, strip.first, INT_MAX, [&](int h, const Box5Values& values) {
    int16_t pixels[box5_columns];
#pragma unroll
    for (int i = 0; i < box5_columns; ++i)
      pixels[i] = usable && !isnan(values.y[i])
                      ? box5_rounded(values.value(values.y[i]) * image_steps)
                      : int16_t(0);
    box5_store(pixels, image + int64_t(h) * W + strip.w, strip.columns, packs_out);
  });
}

void box5_images(const RawFrames& frames, const LcnOptions& options, int16_t* images,
                 FrameStatistics* statistics) {
  for_box5_jobs(frames, options, statistics, [&]<class T>(int64_t n, const Box5Job<T>& job) {
    launch(job.packs() ? box5_images_kernel<T, true> : box5_images_kernel<T, false>, job.grid(),
           box5_threads, 0, job, images + n * job.rows() * job.columns());
  });
}

void images(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
            int16_t* images, FrameStatistics* statistics) {
  if (frames.N > 0 && weights.is_box5() && options.floor == Floor::global)
    return box5_images(frames, options, images, statistics);
  with_job(frames, weights, options, statistics, [&]<class T>(const Job<T>& job) {
    launch(images_kernel<T>, grid_of(job), tile, 0, job, images);
  });
}

}  // namespace

template <>
const RawToImageKernels On<RawToImageKernels>::cuda{images};

}  // namespace hitsieve
