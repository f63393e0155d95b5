#include <algorithm>

#include <doctest/doctest.h>

#include "engine/cuda_on_host/schedule.h"
#include "nets/screening_stream.h"
#include "tests/kernels/operation.h"
#include "tests/nets/random_model.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

constexpr int64_t crop = 64, wide = 70;

/// Frames of `wide` x `wide` pixels, of which the middle is screened, with a mask each.
struct Frames {
  std::vector<std::vector<uint16_t>> pixels;
  std::vector<std::vector<uint8_t>> masks;

  explicit Frames(int count, uint64_t seed = 3) {
    Random random(seed);
    for (int n = 0; n < count; ++n) {
      pixels.emplace_back(), masks.emplace_back();
      for (int i = 0; i < wide * wide; ++i) {
        pixels.back().push_back(uint16_t(random.poisson(20) + (random.below(300) == 0 ? 200 : 0)));
        masks.back().push_back(uint8_t(random.below(50) == 0));
      }
    }
  }
  RawFrames operator[](size_t n) const {
    RawFrames frame;
    frame.pixels = pixels[n].data() + 3 * wide + 3;
    frame.mask = masks[n].data() + 3 * wide + 3;
    frame.N = 1, frame.H = frame.W = crop;
    frame.row_stride = frame.mask_row_stride = wide, frame.frame_stride = wide * wide;
    return frame;
  }
  std::vector<RawFrames> some(size_t first, size_t count) const {
    std::vector<RawFrames> out;
    for (size_t n = first; n < first + count; ++n) out.push_back((*this)[n]);
    return out;
  }
};

std::vector<Decision> one_by_one(const Screener& screener, const std::vector<RawFrames>& frames) {
  std::vector<Decision> decisions(frames.size());
  for (size_t n = 0; n < frames.size(); ++n) screener.screen(frames[n], {&decisions[n], 1});
  return decisions;
}

void check_equal(const std::vector<Decision>& a, const std::vector<Decision>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t n = 0; n < a.size(); ++n) {
    CAPTURE(n);
    CHECK(a[n].score == b[n].score);
    CHECK(a[n].hit == b[n].hit);
    CHECK(a[n].statistics.valid == b[n].statistics.valid);
    CHECK(a[n].statistics.mean == b[n].statistics.mean);
  }
}

std::vector<Decision> received(ScreeningStream& stream) {
  std::vector<Decision> decisions(size_t(stream.sent()));
  stream.receive(decisions);
  return decisions;
}

}  // namespace

TEST_CASE("screening stream: several in turn give what the screener gives, masks and all") {
  const Frames frames(11);
  for (const ConvNetOptions& network : {rwd_network(), cnn_network()}) {
    const Model model = random_model(crop, network);
    for (Device device : devices()) {
      CAPTURE(device);
      const Screener screener(model, device);
      const auto expected = one_by_one(screener, frames.some(0, 11));
      const emu::ScheduleScope scope;
      emu::set_async(true);  // nothing is done before somebody waits for it
      on_every_schedule([&] {
        ScreeningStream first(screener), second(screener);
        first.send(frames.some(0, 4));
        second.send(frames.some(4, 5));
        std::vector<Decision> all = received(first);
        first.send(frames.some(9, 2));  // fewer than before, in the same memory
        for (ScreeningStream* stream : {&second, &first})
          for (const Decision& decision : received(*stream)) all.push_back(decision);
        check_equal(all, expected);
      });
    }
  }
}

TEST_CASE("screening stream: the times of copies and of computing grow with what is received") {
  const Model model = random_model(crop);
  const Frames frames(2);
  for (Device device : devices()) {
    CAPTURE(device);
    const Screener screener(model, device);
    const emu::ScheduleScope scope;
    emu::set_async(true);
    ScreeningStream stream(screener);
    CHECK(stream.times().copy == 0);
    double copy = 0, compute = 0;
    for (int turn = 0; turn < 2; ++turn) {
      stream.send(frames.some(0, 2));
      CHECK(stream.times().compute == compute);
      received(stream);
      CHECK(stream.times().copy > copy);
      CHECK(stream.times().compute > compute);
      copy = stream.times().copy, compute = stream.times().compute;
    }
  }
}

