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

void images(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
            int16_t* images, FrameStatistics* statistics) {
  with_job(frames, weights, options, statistics, [&]<class T>(const Job<T>& job) {
    launch(images_kernel<T>, grid_of(job), tile, 0, job, images);
  });
}

__global__ void unpack_kernel(int64_t count, const int16_t* x, float* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] = float(x[i]) * (1 / image_steps);
}

void unpack(int64_t count, const int16_t* x, float* y) {
  if (count > 0) launch_over(count, unpack_kernel, count, x, y);
}

}  // namespace

template <>
const RawToImageKernels On<RawToImageKernels>::cuda{images, unpack};

}  // namespace hitsieve
