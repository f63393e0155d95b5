#include "kernels/raw_to_image.h"
#include "kernels/turned_images.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

Tensor turns_of(const std::vector<Turn>& turns, Device device) {
  std::vector<int32_t> numbers;
  for (const Turn& turn : turns) numbers.insert(numbers.end(), {turn.image, turn.way});
  return Tensor::of<int32_t>({std::ssize(turns), 2}, numbers, device);
}

Tensor numbered(int64_t N, int64_t side, Device device) {
  std::vector<int16_t> pixels;
  for (int64_t i = 0; i < N * side * side; ++i) pixels.push_back(int16_t(7 * i % 30011 - 15000));
  return Tensor::of<int16_t>({N, side, side}, pixels, device);
}

}  // namespace

TEST_CASE("turned_images: the axes exchanged and mirrored, golden values") {
  for (Device device : devices()) {
    CAPTURE(device);
    std::vector<int16_t> steps;
    for (int i = 0; i < 18; ++i) steps.push_back(int16_t(i % 9 + 1));  // in units of a step
    steps[9] = 4096;                                                   // 1, in the second image
    const Tensor images = Tensor::of<int16_t>({2, 3, 3}, steps, device);
    const auto turned = [&](int way) {
      std::vector<float> y =
          turned_images(images, turns_of({{0, way}}, device), 0, 1).values<float>();
      for (float& v : y) v *= image_steps;
      return y;
    };
    CHECK(turned(0) == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(turned(1) == std::vector<float>{3, 2, 1, 6, 5, 4, 9, 8, 7});
    CHECK(turned(2) == std::vector<float>{7, 8, 9, 4, 5, 6, 1, 2, 3});
    CHECK(turned(4) == std::vector<float>{1, 4, 7, 2, 5, 8, 3, 6, 9});
    CHECK(turned(5) == std::vector<float>{7, 4, 1, 8, 5, 2, 9, 6, 3});
    const Tensor second = turned_images(images, turns_of({{0, 3}, {1, 0}}, device), 1, 1);
    CHECK(second.shape() == Shape{1, 3, 3});
    CHECK(second.values<float>()[0] == 1);
  }
}

TEST_CASE("turned_images: every way of every size, on every device, is the same permutation") {
  for (const int64_t side : {1, 5, 16, 33, 70})
    for (Device device : devices()) {
      CAPTURE(side);
      CAPTURE(device);
      std::vector<Turn> turns;
      for (int32_t way = 0; way < 8; ++way) turns.push_back({way % 3, way});
      const Tensor images = numbered(3, side, device);
      const std::vector<int16_t> x = images.values<int16_t>();
      on_every_schedule([&] {
        const std::vector<float> y =
            turned_images(images, turns_of(turns, device), 0, 8).values<float>();
        for (size_t i = 0; i < 8; ++i)
          for (int64_t h = 0; h < side; ++h)
            for (int64_t w = 0; w < side; ++w) {
              const int way = turns[i].way;
              int64_t row = way & 4 ? w : h, column = way & 4 ? h : w;
              if (way & 2) row = side - 1 - row;
              if (way & 1) column = side - 1 - column;
              const int16_t from = x[size_t((turns[i].image * side + h) * side + w)];
              REQUIRE(y[size_t((int64_t(i) * side + row) * side + column)] ==
                      float(from) / image_steps);
            }
      });
    }
}

TEST_CASE("turned_images: what makes no sense is NaN, or refused") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor images = numbered(2, 4, device);
    for (const Turn bad : {Turn{2, 0}, Turn{-1, 0}, Turn{0, 8}, Turn{0, -1}}) {
      const std::vector<float> y =
          turned_images(images, turns_of({bad, {1, 0}}, device), 0, 2).values<float>();
      for (size_t i = 0; i < 32; ++i) CHECK(std::isnan(y[i]) == (i < 16));
    }
    CHECK(turned_images(images, turns_of({{0, 0}}, device), 1, 0).count() == 0);
    CHECK_THROWS_WITH_AS(turned_images(images, turns_of({{0, 0}}, device), 0, 2),
                         doctest::Contains("turns 0 to 2 of 1"), Error);
    CHECK_THROWS_WITH_AS(turned_images(Tensor::zeros({1, 2, 2}), turns_of({}, Device::cpu), 0, 0),
                         doctest::Contains("expected int16"), Error);
  }
}
