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

/// The mask's bytes beside a pack of pixels.
template <int size>
struct alignas(size) MaskPack {
  uint8_t bad[size];
};

template <int size>
__device__ MaskPack<size> load_mask(const uint8_t* bad, int64_t count) {
  if (count >= size && reinterpret_cast<uintptr_t>(bad) % size == 0)
    return *reinterpret_cast<const MaskPack<size>*>(bad);
  MaskPack<size> pack{};
  for (int i = 0; i < size && i < count; ++i) pack.bad[i] = bad[i];
  return pack;
}

/// Calls body(p) for the valid pixels among this block's rows of frame blockIdx.x. Rows without
/// pixels between them are one long row: each of them may begin where no pack can be loaded.
template <class T, class Body>
__device__ void for_valid_pixels(const RawFrames& frames, PixelBounds<T> bounds, const Body& body) {
  constexpr int size = Pack<T>::size;
  const int64_t n = blockIdx.x, top = int64_t(blockIdx.y) * rows_of_block;
  const int64_t rows = min(int64_t(rows_of_block), frames.H - top);
  const bool joined =
      frames.row_stride == frames.W && (!frames.mask || frames.mask_row_stride == frames.W);
  const int64_t lines = joined ? 1 : rows, length = joined ? rows * frames.W : frames.W;
  const int64_t packs = (length + size - 1) / size;
  for (int64_t i = threadIdx.x; i < lines * packs; i += sum_threads) {
    const int64_t line = joined ? 0 : i / packs, w = (i - line * packs) * size;
    const int64_t count = length - w;
    const Pack<T> pack = load(frames.row<T>(n, top + line) + w, count);
    MaskPack<size> masked{};
    if (frames.mask) masked = load_mask<size>(frames.mask_row(n, top + line) + w, count);
#pragma unroll
    for (int k = 0; k < size; ++k)
      if (k < count && bounds.contain(pack.p[k]) && !masked.bad[k]) body(pack.p[k]);
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

/// A block a frame, which adds its parts up.
__global__ void __launch_bounds__(sum_threads)
    mean_kernel(int64_t count, const Part* parts, FrameStatistics* statistics) {
  const int64_t n = blockIdx.x;
  double valid = 0, sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += sum_threads)
    valid += parts[n * count + i].valid, sum += parts[n * count + i].sum;
  valid = block_sum(valid), sum = block_sum(sum);
  if (threadIdx.x == 0) statistics[n] = {int64_t(valid), valid > 0 ? sum / valid : 0.0, 0.0};
}

__global__ void __launch_bounds__(sum_threads)
    deviation_kernel(int64_t count, const Part* parts, FrameStatistics* statistics) {
  const int64_t n = blockIdx.x;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += sum_threads) sum += parts[n * count + i].sum;
  sum = block_sum(sum);
  const double valid = double(statistics[n].valid);
  if (threadIdx.x == 0) statistics[n].deviation = valid > 0 ? sqrt(sum / valid) : 0.0;
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

/// A block a frame.
__global__ void __launch_bounds__(sum_threads)
    exact_statistics_kernel(int64_t count, const ExactPart* parts, FrameStatistics* statistics) {
  const int64_t n = blockIdx.x;
  ExactPart all{0, 0, 0};
  for (int64_t i = n * count + threadIdx.x; i < (n + 1) * count; i += sum_threads)
    all.valid += parts[i].valid, all.sum += parts[i].sum, all.square += parts[i].square;
  all = {block_sum(all.valid), block_sum(all.sum), block_sum(all.square)};
  if (threadIdx.x == 0) statistics[n] = statistics_of_sums(all.valid, all.sum, all.square);
}

template <class T>
void exact_statistics(const RawFrames& frames, FrameStatistics* statistics) {
  const int64_t N = frames.N, blocks = (frames.H + rows_of_block - 1) / rows_of_block;
  const Tensor memory({N, blocks, int64_t(sizeof(ExactPart))}, DType::u8, Device::cuda);
  auto* parts = static_cast<ExactPart*>(memory.bytes());
  launch(exact_kernel<T>, dim3{unsigned(N), unsigned(blocks)}, sum_threads, 0, frames,
         bounds_of<T>(frames.range), parts);
  launch(exact_statistics_kernel, unsigned(N), sum_threads, 0, blocks, parts, statistics);
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
    launch(mean_kernel, unsigned(N), sum_threads, 0, blocks, parts, statistics);
    launch(square_kernel<T>, grid, sum_threads, 0, frames, bounds, statistics, parts);
    launch(deviation_kernel, unsigned(N), sum_threads, 0, blocks, parts, statistics);
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
