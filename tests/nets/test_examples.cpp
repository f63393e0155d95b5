#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "kernels/raw_to_image.h"
#include "nets/examples.h"
#include "tests/kernels/tensors.h"
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

Batch drawn(const Examples& examples, int64_t count, const AugmentOptions& augmentation,
            Random& random) {
  Draws draws(examples, share_of(count, nullptr), augmentation);
  draws.draw(random);
  draws.finish();
  draws.load(0);
  return draws.batch();
}

}  // namespace

TEST_CASE("examples: batches hold the frames as they are") {
  const Device device = devices().back();
  const Examples images(three_images(), {}, device);
  CHECK(images.images());
  const Tensor x = images.batch(1, 2);
  CHECK(x.shape() == Shape{2, 3, 3});
  CHECK(x.values<float>()[0] == float(three_images().x.values<int16_t>()[9]) / image_steps);
  const LabelledFrames set = synthetic_vectors(6, 1);
  const Examples vectors(set, {}, device);
  CHECK(vectors.batch(2, 3).values<float>()[720] == baseline_scale(set.x).values<float>()[3 * 720]);
}

TEST_CASE("examples: draws are balanced over the classes, and images come in all eight ways") {
  const Device device = devices().back();
  const Examples images(three_images(), {}, device);
  Random random(1);
  const Batch batch = drawn(images, 400, {}, random);
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
  const Batch as_is = drawn(images, 50, {.turn = false}, again);
  const Tensor hit = images.batch(1, 1);
  for (size_t i = 0; i < 50; ++i)
    if (as_is.classes.values<int32_t>()[i] == 2) {
      const std::vector<float> y = as_is.x.values<float>();
      CHECK(std::equal(y.begin() + long(i * 9), y.begin() + long(i * 9 + 9),
                       hit.values<float>().begin()));
    }
}

TEST_CASE("examples: shares of drawn batches are rows of the whole ones, on every device") {
  const LabelledFrames vectors = synthetic_vectors(9, 1), images = three_images();
  for (const LabelledFrames* set : {&vectors, &images})
    for (const Device device : devices()) {
      CAPTURE(device);
      const Examples examples(*set, {}, device);
      const auto batches = [&](Share share) {
        Random random(7);
        Draws draws(examples, share, {});
        for (int step = 0; step < 3; ++step) draws.draw(random);
        draws.finish();
        std::vector<Batch> all;
        for (int64_t step = 0; step < 3; ++step) {
          draws.load(step);
          all.push_back({draws.batch().x.clone(), draws.batch().classes.clone()});
        }
        CHECK_THROWS_WITH_AS(draws.load(3), doctest::Contains("step 3 of 3"), Error);
        return all;
      };
      const auto whole = batches({0, 10, 10}), part = batches({4, 3, 10});
      for (size_t step = 0; step < 3; ++step) {
        const std::vector<float> x = whole[step].x.values<float>();
        const long row = long(whole[step].x.shape().row());
        CHECK(part[step].x.values<float>() ==
              std::vector<float>(x.begin() + 4 * row, x.begin() + 7 * row));
        const std::vector<int32_t> classes = whole[step].classes.values<int32_t>();
        CHECK(part[step].classes.values<int32_t>() ==
              std::vector<int32_t>(classes.begin() + 4, classes.begin() + 7));
      }
    }
}
