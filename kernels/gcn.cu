#include "kernels/block_sum.cuh"
#include "kernels/gcn.h"

namespace hitsieve {
namespace {

constexpr int rows_of_block = 16, warps = sum_threads / 32;

/// 16 bytes of pixels, loaded at once where their address allows it.
template <class T>
struct alignas(16) Pack {
  static constexpr int size = 16 / int(sizeof(T));
  T p[size];
};

template <class T>
__device__ Pack<T> load_pack(const T* p) {
  if (reinterpret_cast<uintptr_t>(p) % sizeof(Pack<T>) == 0)
    return *reinterpret_cast<const Pack<T>*>(p);
  Pack<T> pack;
#pragma unroll
  for (int k = 0; k < Pack<T>::size; ++k) pack.p[k] = p[k];
  return pack;
}

template <class T>
__device__ bool all_within(const PixelBounds<T>& bounds, const Pack<T>& pack) {
  if constexpr (std::is_integral_v<T>) {
    T least = pack.p[0], most = least;
#pragma unroll
    for (const T p : pack.p) least = min(least, p), most = max(most, p);
    return bounds.contain(least) && bounds.contain(most);
  }
  bool all = true;
#pragma unroll
  for (const T p : pack.p) all &= bounds.contain(p);
  return all;
}

/// The mask's bytes beside a pack of pixels, four a word.
template <int size>
struct alignas(size) MaskPack {
  unsigned words[size / 4];
  __device__ bool any() const { return size == 4 ? words[0] : words[0] | words[size / 4 - 1]; }
  __device__ bool bad(int k) const { return words[k / 4] >> k % 4 * 8 & 255u; }
};

template <int size>
__device__ MaskPack<size> load_mask(const uint8_t* bad) {
  MaskPack<size> pack{};
  if (reinterpret_cast<uintptr_t>(bad) % size == 0)
    memcpy(&pack, __builtin_assume_aligned(bad, size), size);
  else
    for (int k = 0; k < size; ++k) pack.words[k / 4] |= unsigned(bad[k]) << k % 4 * 8;
  return pack;
}

/// Pixels one after the other, and beside them their bytes of the mask, or null.
template <class T>
struct Line {
  const T* p;
  const uint8_t* bad;
  int64_t length;

  /// Calls body(p) with the warp's lanes for the valid pixels, and body(pack) for whole packs.
  template <class Body>
  __device__ void for_valid(const PixelBounds<T>& bounds, Body& body) const {
    constexpr int size = Pack<T>::size;
    const int lane = int(threadIdx.x) % 32;
    const auto one = [&](int64_t i) {
      if (bounds.contain(p[i]) && !(bad && bad[i])) body(p[i]);
    };
    // Packs of exact sums begin at the first address that is a multiple of 16; of others at the
    // first pixel wherever it lies, as their order is to depend on nothing else.
    const bool exact = sizeof(T) == 2;
    const int64_t lead = exact ? -reinterpret_cast<uintptr_t>(p) % 16 / sizeof(T) : 0;
    const int64_t first = min(length, lead);
    const int64_t last = first + (length - first) / size * size;
    if (lane < first) one(lane);
    if (last + lane < length) one(last + lane);
    for (int64_t i = first + lane * size; i < last; i += 32 * size) {
      const Pack<T> pack = load_pack(p + i);
      MaskPack<size> masked{};
      if (bad) masked = load_mask<size>(bad + i);
      if (all_within(bounds, pack) && !masked.any()) {
        body(pack);
        continue;
      }
#pragma unroll
      for (int k = 0; k < size; ++k)
        if (bounds.contain(pack.p[k]) && !masked.bad(k)) body(pack.p[k]);
    }
  }
};

/// Calls body(p) or body(pack) for the valid pixels among this block's rows of frame blockIdx.x, a
/// line a warp. Rows without pixels between them are one long row, each warp's part a line.
template <class T, class Body>
__device__ void for_valid_pixels(const RawFrames& frames, const PixelBounds<T>& bounds,
                                 Body& body) {
  const int64_t n = blockIdx.x, top = int64_t(blockIdx.y) * rows_of_block;
  const int64_t rows = min(int64_t(rows_of_block), frames.H - top);
  const int warp = int(threadIdx.x) / 32;
  const auto line = [&](int64_t row, int64_t w, int64_t length) {
    const uint8_t* const bad = frames.mask_row(n, top + row);
    return Line<T>{frames.row<T>(n, top + row) + w, bad ? bad + w : nullptr, length};
  };
  if (frames.row_stride == frames.W && (!frames.mask || frames.mask_row_stride == frames.W)) {
    constexpr int64_t size = 32 * Pack<T>::size;
    const int64_t all = rows * frames.W, share = (all + warps * size - 1) / (warps * size) * size;
    const int64_t first = min(all, warp * share);
    line(0, first, min(share, all - first)).for_valid(bounds, body);
  } else {
    for (int64_t row = warp; row < rows; row += warps)
      line(row, 0, frames.W).for_valid(bounds, body);
  }
}

/// What a block found in its rows.
struct Part {
  double valid, sum;
};

/// A thread's sums in double, pixel by pixel; of all but 16-bit pixels.
template <class T, class Value>
struct Sums {
  Value value;
  double valid = 0, sum = 0;
  __device__ void operator()(T p) { valid += 1, sum += value(p); }
  __device__ void operator()(const Pack<T>& pack) {
#pragma unroll
    for (const T p : pack.p) (*this)(p);
  }
};

/// Leaves the sum of value(p) over the block's valid pixels in its place among the parts.
template <class T, class Value>
__device__ void sum_part(const RawFrames& frames, const PixelBounds<T>& bounds, const Value& value,
                         Part* parts) {
  Sums<T, Value> sums{value};
  for_valid_pixels(frames, bounds, sums);
  const double valid = block_sum(sums.valid), sum = block_sum(sums.sum);
  if (threadIdx.x == 0) parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = {valid, sum};
}

template <class T>
__global__ void __launch_bounds__(sum_threads)
    sum_kernel(RawFrames frames, PixelBounds<T> bounds, Part* parts) {
  sum_part(
      frames, bounds, [](T p) { return double(p); }, parts);
}

template <class T>
__global__ void __launch_bounds__(sum_threads)
    square_kernel(RawFrames frames, PixelBounds<T> bounds, const FrameStatistics* statistics,
                  Part* parts) {
  const double mean = statistics[blockIdx.x].mean;
  const auto square = [=](T p) { return (double(p) - mean) * (double(p) - mean); };
  sum_part(frames, bounds, square, parts);
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
struct ExactSums : ExactPart {
  __device__ void operator()(T p) { valid += 1, sum += int(p), square += int64_t(p) * int(p); }
  __device__ void operator()(const Pack<T>& pack) {
    int some = 0;
#pragma unroll
    for (const T p : pack.p) some += int(p), square += int64_t(p) * int(p);
    valid += Pack<T>::size, sum += some;
  }
};

template <class T>
__global__ void __launch_bounds__(sum_threads)
    exact_kernel(RawFrames frames, PixelBounds<T> bounds, ExactPart* parts) {
  ExactSums<T> sums{};
  for_valid_pixels(frames, bounds, sums);
  const ExactPart part{block_sum(sums.valid), block_sum(sums.sum), block_sum(sums.square)};
  if (threadIdx.x == 0) parts[int64_t(blockIdx.x) * gridDim.y + blockIdx.y] = part;
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
