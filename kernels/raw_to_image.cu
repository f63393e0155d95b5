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

template <class T>
__global__ void __launch_bounds__(box5_threads, 3)
    box5_images_kernel(Box5Job<T> job, int16_t* images) {
  const int64_t W = job.columns();
  for_box5_rows(job, [&](int64_t n, int64_t, int64_t h, int64_t w, const float(&y)[box5_columns]) {
    const bool usable = job.statistics[n].deviation > 0;
    Box5Pack<int16_t> pack;
    for (int i = 0; i < box5_columns; ++i)
      pack.p[i] = usable && !isnan(y[i]) ? packed_pixel(signed_root(y[i])) : int16_t(0);
    int16_t* to = images + (n * job.rows() + h) * W + w;
    const int64_t columns = threadIdx.x % 32 < 31 ? W - w : 0;
    if (W % box5_columns == 0 && columns > 0)
      *reinterpret_cast<Box5Pack<int16_t>*>(to) = pack;
    else
      for (int i = 0; i < box5_columns && i < columns; ++i) to[i] = pack.p[i];
  });
}

void box5_images(const RawFrames& frames, const LcnOptions& options, int16_t* images,
                 FrameStatistics* statistics) {
  pick<GcnKernels>(Device::cuda).statistics(frames, statistics);
  by_pixel(frames.type, "raw_to_image", [&]<class T>() {
    const Box5Job<T> job = box5_job<T>(frames, options, statistics);
    launch(box5_images_kernel<T>, job.blocks(), box5_threads, 0, job, images);
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
