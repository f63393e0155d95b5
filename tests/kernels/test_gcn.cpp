#include "kernels/gcn.h"
#include "tests/kernels/preprocessing.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// Compares gcn with the reference on every device, by default as closely as float32 goes.
template <class T>
void check_gcn(const Tensor& raw, const Tensor& mask = {}, const PixelRange& range = {},
               double tolerance = 1e-6) {
  std::vector<double> expected;
  for (int64_t n = 0; n < raw.shape()[0]; ++n) {
    const Image x = gcn_of(valid_pixels<T>(raw, n, mask, range));
    expected.insert(expected.end(), x.at.begin(), x.at.end());
  }
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor bad = mask ? mask.to(device) : mask;
    check_close_nan<float>(gcn(raw.to(device), bad, range), expected, tolerance);
  }
}

}  // namespace

TEST_CASE("gcn: golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor raw = Tensor::of<uint16_t>({1, 2, 3}, std::vector<uint16_t>{1, 3, 9, 1, 3, 9});
    const Tensor mask = Tensor::of<uint8_t>({2, 3}, std::vector<uint8_t>{0, 0, 1, 0, 0, 7});
    check_close_nan<float>(gcn(raw.to(device), mask.to(device)), {-1, 1, no_value, -1, 1, no_value},
                           0);
  }
}

TEST_CASE_TEMPLATE("gcn: every pixel type against the float64 reference", T, uint16_t, int16_t,
                   int32_t, float) {
  const Tensor raw = detector_frames<T>(3, 37, 53, 1);
  check_gcn<T>(raw);
  check_gcn<T>(raw, random_mask({37, 53}, 2, 0.05, true));
  check_gcn<T>(raw, random_mask({3, 37, 53}, 3, 0.5, false));  // a mask for each frame
  check_gcn<T>(raw, {}, {90.5, 120});
  check_gcn<T>(raw, random_mask({37, 53}, 4, 0.1, true), {95});
}

TEST_CASE("gcn: a pedestal costs no precision, and values may be negative") {
  check_gcn<uint16_t>(detector_frames<uint16_t>(2, 40, 60, 5, 60000, 3));
  check_gcn<int16_t>(detector_frames<int16_t>(2, 40, 60, 5, -30000, 3));
  check_gcn<int32_t>(detector_frames<int32_t>(2, 40, 60, 5, -2000000000, 3));
  check_gcn<float>(detector_frames<float>(2, 40, 60, 5, -1e6, 300));
}

TEST_CASE("gcn: the extremes of the types neither overflow nor count when out of range") {
  check_gcn<uint16_t>(
      Tensor::of<uint16_t>({1, 1, 4}, std::vector<uint16_t>{0, 65535, 65535, 65534}));
  check_gcn<int16_t>(
      Tensor::of<int16_t>({1, 1, 4}, std::vector<int16_t>{-32768, 32767, -32768, 5}));
  const Tensor wide =
      Tensor::of<int32_t>({1, 1, 4}, std::vector<int32_t>{INT32_MIN, INT32_MAX, INT32_MIN + 1, 5});
  check_gcn<int32_t>(wide);
  check_gcn<int32_t>(wide, {}, {double(INT32_MIN) + 1, double(INT32_MAX) - 1});
  check_gcn<float>(Tensor::of<float>({1, 1, 4}, std::vector<float>{-3e38f, 3e38f, 1e38f, 0}));
  std::vector<uint16_t> bright(200 * 1000, 65535);  // sums of squares far beyond 32 bits
  for (size_t i = 0; i < bright.size(); i += 3) bright[i] = 65533;
  check_gcn<uint16_t>(Tensor::of<uint16_t>({1, 10, 20000}, bright));
}

TEST_CASE("gcn: NaN and infinite pixels are invalid") {
  Tensor raw = detector_frames<float>(1, 6, 9, 6);
  float* p = raw.data<float>();
  p[0] = p[17] = NAN, p[3] = INFINITY, p[53] = -INFINITY;
  check_gcn<float>(raw);
  check_gcn<float>(raw, {}, {-INFINITY, 110});
}

