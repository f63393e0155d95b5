#include <cmath>

#include <doctest/doctest.h>

#include "engine/philox.h"
#include "nets/peak_finder.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

/// A frame of square side, every pixel 100 with noise of deviation `noise`.
struct Image {
  int64_t side;
  std::vector<float> pixels;
  std::vector<uint8_t> mask = {};
  PixelRange range{};

  explicit Image(int64_t of_side, double noise = 3, uint64_t seed = 1) : side(of_side) {
    Random random(seed);
    for (int64_t i = 0; i < side * side; ++i)
      pixels.push_back(float(std::round(100 + noise * random.normal())));
  }
  float& at(int64_t ss, int64_t fs) { return pixels[size_t(ss * side + fs)]; }
  /// 3 x 3 pixels that hold 16 times `height`: the middle one 4, its neighbours 2, corners 1.
  void add_spot(int64_t ss, int64_t fs, float height) {
    for (int64_t h = -1; h <= 1; ++h)
      for (int64_t w = -1; w <= 1; ++w)
        at(ss + h, fs + w) += height * float((2 - std::abs(h)) * (2 - std::abs(w)));
  }
  void add_block(int64_t ss, int64_t fs, int64_t rows, int64_t columns, float height) {
    for (int64_t h = 0; h < rows; ++h)
      for (int64_t w = 0; w < columns; ++w) at(ss + h, fs + w) += height;
  }
  void mask_block(int64_t ss, int64_t fs, int64_t rows, int64_t columns) {
    mask.resize(pixels.size());
    for (int64_t h = 0; h < rows; ++h)
      for (int64_t w = 0; w < columns; ++w) mask[size_t((ss + h) * side + fs + w)] = 7;
  }

  template <class T = float>
  std::vector<Peak> peaks(const PeakFinderOptions& options = {}) const {
    const std::vector<T> typed(pixels.begin(), pixels.end());
    RawFrames frame;
    frame.pixels = typed.data(), frame.type = dtype_of<T>, frame.N = 1;
    frame.H = frame.W = frame.row_stride = frame.mask_row_stride = side;
    frame.mask = mask.empty() ? nullptr : mask.data(), frame.range = range;
    return PeakFinder(options).find(frame);
  }
};

Image five_spots() {
  Image image(200);
  image.add_spot(30, 40, 50), image.add_spot(30, 160, 80), image.add_spot(101, 77, 60);
  image.add_spot(170, 20, 100), image.add_spot(198, 198, 120);
  return image;
}

}  // namespace

TEST_CASE("peak finder: spots are found where they are, with their intensity and noise") {
  const std::vector<Peak> peaks = five_spots().peaks();
  REQUIRE(peaks.size() == 5);
  const FramePoint places[] = {{30, 40}, {30, 160}, {101, 77}, {170, 20}, {198, 198}};
  const double heights[] = {50, 80, 60, 100, 120};
  for (size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(std::abs(peaks[i].position.ss - places[i].ss) < 0.03);
    CHECK(std::abs(peaks[i].position.fs - places[i].fs) < 0.03);
    CHECK(peaks[i].pixels == 9);
    CHECK(std::abs(peaks[i].intensity - 16 * heights[i]) < 40);  // noise: 3 sqrt(9 + 81 / 72)
    CHECK(peaks[i].snr == doctest::Approx(16 * heights[i] / 9.5).epsilon(0.25));
  }
}

TEST_CASE("peak finder: intensity and noise without chance") {
  Image image(64, 0);
  for (int64_t i = 0; i < 64 * 64; ++i) image.pixels[size_t(i)] += i % 64 % 2 ? 2.0f : -2.0f;
  image.add_block(20, 40, 2, 2, 100);
  const std::vector<Peak> peaks = image.peaks();
  REQUIRE(peaks.size() == 1);
  // 100 +- 2 around it: 10 x 10 pixels less the 4 x 4 in their middle, of which it takes no part
  CHECK(peaks[0].intensity == doctest::Approx(400));
  CHECK(peaks[0].snr == doctest::Approx(400 / (2 * std::sqrt(4 + 16 / 84.0))));
  CHECK(peaks[0].position.ss == doctest::Approx(20.5));
  CHECK(peaks[0].position.fs == doctest::Approx((98 * 40 + 102 * 41) / 200.0));
  CHECK(image.peaks({.local_bg_radius = 1})[0].snr ==
        doctest::Approx(400 / (2 * std::sqrt(4 + 16 / 20.0))));
  image.add_block(20, 44, 2, 2, 100);  // a neighbour's pixels are no background
  REQUIRE(image.peaks().size() == 2);
  CHECK(image.peaks()[0].intensity == doctest::Approx(400));
  CHECK(image.peaks()[0].snr == doctest::Approx(400 / (2 * std::sqrt(4 + 16 / 80.0))));
}

