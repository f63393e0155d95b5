#include "kernels/raw_to_vector.h"

#include <algorithm>
#include <cmath>

#include "engine/parallel.h"
#include "kernels/box5_extremes.h"
#include "kernels/box5_frame.h"
#include "kernels/raw_windows.h"

namespace hitsieve {
namespace {

using namespace raw_windows;

/// Where box5::for_blocks leaves the values: the ends of the rows.
struct RowEnds {
  float floor;
  std::vector<box5::Ends>& ends;

  int64_t rows_from(int64_t h) const {
    return std::min<int64_t>(box5::block, int64_t(ends.size()) - h);
  }
  template <class X>
  void calm(int64_t h, int64_t, const box5::CalmRows<X>& a, const box5::CalmRows<X>& b,
            int64_t first, int64_t columns) const {
    box5::CalmEnds<X> d;
    for_whole_vectors<64 / sizeof(X)>(columns, [&](int64_t i, int64_t some) {
      box5::calm_ends(a, b, first + i, first + i + some, d);
    });
    const float inverse = 1 / 25.0f, of_floor = 1 / floor;
    for (int64_t r = 0; r < rows_from(h); ++r)
      ends[size_t(h + r)].take(box5::from_ordered(d.most[r]) * inverse * of_floor,
                               box5::from_ordered(d.least[r]) * inverse * of_floor);
  }
  void any(int64_t h, int64_t, const float (&y)[box5::block][box5::width], int64_t first,
           int64_t columns) const {
    for (int64_t r = 0; r < rows_from(h); ++r)
      box5::take(y[r] + first, columns, ends[size_t(h + r)]);
  }
};

template <class T>
void box5_vector(const CentredRows<T>& centred, double floor_factor, float* vector) {
  thread_local std::vector<box5::Ends> ends;  // keeps its memory from frame to frame
  ends.assign(size_t(centred.frame.H - 4), {});
  const float floor = float(floor_factor * centred.centring.deviation);
  const RowEnds sink{floor, ends};
  box5::for_blocks(centred, floor, sink);
  std::transform(ends.begin(), ends.end(), vector, [](const box5::Ends& e) { return e.range(); });
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
  if (weights.is_box5() && options.floor == Floor::global)
    box5_vector(centred, options.floor_factor, vector);
  else
    for_any_rows(centred, weights, options, [&](int64_t h, const auto& row, double floor) {
      vector[h] = float(any_window::range_of_row(row, floor));
    });
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
