#include "kernels/raw_to_image.h"
#include "tests/kernels/preprocessing.h"
#include "tests/kernels/unpacked.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

struct Images {
  Tensor stored;  // i16
  std::vector<FrameStatistics> statistics;
};

Images images_of(const Tensor& raw, const Tensor& mask, const LcnOptions& options, Device device) {
  const Tensor x = raw.to(device), bad = mask ? mask.to(device) : mask;
  const RawFrames frames = raw_frames("test", x, bad, {});
  const int64_t H = frames.H - options.window + 1, W = frames.W - options.window + 1;
  const Tensor memory({frames.N, int64_t(sizeof(FrameStatistics))}, DType::u8, device);
  Images result{Tensor({frames.N, H, W}, DType::i16, device),
                std::vector<FrameStatistics>(size_t(frames.N))};
  raw_to_image(frames, options, device, result.stored.data<int16_t>(),
               static_cast<FrameStatistics*>(memory.bytes()));
  pick<DeviceOps>(device).copy_out(result.statistics.data(), memory.bytes(),
                                   result.statistics.size() * sizeof(FrameStatistics));
  return result;
}

/// Every stored pixel is the reference's within rounding: half a step, and the float's own.
template <class T>
void check_images(const Tensor& raw, const Tensor& mask, const LcnOptions& options) {
  std::vector<double> expected;
  for (int64_t n = 0; n < raw.shape()[0]; ++n)
    for (double y : lcn_of(gcn_of(valid_pixels<T>(raw, n, mask, {})), options).at)
      expected.push_back(std::isnan(y) ? 0 : y);
  for (Device device : devices()) {
    CAPTURE(device);
    const Images found = images_of(raw, mask, options, device);
    const std::vector<float> y = unpacked(found.stored).values<float>();
    REQUIRE(y.size() == expected.size());
    double worst = 0;
    for (size_t i = 0; i < y.size(); ++i)
      worst = std::max(worst, std::abs(double(y[i]) - expected[i]));
    CHECK(worst <= 0.5 / double(image_steps) + 2e-5);
    CHECK(found.statistics[0].valid == statistics_of(valid_pixels<T>(raw, 0, mask, {})).valid);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("raw_to_image: every pixel type, window, floor and mask", T, uint16_t, int16_t,
                   int32_t, float) {
  const Tensor raw = detector_frames<T>(2, 37, 53, 1);
  const std::vector<Tensor> masks = {
      {}, random_mask({37, 53}, 2, 0.01, true), random_mask({2, 37, 53}, 3, 0.3, false)};
  for (const LcnOptions& options : all_options)
    for (size_t m = 0; m < masks.size(); ++m) {
      CAPTURE(options.window);
      CAPTURE(int(options.kind));
      CAPTURE(m);
      check_images<T>(raw, masks[m], options);
    }
}

TEST_CASE("raw_to_image: odd sizes, several strips, tiles and bands") {
  for (auto [H, W] : {std::array<int64_t, 2>{5, 5}, {6, 20}, {7, 372}, {41, 757}}) {
    CAPTURE(H);
    CAPTURE(W);
    check_images<uint16_t>(detector_frames<uint16_t>(1, H, W, 5),
                           random_mask({H, W}, 6, 0.02, H > 30), {.floor_factor = 6});
  }
}

TEST_CASE("raw_to_image: masked and constant frames are zeros; the brightest pixel fits") {
  std::vector<uint16_t> pixels(2 * 9 * 9, 7);
  pixels[81 + 40] = 60000;  // one pixel of the second frame, in the middle of a window
  const Tensor raw = Tensor::of<uint16_t>({2, 9, 9}, pixels);
  for (Device device : devices()) {
    const Images found = images_of(raw, {}, {.floor_factor = 1e-3}, device);
    const std::vector<float> y = unpacked(found.stored).values<float>();
    CHECK(std::all_of(y.begin(), y.begin() + 25, [](float v) { return v == 0; }));
    CHECK(y[25 + 12] == doctest::Approx(std::sqrt(24.0)).epsilon(1e-4));
    CHECK(found.statistics[0].deviation == 0);
  }
}

TEST_CASE("raw_to_image: a window whose pixels might not fit is refused") {
  const Tensor raw = detector_frames<uint16_t>(1, 20, 20, 1);
  CHECK_THROWS_WITH_AS(images_of(raw, {}, {.window = 9}, Device::cpu),
                       doctest::Contains("images hold up to 8"), Error);
  images_of(raw, {}, {.window = 7}, Device::cpu);
}
