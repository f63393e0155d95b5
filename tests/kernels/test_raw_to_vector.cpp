#include "tests/kernels/fused_vectors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// The floor of the networks' preprocessing, which few windows' deviations are above.
const LcnOptions calm{.floor_factor = 6};

}  // namespace

TEST_CASE_TEMPLATE("raw_to_vector: every pixel type, window, floor and mask", T, uint16_t, int16_t,
                   int32_t, float) {
  const Tensor raw = detector_frames<T>(2, 37, 53, 1);
  const std::vector<Tensor> masks = {{},
                                     random_mask({37, 53}, 2, 0.01, true),
                                     random_mask({2, 37, 53}, 3, 0.3, false),
                                     random_mask({37, 53}, 4, 0.97, false)};
  for (const LcnOptions& options : all_options)
    for (size_t m = 0; m < masks.size(); ++m) {
      CAPTURE(options.window);
      CAPTURE(int(options.kind));
      CAPTURE(int(options.floor));
      CAPTURE(m);
      check_fused<T>(raw, masks[m], {}, options);
    }
  check_fused<T>(raw, masks[1], {92.5, 130});
}

TEST_CASE("raw_to_vector: odd sizes, several strips, tiles and bands") {
  for (auto [H, W] : {std::array<int64_t, 2>{5, 5},
                      {6, 20},
                      {68, 100},
                      {9, 21},
                      {7, 372},
                      {8, 373},
                      {41, 757},
                      {13, 300}}) {
    CAPTURE(H);
    CAPTURE(W);
    check_fused<float>(detector_frames<float>(1, H, W, 7), {}, {}, {.kind = Window::gaussian});
    for (const LcnOptions& options : {LcnOptions{}, calm}) {
      check_fused<uint16_t>(detector_frames<uint16_t>(1, H, W, 5),
                            random_mask({H, W}, 6, 0.02, H > 30), {}, options);
      // Without a pixel that does not count.
      check_fused<uint16_t>(detector_frames<uint16_t>(1, H, W, 5), {}, {}, options);
      check_fused<int16_t>(detector_frames<int16_t>(1, H, W, 5), {}, {}, options);
      check_fused<int32_t>(detector_frames<int32_t>(1, H, W, 5), {}, {}, options);
      check_fused<float>(detector_frames<float>(1, H, W, 5), {}, {}, options);
    }
  }
}

TEST_CASE("raw_to_vector: pedestals, negative values and wild outliers") {
  check_fused<uint16_t>(detector_frames<uint16_t>(2, 37, 53, 8, 60000, 3));
  check_fused<int16_t>(detector_frames<int16_t>(2, 37, 53, 8, -30000, 3));
  check_fused<int32_t>(detector_frames<int32_t>(2, 37, 53, 8, 2000000000, 30));
  check_fused<float>(detector_frames<float>(2, 37, 53, 8, -3e4, 3));
  Tensor raw = detector_frames<uint16_t>(1, 37, 53, 9);
  raw.data<uint16_t>()[700] = 65535, raw.data<uint16_t>()[701] = 0;
  for (const LcnOptions& options : all_options) check_fused<uint16_t>(raw, {}, {}, options);
  Tensor wild = detector_frames<float>(1, 37, 53, 9);
  wild.data<float>()[700] = 1e30f;
  check_fused<float>(wild);
}

TEST_CASE("raw_to_vector: faint detail on a bright plateau is not lost to cancellation") {
  // The plateau is twenty deviations above the mean, its detail about one: in float32 n Q - S^2
  // would keep only few digits there.
  const int64_t H = 100, W = 400;
  Random random(10);
  std::vector<uint16_t> pixels(size_t(H * W));
  for (auto& p : pixels) p = uint16_t(100 + 20 * random.uniform());
  for (int64_t h = 40; h < 49; ++h)
    for (int64_t w = 200; w < 209; ++w)
      pixels[size_t(h * W + w)] = uint16_t(50000 + 9500 * random.uniform());
  check_fused<uint16_t>(Tensor::of<uint16_t>({1, H, W}, pixels), {}, {}, {}, 2e-6);
}

TEST_CASE("raw_to_vector: windows deviate more than the floor where no pixel stands out by much") {
  // In a patch every other pixel is `step` beside its neighbours; the floor is about 22.
  const int64_t H = 120, W = 260;
  for (auto [even, step] : {std::array<int, 2>{-40, 80}, {0, -80}, {0, 80}}) {
    CAPTURE(even);
    CAPTURE(step);
    Random random(20);
    std::vector<uint16_t> pixels(size_t(H * W));
    for (auto& p : pixels) p = uint16_t(100 + 10 * random.uniform());
    for (int64_t h = 40; h < 49; ++h)
      for (int64_t w = 100; w < 109; ++w)
        pixels[size_t(h * W + w)] =
            uint16_t(pixels[size_t(h * W + w)] + even + ((h + w) % 2 ? step : 0));
    const Tensor raw = Tensor::of<uint16_t>({1, H, W}, pixels);
    check_fused<uint16_t>(raw, {}, {}, calm);
    check_fused<uint16_t>(raw, random_mask({H, W}, 21, 0.02, false), {}, calm);
  }
}

