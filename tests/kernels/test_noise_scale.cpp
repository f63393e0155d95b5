#include <algorithm>

#include "kernels/noise_scale.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

using Pixels = std::vector<int16_t>;

Pixels scaled(const Shape& shape, const Pixels& x, Device device, const NoiseOptions& options) {
  const Tensor images = Tensor::of<int16_t>(shape, x, device).clone();
  noise_scale(images, options);
  return images.values<int16_t>();
}

/// The definition, by sorting, in double.
class Reference {
 public:
  Reference(int H, int W, Pixels x, const NoiseOptions& o) : H_(H), W_(W), o_(o), x_(std::move(x)) {
    rows_ = knots(H), columns_ = knots(W);
    double largest = 0;
    for (int r : rows_)
      for (int c : columns_) noise_.push_back(quantile(r, c)), largest = std::max(largest, last());
    for (double& m : noise_)
      if (m == 0) m = largest;
  }

  double operator()(int h, int w) const {
    const size_t r = left(rows_, h), c = left(columns_, w);
    const auto at = [&](size_t i, size_t j) {
      return noise_[std::min(i, rows_.size() - 1) * columns_.size() +
                    std::min(j, columns_.size() - 1)];
    };
    const double a = along(rows_, r, h), b = along(columns_, c, w);
    const double m = (1 - a) * ((1 - b) * at(r, c) + b * at(r, c + 1)) +
                     a * ((1 - b) * at(r + 1, c) + b * at(r + 1, c + 1));
    const double x = x_[size_t(h * W_ + w)];
    if (x == 0) return 0;
    const double t = x / m;
    return 8 * 4096.0 * t * t * t / (std::pow(std::abs(t), 3) + std::pow(o_.knee, 3));
  }

 private:
  double last() const { return noise_.back(); }
  std::vector<int> knots(int length) const {
    std::vector<int> at{0};
    while (at.back() < length - 1) at.push_back(std::min(at.back() + o_.step, length - 1));
    return at;
  }
  double quantile(int h, int w) const {
    std::vector<int> found;
    for (int r = std::max(0, h - o_.reach); r <= std::min(H_ - 1, h + o_.reach); ++r)
      for (int c = std::max(0, w - o_.reach); c <= std::min(W_ - 1, w + o_.reach); ++c)
        if (x_[size_t(r * W_ + c)] != 0) found.push_back(std::abs(x_[size_t(r * W_ + c)]));
    std::sort(found.begin(), found.end());
    return found.empty() ? 0 : found[size_t(o_.quantile * double(found.size() - 1))];
  }
  static size_t left(const std::vector<int>& knots, int i) {
    return size_t(std::upper_bound(knots.begin(), knots.end(), i) - knots.begin()) - 1;
  }
  static double along(const std::vector<int>& knots, size_t left, int i) {
    if (left + 1 >= knots.size()) return 0;
    return double(i - knots[left]) / (knots[left + 1] - knots[left]);
  }
  int H_, W_;
  NoiseOptions o_;
  Pixels x_;
  std::vector<int> rows_, columns_;
  std::vector<double> noise_;
};

/// Noise that grows along the rows, some pixels that stand out, some without a value.
Pixels noisy(int64_t H, int64_t W, uint64_t seed) {
  Random random(seed, 1);
  Pixels x;
  for (int64_t i = 0; i < H * W; ++i) {
    const double s = 100 + 3 * double(i % W), bright = random.uniform() < 0.02 ? 12 : 1;
    const double value = std::clamp(s * bright * random.normal(), -30000.0, 30000.0);
    x.push_back(random.uniform() < 0.2 ? int16_t(0) : int16_t(value));
  }
  return x;
}

}  // namespace

TEST_CASE("noise_scale: golden values") {
  // One noise for all: 100, the median of {100, 100, 600}, the 0 has no value.
  const NoiseOptions wide{.reach = 9, .step = 9, .quantile = 0.5, .knee = 6};
  for (Device device : devices()) {
    CAPTURE(device);
    const Pixels y = scaled({1, 2, 2}, {100, -100, 0, 600}, device, wide);
    CHECK(y[0] == 151);  // 32767 / 217
    CHECK(y[1] == -y[0]);
    CHECK(y[2] == 0);
    CHECK(y[3] == 16384);  // at the knee: half the range
    CHECK(scaled({1, 1, 4}, {1, 2, 4, 8}, device, {.quantile = 0.7, .knee = 1})[2] == 16384);
    CHECK(scaled({1, 1, 3}, {0, 0, 0}, device, wide) == Pixels{0, 0, 0});
    CHECK(scaled({1, 1, 1}, {-32767}, device, {.knee = 1e-3}) == Pixels{-32767});
  }
}

TEST_CASE("noise_scale: equals the definition, for any size, step and reach") {
  for (auto [H, W, reach, step] : {std::array<int, 4>{37, 53, 5, 8},
                                   {1, 40, 3, 7},
                                   {30, 1, 24, 48},
                                   {20, 23, 2, 1},
                                   {60, 70, 127, 4096}}) {
    CAPTURE(H);
    CAPTURE(W);
    const NoiseOptions options{.reach = reach, .step = step, .quantile = 0.8, .knee = 2};
    Pixels x = noisy(H, W, 1);
    for (int64_t i = 0; i < H * W / 2; ++i)
      if (i % W > W / 2) x[size_t(i)] = 0;  // a corner in which windows are empty
    Pixels both = noisy(H, W, 2);
    const Reference first(H, W, x, options), second(H, W, both, options);
    both.insert(both.begin(), x.begin(), x.end());
    for (Device device : devices()) {
      CAPTURE(device);
      const Pixels y = scaled({2, H, W}, both, device, options);
      double worst = 0;
      for (int h = 0; h < H; ++h)
        for (int w = 0; w < W; ++w) {
          const size_t at = size_t(h * W + w);
          worst = std::max(worst, std::abs(double(y[at]) - first(h, w)));
          worst = std::max(worst, std::abs(double(y[size_t(H * W) + at]) - second(h, w)));
        }
      CHECK(worst <= 1.6);  // of 32768: rounding, and the last step of the range
    }
  }
}

TEST_CASE("noise_scale: the scale of an image changes nothing, its place in a batch neither") {
  const Pixels x = noisy(40, 30, 3);
  Pixels half;
  for (int16_t v : x) half.push_back(int16_t(v / 2 * 2));
  Pixels small;
  for (int16_t v : half) small.push_back(int16_t(v / 2));
  CHECK(scaled({1, 40, 30}, half, Device::cpu, {}) == scaled({1, 40, 30}, small, Device::cpu, {}));
}

TEST_CASE("noise_scale: bad options and images are refused") {
  const Tensor images = Tensor::of<int16_t>({1, 2, 2}, Pixels{1, 2, 3, 4});
  CHECK_THROWS_WITH_AS(noise_scale(images, {.reach = 0}), doctest::Contains("reach 0"), Error);
  CHECK_THROWS_WITH_AS(noise_scale(images, {.step = 0}), doctest::Contains("step 0"), Error);
  CHECK_THROWS_WITH_AS(noise_scale(images, {.quantile = 2}), doctest::Contains("of 2"), Error);
  CHECK_THROWS_WITH_AS(noise_scale(images, {.knee = 0}), doctest::Contains("knee at 0"), Error);
  CHECK_THROWS_AS(noise_scale(Tensor({2, 2}, DType::i16)), Error);
  CHECK_THROWS_AS(noise_scale(Tensor({1, 2, 2}, DType::f32)), Error);
}
