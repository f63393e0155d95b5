#include "kernels/gcn.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/parallel.h"
#include "engine/simd.h"

namespace hitsieve {
namespace {

/// Exact sums over valid 16-bit pixels.
struct IntegerSums {
  int64_t valid = 0, sum = 0, squares = 0;
};

/// Pixels 256 high + low, and has = 1, all 0 where a pixel is invalid: machines multiply pairs of
/// 16-bit numbers and add them to 32-bit sums in one instruction, many at once.
struct alignas(64) Pixels16 {
  static constexpr int64_t most = 1 << 11;  // their sums of products fit 31 bits
  int16_t high[most], low[most], has[most];
};

template <class T>
HS_SIMD void take_valid(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                        PixelBounds<T> bounds, int16_t* __restrict high, int16_t* __restrict low,
                        int16_t* __restrict has) {
  for (int64_t i = 0; bad && i < count; ++i) has[i] = !bad[i];  // bytes among words are slow below
  for (int64_t i = 0; i < count; ++i) {
    const int16_t counts = (bad ? has[i] : 1) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    const T x = counts ? p[i] : T(0);
    high[i] = int16_t(x >> 8), low[i] = int16_t(x & 0xff), has[i] = counts;
  }
}

inline HS_SIMD void add_sums(const Pixels16& pixels, int64_t count, IntegerSums& sums) {
  const int16_t* __restrict high = pixels.high, * __restrict low = pixels.low;
  const int16_t* __restrict has = pixels.has;
  int32_t valid = 0, highs = 0, lows = 0, high_high = 0, high_low = 0, low_low = 0;
  for (int64_t i = 0; i < count; ++i) {
    valid += int32_t(has[i]) * has[i];
    highs += int32_t(high[i]) * has[i], lows += int32_t(low[i]) * has[i];
    high_high += int32_t(high[i]) * high[i], high_low += int32_t(high[i]) * low[i];
    low_low += int32_t(low[i]) * low[i];
  }
  sums.valid += valid, sums.sum += int64_t(highs) * 256 + lows;
  sums.squares += int64_t(high_high) * 65536 + int64_t(high_low) * 512 + low_low;
}

template <class T>
FrameStatistics integer_statistics(const RawFrames& frames, int64_t n) {
  const PixelBounds<T> bounds = bounds_of<T>(frames.range);
  Pixels16 pixels;
  int64_t held = 0;
  IntegerSums s;
  for (int64_t h = 0; h < frames.H; ++h)
    for (int64_t w = 0; w < frames.W;) {
      const int64_t count = std::min(Pixels16::most - held, frames.W - w);
      const T* p = frames.row<T>(n, h) + w;
      const uint8_t* bad = frames.mask ? frames.mask_row(n, h) + w : nullptr;
      for_whole_vectors<32>(count, [&](int64_t first, int64_t part) {
        const int64_t to = held + first;
        take_valid(p + first, bad ? bad + first : nullptr, part, bounds, pixels.high + to,
                   pixels.low + to, pixels.has + to);
      });
      w += count, held += count;
      for (; held % 32; ++held)  // so that the next row begins where a vector does
        pixels.high[held] = pixels.low[held] = pixels.has[held] = 0;
      if (held == Pixels16::most) add_sums(pixels, held, s), held = 0;
    }
  add_sums(pixels, held, s);
  return statistics_of_sums(s.valid, s.sum, s.squares);
}

/// Adds (p - origin)^power, power 1 or 2, of the valid pixels of a row, each to its column's sum.
template <int power, class T>
HS_SIMD int64_t add_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                        PixelBounds<T> bounds, double origin, double* __restrict columns) {
  int32_t valid = 0;
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    const double x = counts ? double(p[i]) - origin : 0.0;
    columns[i] += power == 1 ? x : x * x;
    valid += counts;
  }
  return valid;
}

template <int power, class T>
double frame_sum(const RawFrames& frames, int64_t n, double origin, int64_t& valid) {
  const PixelBounds<T> bounds = bounds_of<T>(frames.range);
  thread_local std::vector<double> columns;  // keeps its memory from frame to frame
  columns.assign(size_t(frames.W), 0.0);
  valid = 0;
  for (int64_t h = 0; h < frames.H; ++h)
    valid += add_row<power>(frames.row<T>(n, h), frames.mask_row(n, h), frames.W, bounds, origin,
                            columns.data());
  return std::accumulate(columns.begin(), columns.end(), 0.0);
}

template <class T>
FrameStatistics frame_statistics(const RawFrames& frames, int64_t n) {
  if constexpr (sizeof(T) == 2) return integer_statistics<T>(frames, n);
  int64_t valid = 0;
  const double sum = frame_sum<1, T>(frames, n, 0, valid);
  if (valid == 0) return {0, 0, 0};
  const double mean = sum / double(valid);
  return {valid, mean, std::sqrt(frame_sum<2, T>(frames, n, mean, valid) / double(valid))};
}

