#include "nets/peak_finder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/check.h"
#include "engine/simd.h"
#include "kernels/vector.h"

namespace hitsieve {
namespace {

constexpr int64_t least_in_ring = 100;  // pixels, masked ones included
constexpr int64_t least_around = 8;     // good pixels
constexpr int rounds = 10;              // at most, of taking outliers out
constexpr double outlier = 5;           // deviations: a few photons are no outliers among none

enum Mark : uint8_t { below, above, taken };

template <class T>
HS_SIMD void values_of_row(const T* __restrict p, const uint8_t* __restrict bad, int64_t count,
                           PixelBounds<T> bounds, float* __restrict x) {
  for (int64_t i = 0; i < count; ++i) {
    const bool counts = (!bad || !bad[i]) & (p[i] >= bounds.low) & (p[i] <= bounds.high);
    x[i] = counts ? float(p[i]) : NAN;
  }
}

/// Sums over the x in [low, high], which no NaN is, in an order that depends on their number alone.
struct Sums {
  double count = 0, sum = 0, squares = 0;  // of x - origin
};

HS_SIMD void add_between(const float* x, int64_t size, double low, double high, double origin,
                         Sums& sums) {
  Vector<double> count[2] = {}, sum[2] = {}, squares[2] = {};
  const Vector<double> one = Vector<double>{} + 1.0, none = {};
  int64_t i = 0;
  for (; i + 2 * lanes<double> <= size; i += 2 * lanes<double>)
    for (int part = 0; part < 2; ++part) {
      Vector<double> v;
      for (int64_t lane = 0; lane < lanes<double>; ++lane)
        v[lane] = double(x[i + part * lanes<double> + lane]);
      const auto counts = (v >= low) & (v <= high);
      const Vector<double> d = counts ? v - origin : none;
      count[part] += counts ? one : none;
      sum[part] += d, squares[part] += d * d;
    }
  sums.count = sum_of_lanes<double>(count[0] + count[1]);
  sums.sum = sum_of_lanes<double>(sum[0] + sum[1]);
  sums.squares = sum_of_lanes<double>(squares[0] + squares[1]);
  for (; i < size; ++i) {
    const double v = double(x[i]);
    if (!(v >= low && v <= high)) continue;
    sums.count += 1, sums.sum += v - origin, sums.squares += (v - origin) * (v - origin);
  }
}

/// mean + min_snr deviations of a ring, without its outliers; infinite when no pixel is good.
double ring_threshold(const float* x, int64_t size, double min_snr) {
  double low = -INFINITY, high = INFINITY, mean = 0, deviation = 0, count = -1;
  for (int round = 0; round < rounds; ++round) {
    Sums sums;
    add_between(x, size, low, high, mean, sums);
    if (sums.count == 0) return INFINITY;
    const double shift = sums.sum / sums.count;
    mean += shift;
    deviation = std::sqrt(std::max(0.0, sums.squares / sums.count - shift * shift));
    if (sums.count == count) break;
    count = sums.count;
    low = mean - outlier * deviation, high = mean + outlier * deviation;
  }
  return mean + min_snr * deviation;
}

void check_options(const PeakFinderOptions& o) {
  const auto limit = [](const char* name, double value) {
    check(value >= 0 && std::isfinite(value), "peak finder: ", name, " ", value,
          ", want 0 or more");
  };
  limit("threshold", o.threshold), limit("min_snr", o.min_snr), limit("min_res", o.min_res);
  check(o.max_res >= o.min_res, "peak finder: max_res ", o.max_res, " is less than min_res ",
        o.min_res);
  check(o.min_pix_count >= 1, "peak finder: min_pix_count ", o.min_pix_count, ", want 1 or more");
  check(o.max_pix_count >= o.min_pix_count, "peak finder: max_pix_count ", o.max_pix_count,
        " is less than min_pix_count ", o.min_pix_count);
  check(o.local_bg_radius >= 1 && o.local_bg_radius <= 1000, "peak finder: local_bg_radius ",
        o.local_bg_radius, ", want 1 to 1000");
  if (o.centre)
    check(std::abs(o.centre->ss) <= 1e6 && std::abs(o.centre->fs) <= 1e6, "peak finder: centre ",
          o.centre->ss, ", ", o.centre->fs);
}

}  // namespace

PeakFinder::PeakFinder(const PeakFinderOptions& options) : options_(options) {
  check_options(options);
}

/// Sorts the pixels by their distance from the centre, rounded, and cuts them into rings.
void PeakFinder::lay_rings(int64_t H, int64_t W) {
  check(H * W < int64_t(1) << 31, "peak finder: a frame of ", H, " x ", W, " pixels");
  if (H == H_ && W == W_) return;
  centre_ = options_.centre.value_or(FramePoint{double(H - 1) / 2, double(W - 1) / 2});
  std::vector<int32_t> radius(size_t(H * W)), ends;  // ends[r]: pixels at a radius below r
  for (int64_t i = 0; i < H * W; ++i) {
    const double r = std::hypot(double(i / W) - centre_.ss, double(i % W) - centre_.fs);
    radius[size_t(i)] = int32_t(std::lround(r));
    ends.resize(std::max(ends.size(), size_t(std::lround(r)) + 2));
    ++ends[size_t(std::lround(r)) + 1];
  }
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  starts_.assign(1, 0);
  for (const int32_t end : ends)
    if (end - starts_.back() >= least_in_ring) starts_.push_back(end);
  if (starts_.size() > 1) starts_.pop_back();  // what is left over belongs to the last ring
  starts_.push_back(int32_t(H * W));
  order_.resize(size_t(H * W)), marks_.assign(size_t(H * W), below);
  x_.resize(size_t(H * W)), ring_.clear();
  for (int32_t i = 0; i < int32_t(H * W); ++i)
    order_[size_t(ends[size_t(radius[size_t(i)])]++)] = i;
  H_ = H, W_ = W;
}

/// Marks the pixels of x_ that are above their ring's threshold.
void PeakFinder::mark_pixels() {
  std::fill(marks_.begin(), marks_.end(), below);
  for (size_t r = 0; r + 1 < starts_.size(); ++r) {
    const int32_t* order = &order_[size_t(starts_[r])];
    const auto size = size_t(starts_[r + 1] - starts_[r]);
    ring_.resize(size);
    for (size_t i = 0; i < size; ++i) ring_[i] = x_[size_t(order[i])];
    double threshold = ring_threshold(ring_.data(), int64_t(size), options_.min_snr);
    if (options_.threshold > 0) threshold = std::max(threshold, options_.threshold);
    for (size_t i = 0; i < size; ++i)
      if (double(ring_[i]) > threshold) marks_[size_t(order[i])] = above;
  }
}

/// Gathers in pixels_ all marked pixels that are connected with the seed.
PeakFinder::Candidate PeakFinder::take_candidate(int32_t seed) {
  Candidate box{H_, 0, W_, 0};
  pixels_.assign(1, seed);
  marks_[size_t(seed)] = taken;
  for (size_t next = 0; next < pixels_.size(); ++next) {
    const int64_t row = pixels_[next] / W_, column = pixels_[next] % W_;
    box.first_row = std::min(box.first_row, row), box.last_row = std::max(box.last_row, row);
    box.first_column = std::min(box.first_column, column);
    box.last_column = std::max(box.last_column, column);
    for (int64_t h = std::max<int64_t>(row - 1, 0); h <= std::min(row + 1, H_ - 1); ++h)
      for (int64_t w = std::max<int64_t>(column - 1, 0); w <= std::min(column + 1, W_ - 1); ++w)
        if (uint8_t& mark = marks_[size_t(h * W_ + w)]; mark == above) {
          mark = taken;
          pixels_.push_back(int32_t(h * W_ + w));
        }
  }
  return box;
}

/// Of the good, unmarked pixels that lie 2 to 1 + local_bg_radius pixels outside of the candidate's
/// bounding box: the tails of a spot reach into the pixels next to it.
PeakFinder::Background PeakFinder::background(const Candidate& box) const {
  const int64_t reach = 1 + options_.local_bg_radius;
  double sum = 0, squares = 0, origin = 0;
  int64_t count = 0;
  const auto add_columns = [&](int64_t h, int64_t first, int64_t last) {
    for (int64_t w = std::max<int64_t>(first, 0); w <= std::min(last, W_ - 1); ++w) {
      const auto i = size_t(h * W_ + w);
      if (marks_[i] != below || std::isnan(x_[i])) continue;
      if (count == 0) origin = double(x_[i]);
      const double d = double(x_[i]) - origin;
      ++count, sum += d, squares += d * d;
    }
  };
  for (int64_t h = std::max<int64_t>(box.first_row - reach, 0);
       h <= std::min(box.last_row + reach, H_ - 1); ++h) {
    const int64_t left = box.first_column - reach, right = box.last_column + reach;
    if (h < box.first_row - 1 || h > box.last_row + 1) {
      add_columns(h, left, right);
    } else {
      add_columns(h, left, box.first_column - 2);
      add_columns(h, box.last_column + 2, right);
    }
  }
  if (count == 0) return {0, 0, 0};
  const double mean = sum / double(count);
  return {count, origin + mean, std::sqrt(std::max(0.0, squares / double(count) - mean * mean))};
}

/// The peak that pixels_ are, if they are one.
std::optional<Peak> PeakFinder::judge(const Candidate& candidate) const {
  const auto size = int64_t(pixels_.size());
  if (size < options_.min_pix_count || size > options_.max_pix_count) return {};
  const Background around = background(candidate);
  if (around.count < least_around) return {};
  Peak peak{{0, 0}, size, 0, 0};
  double mass = 0;
  for (const int32_t i : pixels_) {
    const double d = double(x_[size_t(i)]) - around.mean, weight = std::max(d, 0.0);
    peak.intensity += d, mass += weight;
    peak.position.ss += weight * double(i / W_), peak.position.fs += weight * double(i % W_);
  }
  if (!(peak.intensity > 0)) return {};
  peak.position.ss /= mass, peak.position.fs /= mass;
  const double n = double(size);  // the mean that is taken off is itself known to 1 / sqrt(count)
  peak.snr = peak.intensity / (around.deviation * std::sqrt(n + n * n / double(around.count)));
  const double distance = std::hypot(peak.position.ss - centre_.ss, peak.position.fs - centre_.fs);
  const bool accepted =
      peak.snr >= options_.min_snr && distance >= options_.min_res && distance <= options_.max_res;
  return accepted ? std::optional(peak) : std::nullopt;
}

std::vector<Peak> PeakFinder::find(const RawFrames& frame) {
  check_frames("peak finder", frame);
  check(frame.N == 1, "peak finder: ", frame.N, " frames, want one at a time");
  lay_rings(frame.H, frame.W);
  by_pixel(frame.type, "peak finder", [&]<class T>() {
    const PixelBounds<T> bounds = bounds_of<T>(frame.range);
    for (int64_t h = 0; h < H_; ++h)
      values_of_row(frame.row<T>(0, h), frame.mask_row(0, h), W_, bounds, &x_[size_t(h * W_)]);
  });
  mark_pixels();
  std::vector<Peak> peaks;
  for (auto mark = marks_.begin(); (mark = std::find(mark, marks_.end(), above)) != marks_.end();) {
    const Candidate candidate = take_candidate(int32_t(mark - marks_.begin()));
    if (const std::optional<Peak> peak = judge(candidate)) peaks.push_back(*peak);
  }
  return peaks;
}

}  // namespace hitsieve