TEST_CASE("raw_to_vector: two levels far apart, with either floor") {
  std::vector<uint16_t> pixels;
  Random random(11);
  for (int64_t i = 0; i < 40 * 60; ++i)
    pixels.push_back(uint16_t((i % 60 < 30 ? 100 : 60000) + 6 * random.uniform()));
  const Tensor raw = Tensor::of<uint16_t>({1, 40, 60}, pixels);
  check_fused<uint16_t>(raw);
  // Normalised to float32, the chain has the detail (1e-4 of the deviation) to four digits only.
  for (Device device : devices()) {
    const LcnOptions options{.floor = Floor::mean_deviation};
    const std::vector<double> expected =
        rwd_of(lcn_of(gcn_of(valid_pixels<uint16_t>(raw, 0, {}, {})), options));
    check_close_nan<float>(raw_to_vector(raw.to(device), {}, {}, options).vectors, expected, 1e-5);
  }
}

TEST_CASE("raw_to_vector: NaN and infinite pixels take no part") {
  Tensor raw = detector_frames<float>(2, 37, 53, 12);
  float* p = raw.data<float>();
  for (int64_t i = 0; i < raw.count(); i += 19) p[i] = i % 2 ? NAN : i % 4 ? INFINITY : -INFINITY;
  for (int64_t w = 0; w < 53; ++w) p[7 * 53 + w] = NAN;  // windows of this row have no centre
  for (const LcnOptions& options : all_options) check_fused<float>(raw, {}, {}, options);
  CHECK(raw_to_vector(raw).vectors.values<float>()[5] == 0);
}

TEST_CASE("raw_to_vector: frames that cannot be normalised give zeros, and say so") {
  const Tensor raw = detector_frames<uint16_t>(2, 17, 23, 13);
  std::vector<uint8_t> bad(17 * 23, 1);
  const Tensor all = Tensor::of<uint8_t>({17, 23}, bad);
  bad[200] = 0;
  const Tensor all_but_one = Tensor::of<uint8_t>({17, 23}, bad);
  const Tensor flat = Tensor::of<float>({1, 17, 23}, std::vector<float>(17 * 23, 0.1f));
  for (const LcnOptions& options : all_options) {
    check_fused<uint16_t>(raw, all, {}, options, 0);
    check_fused<uint16_t>(raw, all_but_one, {}, options, 0);
    check_fused<uint16_t>(raw, {}, {1000, 2000}, options, 0);
    check_fused<float>(flat, {}, {}, options, 0);
  }
  CHECK(raw_to_vector(raw, all).statistics[1].valid == 0);
  CHECK(raw_to_vector(raw, all_but_one).statistics[1].valid == 1);
  CHECK(raw_to_vector(flat).statistics[0].deviation == 0);
  CHECK(raw_to_vector(Tensor({0, 17, 23}, DType::u16)).vectors.shape() == Shape{0, 13});
}

TEST_CASE("raw_to_vector: pixels that are alone in their windows give 0, whatever the floor") {
  const Tensor raw = detector_frames<uint16_t>(1, 40, 60, 19);
  std::vector<uint8_t> bad(40 * 60, 1);
  for (size_t h = 4; h < 40; h += 9)
    for (size_t w = 4; w < 60; w += 9) bad[h * 60 + w] = 0;
  const Tensor mask = Tensor::of<uint8_t>({40, 60}, bad);
  CHECK(raw_to_vector(raw, mask).statistics[0].deviation > 0);
  for (const LcnOptions& options : all_options) check_fused<uint16_t>(raw, mask, {}, options, 0);
}

