#include "data/pixel_maps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "data/lane_sort.h"
#include "engine/parallel.h"

namespace hitsieve {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

float median(std::vector<float>& values) {
  if (values.empty()) return nothing;
  const auto middle = values.begin() + ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// out[i] = the median of the `length` values at x + i, x + i + stride, ... for i in [0, count);
/// NaN takes no part. At most sort_lanes at once.
class Medians {
 public:
  explicit Medians(int64_t length) : sort_(length), values_(size_t(length * sort_lanes)) {}

  void operator()(int64_t count, const float* x, int64_t stride, float* out) {
    constexpr float last = std::numeric_limits<float>::infinity();
    int32_t good[sort_lanes] = {};
    for (int64_t row = 0; row < sort_.length(); ++row)
      for (int64_t lane = 0; lane < sort_lanes; ++lane) {
        const float value = lane < count ? x[row * stride + lane] : nothing;
        good[lane] += value == value;
        values_[size_t(row * sort_lanes + lane)] = value == value ? value : last;
      }
    sort_(values_.data());
    for (int64_t lane = 0; lane < count; ++lane)
      out[lane] = good[lane] ? values_[size_t(good[lane] / 2 * sort_lanes + lane)] : nothing;
  }

 private:
  LaneSort sort_;
  std::vector<float> values_;
};

/// Calls body(value) for every `step`th pixel: NaN for one that is not good.
template <class Body>
void for_pixels(const Frame& frame, int64_t step, Body&& body) {
  by_pixel(frame.type, "frame", [&]<class T>() {
    const T* pixel = frame.data<T>();
    const uint8_t* bad = frame.bad();
    for (int64_t i = 0; i < frame.shape.pixels(); i += step) {
      const auto value = double(pixel[i]);
      const bool good =
          !(bad && bad[i]) && value >= frame.trusted.min && value <= frame.trusted.max;
      body(good ? float(value) : nothing);
    }
  });
}

float scale_of(const Frame& frame) {
  std::vector<float> positive;
  for_pixels(frame, 7, [&](float value) {
    if (value > 0) positive.push_back(value);
  });
  return positive.empty() ? 0 : median(positive);
}

struct Chosen {
  const FrameSet& set;
  std::vector<int64_t> index;  // in the set
  Region region;
  std::vector<float> scale{};

  /// body(i, frame) for all frames, in parallel; only the rows [begin, end) of the region.
  template <class Body>
  void read(int64_t begin, int64_t end, Body&& body) const {
    const Region rows{region.ss0 + begin, region.fs0, {end - begin, region.shape.fs}};
    parallel_for(int64_t(index.size()), 4, [&](int64_t first, int64_t last) {
      EncodedFrame encoded;
      Frame frame;
      for (int64_t i = first; i < last; ++i) {
        const int64_t at = index[size_t(i)];
        const auto source = set.source(at);
        source->fetch(set.address(at).frame, rows, encoded);
        source->decode(encoded, frame);
        body(i, frame);
      }
    });
  }
};

Chosen choose(const FrameSet& set, int64_t frames, int64_t crop) {
  std::vector<int64_t> index;
  const int64_t count = std::min(frames, set.size());
  for (int64_t i = 0; i < count; ++i) index.push_back(i * set.size() / count);
  const FrameShape shape = set.source(index[0])->info().shape;
  for (const int64_t i : index) {
    const SourceInfo& info = set.source(i)->info();
    check(info.shape == shape, set.name(i), ": a frame of ", info.shape.ss, " x ", info.shape.fs,
          " pixels, those before have ", shape.ss, " x ", shape.fs,
          "; pixels are compared over frames of one shape");
  }
  return {set, index, crop > 0 ? central(shape, crop) : whole(shape)};
}

/// The statistics of pixels from their values (NaN: not good) in all frames.
class Description {
 public:
  explicit Description(const Chosen& chosen) {
    for (size_t i = 0; i < chosen.scale.size(); ++i)
      if (chosen.scale[i] > 0) frames_.push_back(i), scale_.push_back(chosen.scale[i]);
    sort_ = LaneSort(std::ssize(frames_));
    relative_.resize(frames_.size() * sort_lanes);
  }

  /// Of `count` pixels, at most sort_lanes; frame i has their values at values + i * stride.
  void describe(int64_t count, const float* values, size_t stride, size_t pixel, PixelMaps& maps) {
    constexpr float last = std::numeric_limits<float>::infinity();
    double sum[sort_lanes] = {};
    int32_t good[sort_lanes] = {};
    float first[sort_lanes];
    bool differ[sort_lanes] = {};
    std::fill_n(first, sort_lanes, nothing);
    for (size_t i = 0; i < frames_.size(); ++i)
      for (int64_t lane = 0; lane < sort_lanes; ++lane) {
        const float value = lane < count ? values[frames_[i] * stride + size_t(lane)] : nothing;
        const bool is_good = value == value;
        first[lane] = is_good && good[lane] == 0 ? value : first[lane];
        differ[lane] |= is_good && value != first[lane];
        good[lane] += is_good;
        sum[lane] += is_good ? value : 0;
        relative_[i * sort_lanes + size_t(lane)] = is_good ? value / scale_[i] : last;
      }
    sort_(relative_.data());
    for (int64_t lane = 0; lane < count; ++lane, ++pixel) {
      maps.untrusted[pixel] = 5 * int64_t(good[lane]) < 4 * maps.frames;
      maps.constant[pixel] = !differ[lane];
      if (good[lane] == 0) {
        maps.level[pixel] = maps.spread[pixel] = maps.mean[pixel] = nothing;
        continue;
      }
      const auto in_order = [&](int64_t i) { return relative_[size_t(i * sort_lanes + lane)]; };
      const int64_t low = good[lane] / 4, high = good[lane] - 1 - good[lane] / 4;
      double middle = 0;
      for (int64_t i = low; i <= high; ++i) middle += double(in_order(i));
      maps.level[pixel] = float(middle / double(high - low + 1));
      maps.spread[pixel] = in_order(high) - in_order(low);
      maps.mean[pixel] = float(sum[lane] / double(good[lane]));
    }
  }

 private:
  std::vector<size_t> frames_;  // with signal
  std::vector<float> scale_, relative_;
  LaneSort sort_{0};
};

}  // namespace

PixelMaps pixel_maps(const FrameSet& set, int64_t frames, int64_t crop, int64_t memory,
                     const std::function<void(double done)>& progress) {
  Chosen chosen = choose(set, frames, crop);
  PixelMaps maps;
  maps.shape = chosen.region.shape;
  const auto pixels = size_t(maps.shape.pixels());
  maps.level.resize(pixels), maps.spread.resize(pixels), maps.mean.resize(pixels);
  maps.constant.resize(pixels), maps.untrusted.resize(pixels);
  const auto count = int64_t(chosen.index.size());
  const int64_t rows = std::clamp<int64_t>(memory / (count * maps.shape.fs * 4), 1, maps.shape.ss);
  chosen.scale.resize(size_t(count));
  const int64_t bands = (maps.shape.ss + rows - 1) / rows, passes = bands > 1 ? bands + 1 : 1;
  std::mutex one_at_a_time;
  int64_t frames_read = 0;
  const auto read_one = [&] {
    if (!progress) return;
    const std::lock_guard lock(one_at_a_time);
    progress(double(++frames_read) / double(count * passes));
  };
  if (rows < maps.shape.ss)  // else the only band tells
    chosen.read(0, maps.shape.ss, [&](int64_t i, const Frame& frame) {
      chosen.scale[size_t(i)] = scale_of(frame);
      read_one();
    });
  std::vector<float> band;
  for (int64_t begin = 0; begin < maps.shape.ss; begin += rows) {
    const int64_t end = std::min(begin + rows, maps.shape.ss);
    const auto stride = size_t((end - begin) * maps.shape.fs);
    band.resize(stride * size_t(count));
    chosen.read(begin, end, [&](int64_t i, const Frame& frame) {
      if (rows == maps.shape.ss) chosen.scale[size_t(i)] = scale_of(frame);
      float* out = band.data() + size_t(i) * stride;
      for_pixels(frame, 1, [&](float value) { *out++ = value; });
      read_one();
    });
    maps.frames = std::count_if(chosen.scale.begin(), chosen.scale.end(),
                                [](float scale) { return scale > 0; });
    parallel_for(int64_t(stride), 4096, [&](int64_t first, int64_t last) {
      Description description(chosen);
      for (int64_t i = first; i < last; i += sort_lanes)
        description.describe(std::min(sort_lanes, last - i), band.data() + i, stride,
                             size_t(begin * maps.shape.fs + i), maps);
    });
  }
  return maps;
}

std::vector<float> window_median(const std::vector<float>& x, FrameShape shape, int64_t half,
                                 int64_t step) {
  const int64_t ss = (shape.ss + step - 1) / step, fs = (shape.fs + step - 1) / step;
  const int64_t padded = fs + 2 * half, window = 2 * half + 1;
  std::vector<float> of_rows(size_t((ss + 2 * half) * fs), nothing), of_windows(size_t(ss * fs));
  parallel_for(ss, 16, [&](int64_t first, int64_t last) {
    Medians medians(window);
    std::vector<float> line(size_t(padded), nothing);
    for (int64_t row = first; row < last; ++row) {
      for (int64_t i = 0; i < fs; ++i)
        line[size_t(half + i)] = x[size_t(row * step * shape.fs + i * step)];
      for (int64_t i = 0; i < fs; i += sort_lanes)
        medians(std::min(sort_lanes, fs - i), line.data() + i, 1,
                of_rows.data() + (row + half) * fs + i);
    }
  });
  parallel_for(ss, 16, [&](int64_t first, int64_t last) {
    Medians medians(window);
    for (int64_t row = first; row < last; ++row)
      for (int64_t i = 0; i < fs; i += sort_lanes)
        medians(std::min(sort_lanes, fs - i), of_rows.data() + row * fs + i, fs,
                of_windows.data() + row * fs + i);
  });
  if (step == 1) return of_windows;
  std::vector<float> spread_out(x.size());
  for (int64_t row = 0; row < shape.ss; ++row)
    for (int64_t column = 0; column < shape.fs; ++column)
      spread_out[size_t(row * shape.fs + column)] =
          of_windows[size_t(row / step * fs + column / step)];
  return spread_out;
}

}  // namespace hitsieve
