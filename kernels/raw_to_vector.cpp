#include "kernels/raw_to_vector.h"

#include <algorithm>
#include <cmath>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "kernels/any_window.h"
#include "kernels/box5_windows.h"

namespace hitsieve {
namespace {

/// x = centred pixels and has = 1, or both 0 where a pixel is invalid.
template <class T>
HS_SIMD void centre_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                        PixelBounds<T> bounds, Centring centring, float* __restrict x,
                        uint8_t* __restrict has) {
  const int32_t origin = sizeof(T) == 2 ? int32_t(centring.origin) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    float value;
    if constexpr (sizeof(T) == 2)
      value = float(int32_t(p[i]) - origin);
    else
      value = float((double(p[i]) - centring.origin) * centring.scale);
    x[i] = counts ? value : 0.0f, has[i] = counts;
  }
}

/// Reads rows of one frame, centred.
template <class T>
struct CentredRows {
  const RawFrames& frame;
  PixelBounds<T> bounds;
  Centring centring;

  void operator()(int64_t h, int64_t w, int64_t count, float* x, uint8_t* has) const {
    const uint8_t* bad = frame.mask_row(0, h);
    centre_row(frame.row<T>(0, h) + w, bad ? bad + w : nullptr, count, bounds, centring, x, has);
  }
};

/// Rows h to h + 4 from column w on; what lies outside of the frame has no value.
template <class T>
void read_rows(const CentredRows<T>& rows, int64_t h, int64_t w, box5::Rows& y) {
  for (int r = 0; r < box5::block; ++r) {
    const int64_t inside =
        h + r < rows.frame.H ? std::min(box5::width, rows.frame.W - w) : int64_t(0);
    if (inside) rows(h + r, w, inside, y.x[r], y.has[r]);
    std::fill(y.x[r] + inside, y.x[r] + box5::width, 0.0f);
    std::fill(y.has[r] + inside, y.has[r] + box5::width, uint8_t(0));
  }
}

float signed_root(float x) { return std::copysign(std::sqrt(std::fabs(x)), x); }

/// One strip of box5_rows.h, from column w on: updates top and bottom (the frame's rows of
/// windows).
template <class T>
void walk_strip(const CentredRows<T>& centred, float floor, int64_t w, float* top, float* bottom) {
  const int64_t H = centred.frame.H, windows = H - 4;
  const int64_t columns = std::min(box5::strip, centred.frame.W - 4 - w);
  const int64_t padded = (columns + box5::lanes - 1) / box5::lanes * box5::lanes;
  box5::Rows rows[2];
  box5::RowSums<float> sums[2];
  alignas(64) float count[box5::block][box5::strip], y[box5::block][box5::strip];
  for (int64_t h = -box5::block; h < windows; h += box5::block) {
    const int lower = int(h / box5::block & 1);  // of the two halves of eight rows
    read_rows(centred, h + box5::block, w, rows[lower]);
    box5::count_rows(rows[lower], padded);
    box5::sum_rows(rows[lower], padded, sums[lower]);
    if (h < 0) continue;
    const box5::Rows &a = rows[!lower], &b = rows[lower];
    box5::count_windows(a, b, columns, padded, count);
    if (!box5::window_values(a, b, sums[!lower], sums[lower], count, padded, floor, y)) {
      box5::RowSums<double> exact[2];
      box5::sum_rows(a, padded, exact[0]), box5::sum_rows(b, padded, exact[1]);
      box5::window_values(a, b, exact[0], exact[1], count, padded, floor, y);
    }
    box5::Extremes extremes;
    box5::take(y, padded, extremes);
    for (int64_t r = 0; r < std::min<int64_t>(box5::block, windows - h); ++r)
      for (int l = 0; l < box5::lanes; ++l) {
        top[h + r] = std::max(top[h + r], extremes.top[r][l]);
        bottom[h + r] = std::min(bottom[h + r], extremes.bottom[r][l]);
      }
  }
}

