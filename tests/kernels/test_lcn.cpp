#include "kernels/lcn.h"
#include "tests/kernels/preprocessing.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

template <class T>
Tensor tensor_of(const std::vector<Image>& images) {
  std::vector<T> values;
  for (const Image& image : images)
    for (double v : image.at) values.push_back(T(v));
  return Tensor::of<T>({int64_t(images.size()), images[0].H, images[0].W}, values);
}

template <class T>
void check_lcn(const std::vector<Image>& images, const LcnOptions& options, double tolerance) {
  std::vector<double> expected;
  for (const Image& image : images) {
    const Image y = lcn_of(image, options);
    expected.insert(expected.end(), y.at.begin(), y.at.end());
  }
  const Tensor x = tensor_of<T>(images);
  for (Device device : devices()) {
    CAPTURE(device);
    check_close_nan<T>(lcn(x.to(device), options), expected, tolerance);
  }
}

/// Normalised frames with missing values.
std::vector<Image> images(int64_t H, int64_t W, double missing) {
  const Tensor raw = detector_frames<float>(2, H, W, 1);
  const Tensor mask = random_mask({2, H, W}, 2, missing, true);
  std::vector<Image> found;
  for (int64_t n = 0; n < 2; ++n) found.push_back(gcn_of(valid_pixels<float>(raw, n, mask, {})));
  for (Image& image : found)
    for (double& v : image.at) v = double(float(v));  // exact in both types
  return found;
}

}  // namespace

TEST_CASE("lcn: golden values") {
  // 3 x 3: mean 1, deviation sqrt(8), so (9 - 1) / sqrt(8); the floor holds in the second.
  const Tensor spot = Tensor::of<float>(
      {2, 3, 3}, std::vector<float>{0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0.9f, 0, 0, 0, 0});
  for (Device device : devices()) {
    CAPTURE(device);
    check_close_nan<float>(lcn(spot.to(device), {.window = 3}), {std::sqrt(8.0), 0.8}, 1e-6);
    check_close_nan<float>(lcn(spot.to(device), {.window = 3, .floor = Floor::mean_deviation}),
                           {std::sqrt(8.0), std::sqrt(8.0)}, 1e-6);
  }
}

TEST_CASE("lcn: every window and floor against the float64 reference, with missing values") {
  for (const LcnOptions& options : all_options) {
    CAPTURE(options.window);
    CAPTURE(int(options.kind));
    CAPTURE(int(options.floor));
    for (double missing : {0.0, 0.1, 0.95}) {
      CAPTURE(missing);
      const std::vector<Image> x = images(23, 41, missing);
      check_lcn<double>(x, options, 1e-12);
      check_lcn<float>(x, options, 2e-6);
    }
  }
}

TEST_CASE("lcn: far from zero nothing cancels") {
  std::vector<Image> x = images(12, 17, 0.1);
  for (Image& image : x)
    for (double& v : image.at) v = double(float(4096 + v));
  check_lcn<float>(x, {}, 2e-6);
  check_lcn<float>(x, {.floor = Floor::mean_deviation}, 2e-6);
}

TEST_CASE("lcn: a value alone in its window, no value at all, and no deviation anywhere give 0") {
  for (const LcnOptions& options : all_options) {
    CAPTURE(options.window);
    Image alone{11, 11, std::vector<double>(121, no_value)};
    alone(5, 5) = 3;
    const Image none{11, 11, std::vector<double>(121, no_value)};
    const Image flat{11, 11, std::vector<double>(121, 0.7)};
    for (Device device : devices()) {
      CAPTURE(device);
      const Tensor y = lcn(tensor_of<float>({alone, none, flat}).to(device), options);
      std::vector<double> expected;
      for (const Image& image : {alone, none, flat})
        for (int64_t h = options.window / 2; h < 11 - options.window / 2; ++h)
          for (int64_t w = options.window / 2; w < 11 - options.window / 2; ++w)
            expected.push_back(std::isnan(image(h, w)) ? no_value : 0);
      check_close_nan<float>(y, expected, 0);
    }
  }
}

TEST_CASE("lcn: the same bits for any number of threads, the same result in every schedule") {
  const Tensor x = tensor_of<float>(images(68, 100, 0.02));
  const LcnOptions options{.floor = Floor::mean_deviation};
  check_threads_agree([&] { return std::vector<Tensor>{lcn(x, options)}; });
  const std::vector<float> expected = lcn(x, options).values<float>();
  for (Device device : devices())
    on_every_schedule([&] {
      check_close_nan<float>(lcn(x.to(device), options), {expected.begin(), expected.end()}, 2e-6);
    });
}

TEST_CASE("lcn: impossible windows are refused") {
  const Tensor x = normal<float>({1, 8, 6}, 1);
  CHECK_THROWS_WITH_AS(lcn(x, {.window = 4}), doctest::Contains("odd number from 3 to 9"), Error);
  CHECK_THROWS_WITH_AS(lcn(x, {.window = 11}), doctest::Contains("window of 11"), Error);
  CHECK_THROWS_WITH_AS(lcn(x, {.window = 7}), doctest::Contains("8 x 6 pixels"), Error);
  CHECK_THROWS_WITH_AS(lcn(x, {.sigma = -1}), doctest::Contains("sigma -1"), Error);
  CHECK_THROWS_WITH_AS(lcn(x.reshaped({8, 6})), doctest::Contains("expected (N, H, W)"), Error);
  CHECK_THROWS_AS(lcn(Tensor({1, 8, 6}, DType::u16)), Error);
}
