// The C interface on frames: the scores of the screener that the command uses, bit for bit.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include <doctest/doctest.h>
#include <hitsieve/hitsieve.h>

#include "nets/screener.h"
#include "tests/apps/library/opened.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;

namespace {

template <class T>
constexpr int32_t type_of = 0;
template <>
constexpr int32_t type_of<uint8_t> = HITSIEVE_UINT8;
template <>
constexpr int32_t type_of<int8_t> = HITSIEVE_INT8;
template <>
constexpr int32_t type_of<uint16_t> = HITSIEVE_UINT16;
template <>
constexpr int32_t type_of<int16_t> = HITSIEVE_INT16;
template <>
constexpr int32_t type_of<uint32_t> = HITSIEVE_UINT32;
template <>
constexpr int32_t type_of<int32_t> = HITSIEVE_INT32;
template <>
constexpr int32_t type_of<uint64_t> = HITSIEVE_UINT64;
template <>
constexpr int32_t type_of<int64_t> = HITSIEVE_INT64;
template <>
constexpr int32_t type_of<float> = HITSIEVE_FLOAT32;
template <>
constexpr int32_t type_of<double> = HITSIEVE_FLOAT64;

constexpr int64_t count = 4, height = 67, width = 70, crop = model_crop;

/// The central crop of frame n by hand, to be screened one by one.
template <class T>
Decision expected(const Screener& screener, const std::vector<T>& frames, int64_t n,
                  PixelRange range = {}, const std::vector<uint8_t>& mask = {}) {
  std::vector<T> pixels;
  std::vector<uint8_t> bad;
  for (int64_t row = 1; row < 1 + crop; ++row)
    for (int64_t column = 3; column < 3 + crop; ++column) {
      pixels.push_back(frames[size_t((n * height + row) * width + column)]);
      bad.push_back(mask.empty() ? 0 : mask[size_t(row * width + column)]);
    }
  RawFrames frame;
  frame.pixels = pixels.data(), frame.type = dtype_of<T>;
  frame.N = 1, frame.H = crop, frame.W = crop, frame.row_stride = crop;
  frame.mask = bad.data(), frame.mask_row_stride = crop;
  frame.range = range;
  Decision decision;
  screener.screen(frame, {&decision, 1});
  return decision;
}

bool same_bits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

/// Frames of type T score as the same values of type Memory do.
template <class T, class Memory>
void check_type(const Screener& screener, const hitsieve_screener* opened) {
  const std::vector<int> values = noise(count, height, width);
  const std::vector<T> frames = as<T>(values);
  const auto batch = hitsieve_packed_frames(frames.data(), type_of<T>, count, height, width);
  const auto results = screened(opened, batch);
  for (int64_t n = 0; n < count; ++n) {
    CAPTURE(type_of<T>);
    const Decision decision = expected(screener, as<Memory>(values), n);
    CHECK(decision.usable());
    CHECK(same_bits(results[size_t(n)].score, decision.score));
    CHECK(results[size_t(n)].hit == int32_t(decision.hit));
    CHECK(results[size_t(n)].status == HITSIEVE_FRAME_SCORED);
    CHECK(results[size_t(n)].pixels == crop * crop);
  }
}

}  // namespace

TEST_CASE("every pixel type: the central crop, and the score of the same values") {
  const Opened opened(model_file());
  const Screener screener(Model::load(model_file()));
  check_type<uint8_t, uint16_t>(screener, opened.get());
  check_type<int8_t, int16_t>(screener, opened.get());
  check_type<uint16_t, uint16_t>(screener, opened.get());
  check_type<int16_t, int16_t>(screener, opened.get());
  check_type<uint32_t, int32_t>(screener, opened.get());
  check_type<int32_t, int32_t>(screener, opened.get());
  check_type<uint64_t, int32_t>(screener, opened.get());
  check_type<int64_t, int32_t>(screener, opened.get());
  check_type<float, float>(screener, opened.get());
  check_type<double, float>(screener, opened.get());
}

TEST_CASE("a network of images scores a batch as it scores frame by frame") {
  const Opened opened(image_model_file());
  check_type<uint16_t, uint16_t>(Screener(Model::load(image_model_file())), opened.get());
}

TEST_CASE("the two highest values of an unsigned type do not count, nor what is out of range") {
  const Opened opened(model_file());
  const Screener screener(Model::load(model_file()));
  auto frames = as<uint16_t>(noise(count, height, width));
  auto wide = as<uint32_t>(noise(count, height, width));
  for (size_t i = 0; i < frames.size(); i += 50) {
    frames[i] = uint16_t(i % 100 ? 65535 : 65534);
    wide[i] = uint32_t(i % 100 ? 4294967295u : 3000000000u);
  }
  auto batch = hitsieve_packed_frames(frames.data(), HITSIEVE_UINT16, count, height, width);
  const Decision decision = expected(screener, frames, 1, {0, 65533});
  CHECK(decision.statistics.valid < crop * crop);
  hitsieve_result result = screened(opened.get(), batch)[1];
  CHECK(same_bits(result.score, decision.score));
  CHECK(result.pixels == decision.statistics.valid);
  result = screened(opened.get(),
                    hitsieve_packed_frames(wide.data(), HITSIEVE_UINT32, count, height, width))[1];
  CHECK(result.pixels == decision.statistics.valid);
  batch.minimum = 10, batch.maximum = 60;
  result = screened(opened.get(), batch)[1];
  CHECK(same_bits(result.score, expected(screener, frames, 1, {10, 60}).score));
  CHECK(result.pixels < decision.statistics.valid);
}

