#include "data/pixel_maps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

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

/// The median of a window that moves along a line: its values are kept in order, and at each step
/// one goes and one comes.
class MovingMedian {
 public:
  /// out(i) = median of value(i - half) ... value(i + half), cut at the ends; NaN takes no part.
  template <class Value, class Out>
  void over(int64_t count, int64_t half, Value&& value, Out&& out) {
    sorted_.clear();
    for (int64_t i = 0; i < std::min(half, count); ++i) add(value(i));
    for (int64_t i = 0; i < count; ++i) {
      if (i + half < count) add(value(i + half));
      if (i > half) remove(value(i - half - 1));
      out(i) = sorted_.empty() ? nothing : sorted_[sorted_.size() / 2];
    }
  }

 private:
  void add(float value) {
    if (std::isnan(value)) return;
    sorted_.push_back(value);
    for (size_t at = sorted_.size() - 1; at > 0 && sorted_[at - 1] > value; --at)
      std::swap(sorted_[at - 1], sorted_[at]);
  }
  void remove(float value) {
    if (std::isnan(value)) return;
    sorted_.erase(std::find(sorted_.begin(), sorted_.end(), value));
  }
  std::vector<float> sorted_;
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

/// The statistics of one pixel from its values (NaN: not good) in all frames.
void describe_pixel(const Chosen& chosen, const float* values, size_t stride, size_t pixel,
                    PixelMaps& maps, std::vector<float>& relative) {
  relative.clear();
  double sum = 0;
  float first = nothing;
  bool constant = true;
  for (size_t i = 0; i < chosen.scale.size(); ++i) {
    const float value = values[i * stride];
    if (std::isnan(value) || chosen.scale[i] <= 0) continue;
    if (relative.empty()) first = value;
    constant = constant && value == first;
    sum += value;
    relative.push_back(value / chosen.scale[i]);
  }
  const size_t count = relative.size();
  maps.untrusted[pixel] = 5 * int64_t(count) < 4 * maps.frames;
  maps.constant[pixel] = constant;
  if (count == 0) {
    maps.level[pixel] = maps.spread[pixel] = maps.mean[pixel] = nothing;
    return;
  }
  std::sort(relative.begin(), relative.end());
  const size_t low = count / 4, high = count - 1 - count / 4;
  double middle = 0;
  for (size_t i = low; i <= high; ++i) middle += relative[i];
  maps.level[pixel] = float(middle / double(high - low + 1));
  maps.spread[pixel] = relative[high] - relative[low];
  maps.mean[pixel] = float(sum / double(count));
}

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
      std::vector<float> relative;
      for (int64_t i = first; i < last; ++i)
        describe_pixel(chosen, band.data() + i, stride, size_t(begin * maps.shape.fs + i), maps,
                       relative);
    });
  }
  return maps;
}

std::vector<float> window_median(const std::vector<float>& x, FrameShape shape, int64_t half,
                                 int64_t step) {
  const int64_t ss = (shape.ss + step - 1) / step, fs = (shape.fs + step - 1) / step;
  std::vector<float> of_rows(size_t(ss * fs)), of_windows(size_t(ss * fs));
  parallel_for(ss, 16, [&](int64_t first, int64_t last) {
    MovingMedian median;
    for (int64_t row = first; row < last; ++row) {
      const float* line = x.data() + row * step * shape.fs;
      float* out = of_rows.data() + row * fs;
      median.over(
          fs, half, [&](int64_t i) { return line[i * step]; },
          [&](int64_t i) -> float& { return out[i]; });
    }
  });
  parallel_for(fs, 16, [&](int64_t first, int64_t last) {
    MovingMedian median;
    for (int64_t column = first; column < last; ++column)
      median.over(
          ss, half, [&](int64_t i) { return of_rows[size_t(i * fs + column)]; },
          [&](int64_t i) -> float& { return of_windows[size_t(i * fs + column)]; });
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
