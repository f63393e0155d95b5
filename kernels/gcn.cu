#include "kernels/block_sum.cuh"
#include "kernels/gcn.h"

namespace hitsieve {
namespace {

constexpr int rows_of_block = 16;

/// 16 bytes of pixels, which a thread loads at once where their address allows it.
template <class T>
struct alignas(16) Pack {
  static constexpr int size = 16 / int(sizeof(T));
  T p[size];
};

template <class T>
__device__ Pack<T> load(const T* p, int64_t count) {
  if (count >= Pack<T>::size && reinterpret_cast<uintptr_t>(p) % sizeof(Pack<T>) == 0)
    return *reinterpret_cast<const Pack<T>*>(p);
  Pack<T> pack{};
  for (int i = 0; i < Pack<T>::size && i < count; ++i) pack.p[i] = p[i];
  return pack;
}

/// Calls body(p) for the valid pixels among this block's rows of frame blockIdx.x.
template <class T, class Body>
__device__ void for_valid_pixels(const RawFrames& frames, PixelBounds<T> bounds, const Body& body) {
  const int64_t n = blockIdx.x, packs = (frames.W + Pack<T>::size - 1) / Pack<T>::size;
  for (int64_t i = threadIdx.x; i < rows_of_block * packs; i += sum_threads) {
    const int64_t h = int64_t(blockIdx.y) * rows_of_block + i / packs;
    if (h >= frames.H) return;
    const int64_t w = i % packs * Pack<T>::size, count = frames.W - w;
    const Pack<T> pack = load(frames.row<T>(n, h) + w, count);
    const uint8_t* bad = frames.mask_row(n, h);
    for (int k = 0; k < Pack<T>::size && k < count; ++k)
      if (bounds.contain(pack.p[k]) && !(bad && bad[w + k])) body(pack.p[k]);
  }
}

/// What a block found in its rows.
struct Part {
  double valid, sum;
};

template <class T>
__global__ void __launch_bounds__(sum_threads)
    sum_kernel(RawFrames frames, PixelBounds<T> bounds, Part* parts) {
  double valid = 0, sum = 0;
  for_valid_pixels(frames, bounds, [&](T p) { valid += 1, sum += double(p); });
  valid = block_sum(valid), sum = block_sum(sum);
  if (threadIdx.x == 0) parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = {valid, sum};
}

template <class T>
__global__ void __launch_bounds__(sum_threads)
    square_kernel(RawFrames frames, PixelBounds<T> bounds, const FrameStatistics* statistics,
                  Part* parts) {
  const double mean = statistics[blockIdx.x].mean;
  double sum = 0;
  for_valid_pixels(frames, bounds, [&](T p) { sum += (double(p) - mean) * (double(p) - mean); });
  sum = block_sum(sum);
  if (threadIdx.x == 0) parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = {0, sum};
}

/// A thread a frame, which adds its parts up in order.
__global__ void mean_kernel(int64_t N, int64_t count, const Part* parts,
                            FrameStatistics* statistics) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= N) return;
  double valid = 0, sum = 0;
  for (int64_t i = 0; i < count; ++i)
    valid += parts[n * count + i].valid, sum += parts[n * count + i].sum;
  statistics[n] = {int64_t(valid), valid > 0 ? sum / valid : 0.0, 0.0};
}

__global__ void deviation_kernel(int64_t N, int64_t count, const Part* parts,
                                 FrameStatistics* statistics) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= N) return;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += parts[n * count + i].sum;
  const double valid = double(statistics[n].valid);
  statistics[n].deviation = valid > 0 ? sqrt(sum / valid) : 0.0;
}

/// Of 16-bit pixels all sums are exact, so that one pass does.
struct ExactPart {
  int64_t valid, sum, square;
};

template <class T>
__global__ void __launch_bounds__(sum_threads)
    exact_kernel(RawFrames frames, PixelBounds<T> bounds, ExactPart* parts) {
  int64_t valid = 0, sum = 0, square = 0;
  for_valid_pixels(frames, bounds, [&](T p) {
    valid += 1, sum += int(p);
    square += uint32_t(int(p)) * uint32_t(int(p));  // below 2^32, and right for negative p
  });
  valid = block_sum(valid), sum = block_sum(sum), square = block_sum(square);
  if (threadIdx.x == 0) parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = {valid, sum, square};
}

/// A thread a frame.
__global__ void exact_statistics_kernel(int64_t N, int64_t count, const ExactPart* parts,
                                        FrameStatistics* statistics) {
  const int64_t n = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (n >= N) return;
  ExactPart all{0, 0, 0};
  for (int64_t i = n * count; i < (n + 1) * count; ++i)
    all.valid += parts[i].valid, all.sum += parts[i].sum, all.square += parts[i].square;
  statistics[n] = statistics_of_sums(all.valid, all.sum, all.square);
}

template <class T>
void exact_statistics(const RawFrames& frames, FrameStatistics* statistics) {
  const int64_t N = frames.N, blocks = (frames.H + rows_of_block - 1) / rows_of_block;
  const Tensor memory({N, blocks, int64_t(sizeof(ExactPart))}, DType::u8, Device::cuda);
  auto* parts = static_cast<ExactPart*>(memory.bytes());
  launch(exact_kernel<T>, dim3{unsigned(N), unsigned(blocks)}, sum_threads, 0, frames,
         bounds_of<T>(frames.range), parts);
  launch_over(N, exact_statistics_kernel, N, blocks, parts, statistics);
}

void statistics(const RawFrames& frames, FrameStatistics* statistics) {
  if (frames.N == 0) return;
  if (frames.type == DType::u16) return exact_statistics<uint16_t>(frames, statistics);
  if (frames.type == DType::i16) return exact_statistics<int16_t>(frames, statistics);
  const int64_t N = frames.N, blocks = (frames.H + rows_of_block - 1) / rows_of_block;
  const Tensor memory({N, blocks, int64_t(sizeof(Part))}, DType::u8, Device::cuda);
  Part* parts = static_cast<Part*>(memory.bytes());
  by_pixel(frames.type, "gcn", [&]<class T>() {
    const PixelBounds<T> bounds = bounds_of<T>(frames.range);
    const dim3 grid{unsigned(N), unsigned(blocks)};
    launch(sum_kernel<T>, grid, sum_threads, 0, frames, bounds, parts);
    launch_over(N, mean_kernel, N, blocks, parts, statistics);
    launch(square_kernel<T>, grid, sum_threads, 0, frames, bounds, statistics, parts);
    launch_over(N, deviation_kernel, N, blocks, parts, statistics);
  });
}

template <class T>
__global__ void normalise_kernel(RawFrames frames, PixelBounds<T> bounds,
                                 const FrameStatistics* statistics, float* y) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= frames.N * frames.H * frames.W) return;
  const int64_t w = i % frames.W, h = i / frames.W % frames.H, n = i / frames.W / frames.H;
  const uint8_t* bad = frames.mask_row(n, h);
  const T p = frames.row<T>(n, h)[w];
  const bool counts = bounds.contain(p) && !(bad && bad[w]);
  const FrameStatistics s = statistics[n];
  y[i] = counts ? float((double(p) - s.mean) * gcn_scale(s)) : NAN;
}

void normalise(const RawFrames& frames, const FrameStatistics* statistics, float* y) {
  by_pixel(frames.type, "gcn", [&]<class T>() {
    launch_over(frames.N * frames.H * frames.W, normalise_kernel<T>, frames,
                bounds_of<T>(frames.range), statistics, y);
  });
}

}  // namespace

template <>
const GcnKernels On<GcnKernels>::cuda{statistics, normalise};

}  // namespace hitsieve