TEST_CASE("strides, and masks of all frames or each") {
  const Opened opened(model_file());
  const Screener screener(Model::load(model_file()));
  const auto frames = as<int32_t>(noise(count, height, width));
  std::vector<uint8_t> mask(size_t(height * width));
  for (size_t i = 0; i < mask.size(); i += 7) mask[i] = uint8_t(i % 3 + 1);
  // Frames side by side in rows of 4 x width + 5 pixels, each with its own copy of the mask.
  constexpr int64_t stride = count * width + 5;
  std::vector<int32_t> wide(size_t(height * stride), -1);
  std::vector<uint8_t> masks(size_t(height * stride), 1);
  for (int64_t n = 0; n < count; ++n)
    for (int64_t row = 0; row < height; ++row)
      for (int64_t column = 0; column < width; ++column) {
        const auto from = size_t((n * height + row) * width + column);
        const auto to = size_t(row * stride + n * width + column);
        wide[to] = frames[from], masks[to] = mask[size_t(row * width + column)];
      }
  auto batch = hitsieve_packed_frames(frames.data(), HITSIEVE_INT32, count, height, width);
  batch.mask = mask.data();
  auto strided = hitsieve_packed_frames(wide.data(), HITSIEVE_INT32, count, height, width);
  strided.row_stride = stride, strided.frame_stride = width;
  strided.mask = masks.data(), strided.mask_row_stride = stride, strided.mask_frame_stride = width;
  const auto packed = screened(opened.get(), batch), spread = screened(opened.get(), strided);
  for (int64_t n = 0; n < count; ++n) {
    const Decision decision = expected(screener, frames, n, {}, mask);
    CHECK(decision.statistics.valid < crop * crop);
    CHECK(same_bits(packed[size_t(n)].score, decision.score));
    CHECK(same_bits(spread[size_t(n)].score, decision.score));
  }
}

TEST_CASE("frames without a score say why, among others that have one") {
  const Opened opened(model_file());
  auto frames = as<float>(noise(count, height, width));
  std::fill_n(frames.begin(), height * width, std::numeric_limits<float>::quiet_NaN());
  std::fill_n(frames.begin() + height * width, height * width, 5.0f);
  std::fill_n(frames.begin() + 2 * height * width, height * width * 3 / 5,
              std::numeric_limits<float>::infinity());
  const auto results = screened(
      opened.get(), hitsieve_packed_frames(frames.data(), HITSIEVE_FLOAT32, count, height, width));
  CHECK(results[0].status == HITSIEVE_FRAME_EMPTY);
  CHECK(results[0].pixels == 0);
  CHECK(results[1].status == HITSIEVE_FRAME_CONSTANT);
  CHECK(results[2].status == HITSIEVE_FRAME_MASKED);
  for (size_t n : {0, 1, 2}) {
    CHECK((std::isnan(results[n].score) && results[n].hit == 0));
    CHECK(std::string(hitsieve_status_text(results[n].status)).find("pixel") != std::string::npos);
  }
  CHECK(results[3].status == HITSIEVE_FRAME_SCORED);
}

TEST_CASE("eight threads on one screener") {
  const Opened opened(model_file());
  const auto frames = as<uint16_t>(noise(24, height, width));
  const auto batch = hitsieve_packed_frames(frames.data(), HITSIEVE_UINT16, 24, height, width);
  const auto alone = screened(opened.get(), batch);
  std::vector<std::vector<hitsieve_result>> results(8);
  std::vector<std::thread> threads;
  for (auto& mine : results)
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) mine = screened(opened.get(), batch);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& mine : results)
    CHECK(std::memcmp(mine.data(), alone.data(), sizeof(hitsieve_result) * 24) == 0);
}

TEST_CASE("a GPU takes frames from host memory and from its own") {
  if (!hitsieve_has_device(HITSIEVE_CUDA)) {
    MESSAGE("skipped: no GPU, and none is emulated");
    return;
  }
  const Opened cpu(model_file()), gpu(model_file(), HITSIEVE_CUDA);
  const auto frames = as<uint16_t>(noise(count, height, width));
  std::vector<uint8_t> mask(size_t(height * width));
  for (size_t i = 0; i < mask.size(); i += 7) mask[i] = 1;
  const Tensor there = Tensor::of<uint16_t>({count, height, width}, frames, Device::cuda);
  const Tensor mask_there = Tensor::of<uint8_t>({height, width}, mask, Device::cuda);
  auto batch = hitsieve_packed_frames(frames.data(), HITSIEVE_UINT16, count, height, width);
  batch.mask = mask.data();
  const auto wanted = screened(cpu.get(), batch), copied = screened(gpu.get(), batch);
  batch.pixels = there.bytes(), batch.mask = mask_there.data<uint8_t>();
  batch.device = HITSIEVE_CUDA;
  const auto taken = screened(gpu.get(), batch);
  for (size_t n = 0; n < size_t(count); ++n) {
    CHECK(taken[n].score == doctest::Approx(wanted[n].score).epsilon(1e-4));
    CHECK(same_bits(taken[n].score, copied[n].score));
    CHECK(taken[n].pixels == wanted[n].pixels);
  }
  hitsieve_error error;
  CHECK(hitsieve_screen(cpu.get(), &batch, nullptr, &error) == HITSIEVE_ERROR_DEVICE);
  CHECK_CONTAINS(error.text, "HITSIEVE_CUDA");
  batch.type = HITSIEVE_FLOAT64;
  std::vector<hitsieve_result> results(count);
  CHECK(hitsieve_screen(gpu.get(), &batch, results.data(), &error) == HITSIEVE_ERROR_ARGUMENT);
  CHECK_CONTAINS(error.text, "float64 on the GPU");
}