TEST_CASE("peak finder: pixel counts, limits included; corners connect") {
  Image image(100);
  image.at(50, 20) = 60000;  // hot
  image.at(20, 50) = 300, image.at(21, 51) = 300, image.at(20, 52) = 300;
  image.add_block(70, 70, 5, 4, 200);
  const auto pixels = [&](const PeakFinderOptions& options) {
    std::vector<int64_t> counts;
    for (const Peak& peak : image.peaks(options)) counts.push_back(peak.pixels);
    return counts;
  };
  CHECK(pixels({}) == std::vector<int64_t>{3, 20});
  CHECK(pixels({.min_pix_count = 1}) == std::vector<int64_t>{3, 1, 20});
  CHECK(pixels({.min_pix_count = 3}) == std::vector<int64_t>{3, 20});
  CHECK(pixels({.min_pix_count = 4}) == std::vector<int64_t>{20});
  CHECK(pixels({.max_pix_count = 20}) == std::vector<int64_t>{3, 20});
  CHECK(pixels({.max_pix_count = 19}) == std::vector<int64_t>{3});
}

TEST_CASE("peak finder: masked, untrusted and NaN pixels take no part") {
  Image image = five_spots();
  image.mask_block(28, 38, 5, 5);
  CHECK(image.peaks().size() == 4);
  image.range.maximum = 450;  // the middles of the two brightest are 500 and above
  const std::vector<Peak> peaks = image.peaks();
  REQUIRE(peaks.size() == 4);
  CHECK(peaks[1].pixels == 9);
  CHECK(peaks[2].pixels == 8);
  image.add_block(100, 76, 3, 3, NAN);
  CHECK(image.peaks().size() == 3);
  for (int64_t i = 0; i < 100; ++i) image.at(i, 199 - i) = i % 2 ? INFINITY : -INFINITY;
  CHECK(image.peaks().size() == 3);
}

TEST_CASE("peak finder: a peak with hardly a good pixel around it is none") {
  Image image(100);
  image.add_spot(50, 80, 100);
  image.mask_block(40, 70, 21, 21);
  for (int64_t h = 49; h <= 51; ++h)
    for (int64_t w = 79; w <= 81; ++w) image.mask[size_t(h * 100 + w)] = 0;
  for (int64_t w = 76; w < 83; ++w) image.mask[size_t(46 * 100 + w)] = 0;
  CHECK(image.peaks().empty());
  image.mask[46 * 100 + 83] = 0;
  CHECK(image.peaks().size() == 1);
}

TEST_CASE("peak finder: a strong ring is background; spots on it and beside it are not") {
  Image image(300);
  Random random(2);
  for (int64_t h = 0; h < 300; ++h)
    for (int64_t w = 0; w < 300; ++w) {
      const double r = std::hypot(double(h) - 149.5, double(w) - 149.5);
      const double ring = 2000 * std::exp(-(r - 80) * (r - 80) / 50);
      image.at(h, w) += float(std::round(ring + std::sqrt(ring) * random.normal()));
    }
  CHECK(image.peaks().empty());
  image.add_spot(150, 230, 250), image.add_spot(20, 150, 30);
  CHECK(image.peaks().size() == 2);
  // With another centre the ring's pixels are no longer alike, and hide both.
  CHECK(image.peaks({.centre = FramePoint{100, 100}}).empty());
}

TEST_CASE("peak finder: noise alone gives hardly a peak, whatever its deviation") {
  for (const double noise : {1.0, 5.0, 15.0})
    for (uint64_t seed = 1; seed <= 4; ++seed) CHECK(Image(400, noise, seed).peaks().empty());
  CHECK(Image(400).peaks({.min_snr = 2}).size() > 100);
}

