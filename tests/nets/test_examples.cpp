#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "kernels/raw_to_image.h"
#include "nets/examples.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// 2 misses and 1 hit of 3 x 3 pixels, all different.
LabelledFrames three_images() {
  std::vector<int16_t> pixels;
  for (int16_t i = 0; i < 27; ++i) pixels.push_back(int16_t(i * 4096));
  for (int16_t& p : pixels) p = int16_t(p / 16);
  return {Tensor::of<int16_t>({3, 3, 3}, pixels), {0, 2, 0}, {1, 2, 3}};
}

}  // namespace

TEST_CASE("examples: batches hold the frames as they are") {
  const Examples images(three_images(), {});
  CHECK(images.images());
  const Tensor x = images.batch(1, 2, Device::cpu);
  CHECK(x.shape() == Shape{2, 3, 3});
  CHECK(x.values<float>()[0] == float(three_images().x.values<int16_t>()[9]) / image_steps);
  const LabelledFrames set = synthetic_vectors(6, 1);
  const Examples vectors(set, {});
  CHECK(vectors.batch(2, 3, Device::cpu).values<float>()[720] ==
        baseline_scale(set.x).values<float>()[3 * 720]);
}

TEST_CASE("examples: draws are balanced over the classes, and images come in all eight ways") {
  const Examples images(three_images(), {});
  Random random(1);
  const Batch batch = images.draw(share_of(400, nullptr), {}, random, Device::cpu);
  const std::vector<int32_t> classes = batch.classes.values<int32_t>();
  const auto hits = std::count(classes.begin(), classes.end(), 2);
  CHECK(hits > 150);  // half of 400, though one frame in three is a hit
  CHECK(hits < 250);
  std::set<std::vector<float>> ways;
  const std::vector<float> x = batch.x.values<float>();
  for (size_t i = 0; i < 400; ++i)
    if (classes[i] == 2) ways.insert({x.begin() + long(i * 9), x.begin() + long(i * 9 + 9)});
  CHECK(ways.size() == 8);
  Random again(1);
  const Batch as_is = images.draw(share_of(50, nullptr), {.turn = false}, again, Device::cpu);
  const Tensor hit = images.batch(1, 1, Device::cpu);
  for (size_t i = 0; i < 50; ++i)
    if (as_is.classes.values<int32_t>()[i] == 2) {
      const std::vector<float> y = as_is.x.values<float>();
      CHECK(std::equal(y.begin() + long(i * 9), y.begin() + long(i * 9 + 9),
                       hit.values<float>().begin()));
    }
}

TEST_CASE("examples: a turned image is the image with its axes exchanged or mirrored") {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto turned = [&](int way) {
    std::vector<float> y(9);
    turn_image(3, x.data(), way, y.data());
    return y;
  };
  CHECK(turned(0) == x);
  CHECK(turned(1) == std::vector<float>{3, 2, 1, 6, 5, 4, 9, 8, 7});
  CHECK(turned(2) == std::vector<float>{7, 8, 9, 4, 5, 6, 1, 2, 3});
  CHECK(turned(4) == std::vector<float>{1, 4, 7, 2, 5, 8, 3, 6, 9});
  CHECK(turned(5) == std::vector<float>{7, 4, 1, 8, 5, 2, 9, 6, 3});
}
