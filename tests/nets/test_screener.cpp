#include <algorithm>
#include <cmath>
#include <thread>

#include <doctest/doctest.h>

#include "kernels/baseline_scale.h"
#include "kernels/noise_scale.h"
#include "kernels/raw_to_vector.h"
#include "nets/screener.h"
#include "tests/kernels/tensors.h"
#include "tests/kernels/unpacked.h"
#include "tests/nets/random_model.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

constexpr int64_t crop = 64;

std::vector<uint16_t> noise_frames(int64_t frames) {
  Random random(9);
  std::vector<uint16_t> pixels;
  for (int64_t i = 0; i < frames * crop * crop; ++i)
    pixels.push_back(uint16_t(random.poisson(20) + (random.below(500) == 0 ? 300 : 0)));
  return pixels;
}

RawFrames raw(const std::vector<uint16_t>& pixels) {
  RawFrames frames;
  frames.pixels = pixels.data();
  frames.N = std::ssize(pixels) / (crop * crop), frames.H = crop, frames.W = crop;
  frames.row_stride = crop, frames.frame_stride = crop * crop;
  return frames;
}

}  // namespace

TEST_CASE("screener: the frozen network equals the trained one in inference") {
  const Model model = random_model(crop);
  const auto pixels = noise_frames(5);
  const Tensor images = Tensor::of<uint16_t>({5, crop, crop}, pixels);
  const Tensor vectors = raw_to_vector(images, {}, {}, model.preprocessing.lcn).vectors;
  Mode mode;
  const Tensor logits = model.network(baseline_scale(vectors, model.preprocessing.baseline), mode);
  for (Device device : devices()) {
    CAPTURE(device);
    const Screener screener(model, device);
    std::vector<Decision> decisions(5);
    screener.screen(raw(pixels), decisions);
    const std::vector<float> z = screener.log_odds(vectors);
    for (size_t n = 0; n < 5; ++n) {
      const auto row = logits.values<float>();
      const float expected = log_odds(std::span(row).subspan(n * 3, 3));
      CHECK(z[n] == doctest::Approx(expected).epsilon(1e-4));
      CHECK(decisions[n].score == doctest::Approx(model.calibration.score(expected)).epsilon(1e-4));
      CHECK(decisions[n].hit == (double(decisions[n].score) >= model.threshold));
      CHECK(decisions[n].statistics.valid == crop * crop);
    }
  }
}

TEST_CASE(
    "screener: a 2D network sees the frames as training does, normalised and by their noise") {
  const Model model = random_model(crop, cnn_network());
  const auto pixels = noise_frames(3);
  const int64_t side = model.preprocessing.length();
  const Tensor images({3, side, side}, DType::i16);
  std::vector<FrameStatistics> statistics(3);
  raw_to_image(raw(pixels), model.preprocessing.lcn, Device::cpu, images.data<int16_t>(),
               statistics.data());
  noise_scale(images, model.preprocessing.noise);
  Mode mode;
  const std::vector<float> logits = model.network(unpacked(images), mode).values<float>();
  for (Device device : devices()) {
    CAPTURE(device);
    const Screener screener(model, device);
    std::vector<Decision> decisions(3);
    screener.screen(raw(pixels), decisions);
    for (size_t n = 0; n < 3; ++n) {
      const float expected = log_odds(std::span(logits).subspan(n * 3, 3));
      CHECK(decisions[n].score == doctest::Approx(model.calibration.score(expected)).epsilon(1e-3));
    }
  }
}

TEST_CASE("screener: tf32 and bf16 move log odds and scores by little; the CPU refuses them") {
  const auto pixels = noise_frames(4);
  for (const bool images : {false, true}) {
    const Model model = images ? random_model(crop, cnn_network()) : random_model(crop);
    CHECK_THROWS_AS(Screener(model, Device::cpu, Precision::tf32), Error);
    for (Device device : devices()) {
      if (device == Device::cpu) continue;
      std::vector<Decision> exact(4), found(4);
      Screener(model, device).screen(raw(pixels), exact);
      for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        Screener(model, device, precision).screen(raw(pixels), found);
        double most = 0;
        for (size_t n = 0; n < 4; ++n)
          most = std::max(most, std::abs(double(found[n].score) - double(exact[n].score)));
        INFO(text(images ? "images in " : "vectors in ", precision));
        CHECK(most < (precision == Precision::tf32 ? 1e-3 : 1e-2));
      }
    }
  }
}

TEST_CASE("screener: a frame says the same alone, in a batch and from several threads") {
  const Screener screener(random_model(crop));
  const auto pixels = noise_frames(6);
  std::vector<Decision> together(6);
  screener.screen(raw(pixels), together);
  std::vector<std::vector<Decision>> alone(4, std::vector<Decision>(6));
  std::vector<std::thread> threads;
  for (auto& decisions : alone)
    threads.emplace_back([&] {
      for (size_t n = 0; n < 6; ++n) {
        RawFrames one = raw(pixels);
        one.N = 1, one.pixels = pixels.data() + n * crop * crop;
        screener.screen(one, std::span(decisions).subspan(n, 1));
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& decisions : alone)
    for (size_t n = 0; n < 6; ++n) CHECK(decisions[n].score == together[n].score);
}

TEST_CASE("screener: masked and constant frames are unusable, not misses; wrong sizes are errors") {
  const Screener screener(random_model(crop));
  std::vector<uint16_t> pixels = noise_frames(2);
  std::fill_n(pixels.begin(), crop * crop, uint16_t(7));
  std::vector<Decision> decisions(2);
  screener.screen(raw(pixels), decisions);
  CHECK(!decisions[0].usable());
  CHECK(std::isnan(decisions[0].score));
  CHECK(!decisions[0].hit);
  CHECK(decisions[1].usable());
  const std::vector<uint8_t> all_bad(crop * crop, 1);
  RawFrames masked = raw(pixels);
  masked.mask = all_bad.data(), masked.mask_row_stride = crop;
  screener.screen(masked, decisions);
  CHECK(decisions[1].statistics.valid == 0);
  CHECK(!decisions[1].usable());
  RawFrames narrow = raw(pixels);
  narrow.W = crop - 1;
  CHECK_THROWS_WITH_AS(screener.screen(narrow, decisions), doctest::Contains("the model wants"),
                       Error);
  CHECK_THROWS_AS(screener.screen(raw(pixels), std::span(decisions).first(1)), Error);
}
