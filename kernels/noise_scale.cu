#include "engine/launch.cuh"
#include "kernels/noise_scale.h"

namespace hitsieve {
namespace {

constexpr int threads = 256;  // one warp a knot
constexpr int warps = threads / 32;
constexpr unsigned everyone = 0xffffffffu;

/// How many of a window's pixels have a magnitude above 0 and below `bound`; every lane gets the
/// count. `window` points at its first pixel.
__device__ int count_below(const int16_t* window, int height, int width, int row, int bound) {
  int below = 0;
  const int count = height * width;
  for (int first = 0; first < count; first += 32) {
    const int i = first + int(threadIdx.x % 32);
    const int x = i < count ? window[int64_t(i / width) * row + i % width] : 0;
    const int magnitude = x < 0 ? -x : x;
    below += __popc(__ballot_sync(everyone, magnitude > 0 && magnitude < bound));
  }
  return below;
}

/// A warp a knot of all images: the quantile of the magnitudes above 0, from the top bit down.
__global__ void __launch_bounds__(threads)
    noise_kernel(NoiseSizes s, const int16_t* images, float* noise) {
  const int64_t at = int64_t(blockIdx.x) * warps + int(threadIdx.x) / 32;
  if (at >= int64_t(s.N) * s.knots()) return;
  const int knot = int(at % s.knots());
  const int r = knot / s.columns.count(), c = knot % s.columns.count();
  const int top = s.rows.first(r), height = s.rows.last(r) - top;
  const int left = s.columns.first(c), width = s.columns.last(c) - left;
  const int16_t* window = images + (at / s.knots() * s.H() + top) * s.W() + left;
  const int positive = count_below(window, height, width, s.W(), 1 << 15);
  const int rank = rank_of(s.quantile, positive);
  int found = 0;
  for (int bit = 14; bit >= 0 && positive > 0; --bit) {
    const int candidate = found | 1 << bit;
    if (count_below(window, height, width, s.W(), candidate) <= rank) found = candidate;
  }
  if (threadIdx.x % 32 == 0) noise[at] = float(found);
}

/// A thread an image: knots without a noise take the largest.
__global__ void fill_kernel(NoiseSizes s, float* noise) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= s.N) return;
  float* own = noise + n * s.knots();
  float largest = 0;
  for (int i = 0; i < s.knots(); ++i) largest = own[i] > largest ? own[i] : largest;
  for (int i = 0; i < s.knots(); ++i)
    if (!(own[i] > 0)) own[i] = largest;
}

__global__ void scale_kernel(NoiseSizes s, int64_t count, const float* noise, int16_t* images) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t pixels = int64_t(s.H()) * s.W();
  const BetweenKnots down = between(s.rows, int(i % pixels / s.W()));
  const BetweenKnots across = between(s.columns, int(i % s.W()));
  const float* above = noise + i / pixels * s.knots() + down.left * s.columns.count();
  const float* below = above + (down.right - down.left) * s.columns.count();
  const float level = interpolated(
      interpolated(above[across.left], below[across.left], down.along),
      interpolated(above[across.right], below[across.right], down.along), across.along);
  images[i] = above_noise(images[i], level, s.knee_cubed);
}

void scale(const NoiseSizes& s, int16_t* images) {
  if (s.N == 0) return;
  const int64_t knots = int64_t(s.N) * s.knots(), pixels = int64_t(s.N) * s.H() * s.W();
  const Tensor noise({knots}, DType::f32, Device::cuda);
  launch(noise_kernel, (knots + warps - 1) / warps, threads, 0, s, images, noise.data<float>());
  launch_over(int64_t(s.N), fill_kernel, s, noise.data<float>());
  launch_over(pixels, scale_kernel, s, pixels, noise.data<float>(), images);
}

}  // namespace

template <>
const NoiseScaleKernels On<NoiseScaleKernels>::cuda{scale};

}  // namespace hitsieve