template <class T>
void box5_vector(const CentredRows<T>& centred, double floor_factor, float* vector) {
  const int64_t windows = centred.frame.H - 4;
  thread_local std::vector<float> bottom;  // keeps its memory from frame to frame
  bottom.assign(size_t(windows), std::numeric_limits<float>::infinity());
  std::fill_n(vector, windows, -std::numeric_limits<float>::infinity());
  const float floor = float(floor_factor * centred.centring.deviation);
  for (int64_t w = 0; w < centred.frame.W - 4; w += box5::strip)
    walk_strip(centred, floor, w, vector, bottom.data());
  for (int64_t h = 0; h < windows; ++h)
    vector[h] = vector[h] >= bottom[size_t(h)]
                    ? signed_root(vector[h]) - signed_root(bottom[size_t(h)])
                    : 0.0f;
}

template <class T>
void any_vector(const CentredRows<T>& centred, const WindowWeights& weights,
                const LcnOptions& options, float* vector) {
  const int64_t H = centred.frame.H, W = centred.frame.W;
  const auto read = [&](int64_t h, float* x, uint8_t* has) { centred(h, 0, W, x, has); };
  double floor = centred.centring.deviation;
  if (options.floor == Floor::mean_deviation) {
    double sum = 0;
    int64_t count = 0;
    any_window::for_window_rows(weights, H, W, read, [&](int64_t, const auto& row) {
      any_window::add_deviations(row, sum, count);
    });
    floor = count ? sum / double(count) : 0.0;
  }
  any_window::for_window_rows(weights, H, W, read, [&](int64_t h, const auto& row) {
    vector[h] = float(any_window::range_of_row(row, options.floor_factor * floor));
  });
}

bool is_box5(const WindowWeights& weights) {
  return weights.size == 5 &&
         std::all_of(weights.axis, weights.axis + 5, [](double w) { return w == 1; });
}

template <class T>
void frame_vector(const RawFrames& frame, const WindowWeights& weights, const LcnOptions& options,
                  float* vector, FrameStatistics& statistics) {
  pick<GcnKernels>(Device::cpu).statistics(frame, &statistics);
  if (!(statistics.deviation > 0)) {
    std::fill_n(vector, frame.H - weights.size + 1, 0.0f);
    return;
  }
  const CentredRows<T> centred{frame, bounds_of<T>(frame.range), centring<T>(statistics)};
  if (is_box5(weights) && options.floor == Floor::global)
    box5_vector(centred, options.floor_factor, vector);
  else
    any_vector(centred, weights, options, vector);
}

void vectors(const RawFrames& frames, const WindowWeights& weights, const LcnOptions& options,
             float* vectors, FrameStatistics* statistics) {
  const int64_t length = frames.H - weights.size + 1;
  by_pixel(frames.type, "raw_to_vector", [&]<class T>() {
    parallel_for(frames.N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        frame_vector<T>(frames.frame(n), weights, options, vectors + n * length, statistics[n]);
    });
  });
}

}  // namespace

template <>
const RawToVectorKernels On<RawToVectorKernels>::cpu{vectors};

void raw_to_vector(const RawFrames& frames, const LcnOptions& options, Device device,
                   float* vectors, FrameStatistics* statistics) {
  check_frames("raw_to_vector", frames);
  const WindowWeights weights = window_weights("raw_to_vector", options, frames.H, frames.W);
  pick<RawToVectorKernels>(device).vectors(frames, weights, options, vectors, statistics);
}

FrameVectors raw_to_vector(const Tensor& raw, const Tensor& mask, const PixelRange& range,
                           const LcnOptions& options) {
  const RawFrames frames = raw_frames("raw_to_vector", raw, mask, range);
  window_weights("raw_to_vector", options, frames.H, frames.W);
  const Tensor memory({frames.N, int64_t(sizeof(FrameStatistics))}, DType::u8, raw.device());
  FrameVectors result{Tensor({frames.N, frames.H - options.window + 1}, DType::f32, raw.device()),
                      std::vector<FrameStatistics>(size_t(frames.N))};
  raw_to_vector(frames, options, raw.device(), result.vectors.data<float>(),
                static_cast<FrameStatistics*>(memory.bytes()));
  pick<DeviceOps>(raw.device())
      .copy_out(result.statistics.data(), memory.bytes(),
                result.statistics.size() * sizeof(FrameStatistics));
  return result;
}

}  // namespace hitsieve
