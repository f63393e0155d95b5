#include "engine/launch.cuh"
#include "kernels/noise_scale.h"

namespace hitsieve {
namespace {

constexpr int threads = 256;  // a block a knot
constexpr unsigned everyone = 0xffffffffu;
constexpr int low_bits = 7,
              bins = 1 << 8;  // magnitudes have 15 bits: the upper 8, then the lower 7

struct Found {
  int bin, before;  ///< values in the bins before it
};

/// The bin with the value of rank `rank`; of the first warp, all lanes.
__device__ Found find_rank(const int* counts, int rank) {
  constexpr int a_lane = bins / 32;
  const int lane = int(threadIdx.x), first = lane * a_lane;
  int own = 0;
  for (int i = 0; i < a_lane; ++i) own += counts[first + i];
  int up_to = own;  // and with the lanes before
  for (int step = 1; step < 32; step *= 2) {
    const int other = __shfl_up_sync(everyone, up_to, unsigned(step));
    if (lane >= step) up_to += other;
  }
  const int owner = __ffs(int(__ballot_sync(everyone, up_to > rank))) - 1;
  Found found{first, up_to - own};
  while (lane == owner && found.before + counts[found.bin] <= rank)
    found.before += counts[found.bin++];
  return {__shfl_sync(everyone, found.bin, owner), __shfl_sync(everyone, found.before, owner)};
}

/// Calls body(magnitude) for the pixels of a window that are not 0, a warp a row. (-2^15 is none.)
template <class Body>
__device__ void for_magnitudes(const int16_t* window, int height, int width, int row,
                               const Body& body) {
  for (int h = int(threadIdx.x) / 32; h < height; h += threads / 32)
    for (int w = int(threadIdx.x) % 32; w < width; w += 32) {
      const int x = window[int64_t(h) * row + w], magnitude = x < 0 ? -x : x;
      if (magnitude > 0 && magnitude < 1 << 15) body(magnitude);
    }
}

/// The quantile of the magnitudes above 0 around a knot of an image, by two histograms.
__global__ void __launch_bounds__(threads)
    noise_kernel(NoiseSizes s, const int16_t* images, float* noise) {
  SHARED(int, upper, [bins]);
  SHARED(int, lower, [bins]);
  SHARED(Found, place, );
  SHARED(int, positive, );
  const int knot = int(blockIdx.x) % s.knots(), n = int(blockIdx.x) / s.knots();
  const int r = knot / s.columns.count(), c = knot % s.columns.count();
  const int top = s.rows.first(r), height = s.rows.last(r) - top;
  const int left = s.columns.first(c), width = s.columns.last(c) - left;
  const int16_t* window = images + (int64_t(n) * s.H() + top) * s.W() + left;
  const int t = int(threadIdx.x);
  upper[t] = lower[t] = 0;
  if (t == 0) positive = 0;
  __syncthreads();
  for_magnitudes(window, height, width, s.W(), [&](int x) { atomicAdd(&upper[x >> low_bits], 1); });
  __syncthreads();
  if (upper[t] > 0) atomicAdd(&positive, upper[t]);
  __syncthreads();
  if (positive == 0) {
    if (t == 0) noise[blockIdx.x] = 0;
    return;
  }
  const int rank = rank_of(s.quantile, positive);
  if (t < 32) {
    const Found found = find_rank(upper, rank);
    if (t == 0) place = found;
  }
  __syncthreads();
  for_magnitudes(window, height, width, s.W(), [&](int x) {
    if (x >> low_bits == place.bin) atomicAdd(&lower[x & ((1 << low_bits) - 1)], 1);
  });
  __syncthreads();
  if (t >= 32) return;
  const Found found = find_rank(lower, rank - place.before);
  if (t == 0) noise[blockIdx.x] = float(place.bin << low_bits | found.bin);
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
  launch(noise_kernel, knots, threads, 0, s, images, noise.data<float>());
  launch_over(int64_t(s.N), fill_kernel, s, noise.data<float>());
  launch_over(pixels, scale_kernel, s, pixels, noise.data<float>(), images);
}

}  // namespace

template <>
const NoiseScaleKernels On<NoiseScaleKernels>::cuda{scale};

}  // namespace hitsieve