TEST_CASE("gcn: ranges end where they say, in every type") {
  const auto counts = [](const auto& bounds, auto p) { return bounds.contain(p); };
  CHECK(counts(bounds_of<uint16_t>({1.5, 7.5}), uint16_t(2)));
  CHECK(counts(bounds_of<uint16_t>({1.5, 7.5}), uint16_t(7)));
  CHECK(!counts(bounds_of<uint16_t>({1.5, 7.5}), uint16_t(1)));
  CHECK(!counts(bounds_of<uint16_t>({1.5, 7.5}), uint16_t(8)));
  CHECK(counts(bounds_of<uint16_t>({-5, 7}), uint16_t(0)));
  CHECK(!counts(bounds_of<uint16_t>({-5, -0.5}), uint16_t(0)));
  CHECK(!counts(bounds_of<uint16_t>({65535.5, 1e9}), uint16_t(65535)));
  CHECK(counts(bounds_of<int16_t>({-7.5, -0.5}), int16_t(-7)));
  CHECK(counts(bounds_of<int16_t>({-7.5, -0.5}), int16_t(-1)));
  CHECK(!counts(bounds_of<int16_t>({-7.5, -0.5}), int16_t(0)));
  CHECK(!counts(bounds_of<int16_t>({-7.5, -0.5}), int16_t(-8)));
  CHECK(!counts(bounds_of<int32_t>({10.2, 10.8}), 10));
  CHECK(counts(bounds_of<float>({0.1, 0.3}), 0.2f));
  CHECK(counts(bounds_of<float>({0.1, 1}), 0.1f));   // float 0.1 is above 0.1
  CHECK(!counts(bounds_of<float>({0, 0.1}), 0.1f));  // for the same reason
  CHECK(!counts(bounds_of<float>({}), std::numeric_limits<float>::quiet_NaN()));
  CHECK(counts(bounds_of<float>({}), std::numeric_limits<float>::max()));
}

TEST_CASE("gcn: frames with nothing to normalise") {
  const Tensor raw = detector_frames<uint16_t>(2, 5, 7, 7);
  check_gcn<uint16_t>(raw, random_mask({5, 7}, 8, 1.1, false));  // all masked: NaN
  check_gcn<uint16_t>(raw, {}, {5000, 6000});                    // all out of range
  check_gcn<int32_t>(Tensor::of<int32_t>({1, 5, 7}, std::vector<int32_t>(35, -77)));  // 0
  check_gcn<float>(Tensor::of<float>({1, 5, 7}, std::vector<float>(35, 0.1f)));
  std::vector<uint8_t> all_but_one(35, 1);
  all_but_one[11] = 0;
  check_gcn<uint16_t>(raw, Tensor::of<uint8_t>({5, 7}, all_but_one));
  for (Device device : devices())
    CHECK(gcn(Tensor({0, 5, 7}, DType::u16, device)).shape() == Shape{0, 5, 7});
}

TEST_CASE("gcn: the same bits for any number of threads, the same result in every schedule") {
  const Tensor raw = detector_frames<float>(5, 68, 100, 9);
  check_threads_agree([&] { return std::vector<Tensor>{gcn(raw)}; });
  const std::vector<float> expected = gcn(raw).values<float>();
  for (Device device : devices())
    on_every_schedule([&] {
      check_close_nan<float>(gcn(raw.to(device)), {expected.begin(), expected.end()}, 1e-6);
    });
}

TEST_CASE("gcn: wrong shapes, types and ranges are refused") {
  const Tensor raw({2, 5, 7}, DType::u16);
  CHECK_THROWS_WITH_AS(gcn(Tensor({5, 7}, DType::u16)), doctest::Contains("expected (N, H, W)"),
                       Error);
  CHECK_THROWS_WITH_AS(gcn(Tensor({2, 5, 7}, DType::f64)), doctest::Contains("float64"), Error);
  CHECK_THROWS_WITH_AS(gcn(raw, Tensor({7, 5}, DType::u8)), doctest::Contains("(5, 7)"), Error);
  CHECK_THROWS_WITH_AS(gcn(raw, Tensor({5, 7}, DType::i32)), doctest::Contains("int32"), Error);
  CHECK_THROWS_WITH_AS(gcn(raw, {}, {5, 4}), doctest::Contains("from 5 to 4"), Error);
  CHECK_THROWS_WITH_AS(gcn(raw, {}, {NAN, 4}), doctest::Contains("not a number"), Error);
  CHECK_THROWS_AS(gcn(Tensor({2, 0, 7}, DType::u16)), Error);
}