void statistics(const RawFrames& frames, FrameStatistics* statistics) {
  by_pixel(frames.type, "gcn", [&]<class T>() {
    parallel_for(frames.N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) statistics[n] = frame_statistics<T>(frames, n);
    });
  });
}

template <class T>
HS_SIMD void normalise_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                           PixelBounds<T> bounds, double mean, double scale, float* __restrict y) {
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    y[i] = counts ? float((double(p[i]) - mean) * scale) : NAN;
  }
}

void normalise(const RawFrames& frames, const FrameStatistics* statistics, float* y) {
  by_pixel(frames.type, "gcn", [&]<class T>() {
    const PixelBounds<T> bounds = bounds_of<T>(frames.range);
    parallel_for(frames.N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        for (int64_t h = 0; h < frames.H; ++h)
          normalise_row(frames.row<T>(n, h), frames.mask_row(n, h), frames.W, bounds,
                        statistics[n].mean, gcn_scale(statistics[n]),
                        y + (n * frames.H + h) * frames.W);
    });
  });
}

}  // namespace

template <>
const GcnKernels On<GcnKernels>::cpu{statistics, normalise};

void check_frames(const char* who, const RawFrames& frames) {
  by_pixel(frames.type, who, []<class T>() {});
  check(frames.N >= 0 && frames.H > 0 && frames.W > 0, who, ": ", frames.N, " frames of ", frames.H,
        " x ", frames.W, " pixels");
  check(frames.N == 0 || frames.pixels != nullptr, who, ": no pixels given");
  check(frames.row_stride >= frames.W, who, ": row stride ", frames.row_stride,
        " is less than the width ", frames.W);
  check(!frames.mask || frames.mask_row_stride >= frames.W, who, ": mask row stride ",
        frames.mask_row_stride, " is less than the width ", frames.W);
  check(frames.range.minimum <= frames.range.maximum, who, ": trusted range from ",
        frames.range.minimum, " to ", frames.range.maximum, " is empty or not a number");
}

FrameFault fault_of(const FrameStatistics& statistics, int64_t pixels) {
  if (statistics.valid == 0) return FrameFault::empty;
  if (2 * statistics.valid < pixels) return FrameFault::masked;
  return statistics.deviation > 0 ? FrameFault::none : FrameFault::constant;
}

std::string unusable(const FrameStatistics& statistics, int64_t pixels) {
  switch (fault_of(statistics, pixels)) {
    case FrameFault::empty:
      return "no pixel is left: all are masked, NaN or outside the trusted range";
    case FrameFault::masked:
      return text("over half of its pixels, ", pixels - statistics.valid, " of ", pixels,
                  ", are masked, NaN or outside the trusted range");
    case FrameFault::constant:
      return text("constant: every pixel is ", statistics.mean);
    default:
      return "";
  }
}

RawFrames raw_frames(const char* who, const Tensor& raw, const Tensor& mask,
                     const PixelRange& range) {
  check(raw.shape().rank() == 3, who, ": raw frames have shape ", raw.shape(),
        ", expected (N, H, W)");
  const int64_t N = raw.shape()[0], H = raw.shape()[1], W = raw.shape()[2];
  RawFrames frames{.pixels = raw.bytes(),
                   .type = raw.dtype(),
                   .N = N,
                   .H = H,
                   .W = W,
                   .row_stride = W,
                   .frame_stride = H * W};
  frames.range = range;
  if (mask) {
    const bool own = mask.shape() == raw.shape();
    check(own || mask.shape() == Shape{H, W}, who, ": mask has shape ", mask.shape(),
          ", expected (", H, ", ", W, ") or (", N, ", ", H, ", ", W, ")");
    check(mask.device() == raw.device(), who, ": mask is on ", mask.device(), ", the frames on ",
          raw.device());
    frames.mask = mask.data<uint8_t>(), frames.mask_row_stride = W;
    frames.mask_frame_stride = own ? H * W : 0;
  }
  check_frames(who, frames);
  return frames;
}

Tensor gcn(const Tensor& raw, const Tensor& mask, const PixelRange& range) {
  const RawFrames frames = raw_frames("gcn", raw, mask, range);
  const Device device = raw.device();
  const Tensor memory({frames.N, int64_t(sizeof(FrameStatistics))}, DType::u8, device);
  auto* statistics = static_cast<FrameStatistics*>(memory.bytes());
  Tensor y(raw.shape(), DType::f32, device);
  pick<GcnKernels>(device).statistics(frames, statistics);
  pick<GcnKernels>(device).normalise(frames, statistics, y.data<float>());
  return y;
}

}  // namespace hitsieve