TEST_CASE("screening stream: one mask for all, some without one, none") {
  const Model model = random_model(crop);
  Frames frames(3);
  for (Device device : devices()) {
    const Screener screener(model, device);
    ScreeningStream stream(screener);
    std::vector<RawFrames> batch = frames.some(0, 3);
    batch[1].mask = nullptr;
    stream.send(batch);
    check_equal(received(stream), one_by_one(screener, batch));
    frames.masks[1] = frames.masks[2] = frames.masks[0];
    batch = frames.some(0, 3);
    stream.send(batch);
    check_equal(received(stream), one_by_one(screener, batch));
    for (RawFrames& frame : batch) frame.mask = nullptr;
    stream.send(batch);
    check_equal(received(stream), one_by_one(screener, batch));
  }
}

TEST_CASE(
    "screening stream: frames in memory that the device fetches from, copied by nobody else") {
  const Model model = random_model(crop);
  const Frames frames(5);
  for (Device device : devices()) {
    const Screener screener(model, device);
    HostBuffer pixels(device), masks(device);
    RawFrames all = frames[0];
    all.N = 5, all.row_stride = all.mask_row_stride = crop;
    all.frame_stride = all.mask_frame_stride = crop * crop;
    auto* pixel = pixels.of<uint16_t>(5 * crop * crop);
    auto* bad = masks.of<uint8_t>(5 * crop * crop);
    all.pixels = pixel, all.mask = bad;
    for (const RawFrames& frame : frames.some(0, 5))
      for (int64_t h = 0; h < crop; ++h, pixel += crop, bad += crop) {
        std::copy_n(frame.row<uint16_t>(0, h), crop, pixel);
        std::copy_n(frame.mask_row(0, h), crop, bad);
      }
    const emu::ScheduleScope scope;
    emu::set_async(true);
    ScreeningStream first(screener), second(screener);
    first.send_pinned(all);
    RawFrames one_mask = all;
    one_mask.mask_frame_stride = 0, one_mask.N = 3;
    second.send_pinned(one_mask);
    check_equal(received(first), one_by_one(screener, frames.some(0, 5)));
    std::vector<RawFrames> expected = frames.some(0, 3);
    for (RawFrames& frame : expected) frame.mask = frames[0].mask;
    check_equal(received(second), one_by_one(screener, expected));
    one_mask.mask = nullptr, one_mask.N = 0;
    first.send_pinned(one_mask);
    CHECK(first.sent() == 0);
    all.row_stride = wide;
    CHECK_THROWS_WITH_AS(first.send_pinned(all), doctest::Contains("gaps between"), Error);
  }
}

TEST_CASE("screening stream: refuses a batch over another, frames unalike and of another size") {
  const Model model = random_model(crop);
  const Screener screener(model);
  const Frames frames(2);
  ScreeningStream stream(screener);
  std::vector<RawFrames> batch = frames.some(0, 2);
  batch[1].type = DType::i16;
  CHECK_THROWS_WITH_AS(stream.send(batch), doctest::Contains("different size, type or range"),
                       Error);
  batch = frames.some(0, 1);
  batch[0].H = crop - 1;
  CHECK_THROWS_WITH_AS(stream.send(batch), doctest::Contains("the model wants 64 x 64"), Error);
  stream.send(frames.some(0, 2));
  CHECK_THROWS_WITH_AS(stream.send(frames.some(0, 1)), doctest::Contains("have not been received"),
                       Error);
  std::vector<Decision> one(1);
  CHECK_THROWS_WITH_AS(stream.receive(one), doctest::Contains("2 frames were sent"), Error);
  CHECK(received(stream).size() == 2);
}