TEST_CASE("raw_to_vector: a crop of larger frames by strides, its mask too") {
  const int64_t N = 2, H = 30, W = 70, top = 7, left = 11, h = 21, w = 40;
  const Tensor raw = detector_frames<int32_t>(N, H, W, 14),
               mask = random_mask({H, W}, 15, 0.1, true);
  std::vector<int32_t> cut;
  std::vector<uint8_t> bad;
  for (int64_t i = 0; i < N * h * w; ++i) {
    const int64_t at = (i / w % h + top) * W + i % w + left;
    cut.push_back(raw.data<int32_t>()[i / (h * w) * H * W + at]);
    if (i < h * w) bad.push_back(mask.data<uint8_t>()[at]);
  }
  const Tensor expected =
      raw_to_vector(Tensor::of<int32_t>({N, h, w}, cut), Tensor::of<uint8_t>({h, w}, bad)).vectors;
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = raw.to(device), m = mask.to(device);
    RawFrames frames{.pixels = x.data<int32_t>() + top * W + left,
                     .type = DType::i32,
                     .N = N,
                     .H = h,
                     .W = w,
                     .row_stride = W,
                     .frame_stride = H * W};
    frames.mask = m.data<uint8_t>() + top * W + left, frames.mask_row_stride = W;
    const Tensor vectors({N, h - 4}, DType::f32, device);
    const Tensor statistics({N, int64_t(sizeof(FrameStatistics))}, DType::u8, device);
    raw_to_vector(frames, {}, device, vectors.data<float>(),
                  static_cast<FrameStatistics*>(statistics.bytes()));
    check_close<float>(vectors, expected, device == Device::cpu ? 0 : 1e-5);
  }
}

TEST_CASE("raw_to_vector: the same bits for any number of threads and in any batch") {
  for (const LcnOptions& options : {LcnOptions{}, {.floor = Floor::mean_deviation}}) {
    const Tensor raw = detector_frames<uint16_t>(7, 37, 53, 16);
    check_threads_agree(
        [&] { return std::vector<Tensor>{raw_to_vector(raw, {}, {}, options).vectors}; });
    const std::vector<float> together = raw_to_vector(raw, {}, {}, options).vectors.values<float>();
    const std::vector<uint16_t> pixels = raw.values<uint16_t>();
    const Tensor last = Tensor::of<uint16_t>(
        {1, 37, 53}, std::vector<uint16_t>(pixels.end() - 37 * 53, pixels.end()));
    CHECK(raw_to_vector(last, {}, {}, options).vectors.values<float>() ==
          std::vector<float>(together.end() - 33, together.end()));
  }
}

TEST_CASE_TEMPLATE("raw_to_vector: a frame's place in a batch and in memory changes no bit", T,
                   uint16_t, int32_t, float) {
  // Frames of 101 x 101 pixels begin at any multiple of a pixel.
  for (uint64_t seed = 30; seed < 34; ++seed) {
    const Tensor one = detector_frames<T>(1, 101, 101, seed);
    std::vector<T> pixels;
    for (int copy = 0; copy < 4; ++copy)
      pixels.insert(pixels.end(), one.data<T>(), one.data<T>() + one.count());
    for (Device device : devices()) {
      const FrameVectors found = raw_to_vector(Tensor::of<T>({4, 101, 101}, pixels).to(device));
      const std::vector<float> vectors = found.vectors.template values<float>();
      for (size_t n = 1; n < 4; ++n) {
        CHECK(found.statistics[n].mean == found.statistics[0].mean);
        CHECK(found.statistics[n].deviation == found.statistics[0].deviation);
        CHECK(std::equal(vectors.begin(), vectors.begin() + 97, vectors.begin() + long(n) * 97));
      }
    }
  }
}

TEST_CASE("raw_to_vector: CUDA against the CPU in every schedule") {
  const Tensor raw = detector_frames<uint16_t>(2, 68, 300, 17);
  const Tensor mask = random_mask({68, 300}, 18, 0.02, true);
  for (const LcnOptions& options : {LcnOptions{}, {.floor = Floor::mean_deviation}}) {
    const Tensor expected = raw_to_vector(raw, mask, {}, options).vectors;
    for (Device device : devices())
      on_every_schedule([&] {
        check_close<float>(raw_to_vector(raw.to(device), mask.to(device), {}, options).vectors,
                           expected, 1e-5);
      });
  }
}

TEST_CASE("raw_to_vector: wrong input is refused") {
  const Tensor raw({2, 9, 7}, DType::u16);
  CHECK_THROWS_WITH_AS(raw_to_vector(Tensor({2, 4, 7}, DType::u16)), doctest::Contains("4 x 7"),
                       Error);
  CHECK_THROWS_WITH_AS(raw_to_vector(raw, {}, {}, {.window = 6}), doctest::Contains("odd"), Error);
  CHECK_THROWS_WITH_AS(raw_to_vector(raw, Tensor({9, 8}, DType::u8)), doctest::Contains("mask"),
                       Error);
  CHECK_THROWS_AS(raw_to_vector(Tensor({2, 9, 7}, DType::f64)), Error);
  RawFrames frames{.pixels = raw.bytes(),
                   .type = DType::u16,
                   .N = 2,
                   .H = 9,
                   .W = 7,
                   .row_stride = 6,
                   .frame_stride = 63};
  CHECK_THROWS_WITH_AS(raw_to_vector(frames, {}, Device::cpu, nullptr, nullptr),
                       doctest::Contains("row stride 6"), Error);
}