TEST_CASE("peak finder: distance from the centre, and the absolute threshold") {
  const Image image = five_spots();
  CHECK(image.peaks({.min_res = 25}).size() == 4);  // (101, 77) is 22.6 from the middle
  CHECK(image.peaks({.max_res = 25}).size() == 1);
  CHECK(image.peaks({.max_res = 120}).size() == 4);
  CHECK(image.peaks({.min_res = 2, .centre = FramePoint{30, 40}}).size() == 4);
  // Above 350 are the middles of all but the first, and the sides of the brightest.
  CHECK(image.peaks({.threshold = 350, .min_pix_count = 1}).size() == 3);
  CHECK(image.peaks({.threshold = 320, .min_pix_count = 2}).size() == 1);
}

TEST_CASE("peak finder: the same for every pixel type, and for a crop of a larger frame") {
  const Image image = five_spots();
  const std::vector<Peak> peaks = image.peaks();
  const auto check_same = [&](const std::vector<Peak>& others) {
    REQUIRE(others.size() == peaks.size());
    for (size_t i = 0; i < peaks.size(); ++i) {
      CHECK(others[i].position == peaks[i].position);
      CHECK(others[i].intensity == peaks[i].intensity);
      CHECK(others[i].snr == peaks[i].snr);
    }
  };
  check_same(image.peaks<uint16_t>());
  check_same(image.peaks<int16_t>());
  check_same(image.peaks<int32_t>());

  std::vector<float> larger(300 * 250, 1e6f);
  for (int64_t i = 0; i < 200 * 200; ++i)
    larger[size_t((i / 200 + 60) * 250 + i % 200 + 30)] = image.pixels[size_t(i)];
  RawFrames frame;
  frame.pixels = larger.data() + 60 * 250 + 30, frame.type = DType::f32;
  frame.N = 1, frame.H = frame.W = 200, frame.row_stride = 250;
  PeakFinder finder;
  check_same(finder.find(frame));
  frame.H = frame.W = 150;  // another size, and back
  CHECK(finder.find(frame).size() == 2);
  frame.H = frame.W = 200;
  check_same(finder.find(frame));
}

TEST_CASE("peak finder: frames with nothing in them") {
  Image image(50, 0);
  CHECK(image.peaks().empty());
  image.add_block(10, 10, 2, 2, 1);  // above a constant everything stands out
  REQUIRE(image.peaks().size() == 1);
  CHECK(std::isinf(image.peaks()[0].snr));
  image.mask_block(0, 0, 50, 50);
  CHECK(image.peaks().empty());
  Image nan(50);
  nan.add_block(0, 0, 50, 50, NAN);
  CHECK(nan.peaks().empty());
  Image one(1);
  CHECK(one.peaks().empty());
}

TEST_CASE("peak finder: parameters out of range, and frames it does not take, are refused") {
  const auto refusal = [](const PeakFinderOptions& options) {
    return error_of([&] { PeakFinder finder(options); });
  };
  CHECK_CONTAINS(refusal({.threshold = -1}), "threshold -1");
  CHECK_CONTAINS(refusal({.min_snr = NAN}), "min_snr nan");
  CHECK_CONTAINS(refusal({.min_pix_count = 0}), "min_pix_count 0");
  CHECK_CONTAINS(refusal({.min_pix_count = 5, .max_pix_count = 4}), "max_pix_count 4");
  CHECK_CONTAINS(refusal({.local_bg_radius = 0}), "local_bg_radius 0");
  CHECK_CONTAINS(refusal({.min_res = 10, .max_res = 5}), "max_res 5");
  CHECK_CONTAINS(refusal({.centre = FramePoint{NAN, 0}}), "centre nan");
  CHECK(refusal({.max_res = INFINITY}).empty());
  const std::vector<uint16_t> pixels(128);
  RawFrames frame;
  CHECK_CONTAINS(error_of([&] { PeakFinder().find(frame); }), "peak finder: 0 frames");
  frame.pixels = pixels.data(), frame.row_stride = 8, frame.frame_stride = 64;
  frame.N = 2, frame.H = frame.W = 8;
  CHECK_CONTAINS(error_of([&] { PeakFinder().find(frame); }), "2 frames, want one at a time");
  frame.N = 1, frame.type = DType::f64;
  CHECK_CONTAINS(error_of([&] { PeakFinder().find(frame); }), "not a pixel type");
}
