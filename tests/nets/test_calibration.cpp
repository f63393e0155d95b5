#include <cmath>

#include <doctest/doctest.h>

#include "engine/check.h"
#include "engine/philox.h"
#include "nets/calibration.h"

using namespace hitsieve;

TEST_CASE("calibration: finds the slope and offset that the frames were drawn with") {
  Random random(3);
  std::vector<float> z;
  std::vector<FrameClass> classes;
  for (int i = 0; i < 20000; ++i) {
    z.push_back(float(2 * random.normal()));
    const double p = 1 / (1 + std::exp(-(0.7 * double(z.back()) - 0.4)));
    classes.push_back(random.uniform() < p ? 2 : 0);
  }
  const Calibration c = calibrate(z, classes);
  CHECK(c.slope == doctest::Approx(0.7).epsilon(0.05));
  CHECK(c.offset == doctest::Approx(-0.4).epsilon(0.1));
  CHECK(c.score(0.4 / 0.7) == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("calibration: separable classes stay finite, and the score keeps their order") {
  const std::vector<float> z = {-9, -5, -4, 6, 7, 12};
  const Calibration c = calibrate(z, std::vector<FrameClass>{0, 0, 0, 1, 2, 2});
  CHECK(std::isfinite(c.slope));
  CHECK(c.slope > 0);
  for (size_t i = 1; i < z.size(); ++i) CHECK(c.score(z[i]) > c.score(z[i - 1]));
  CHECK(c.score(-9) > 0.0f);
  CHECK(c.score(12) < 1.0f);
}

TEST_CASE("calibration: one class only is an error") {
  CHECK_THROWS_WITH_AS(calibrate(std::vector<float>{1, 2}, std::vector<FrameClass>{2, 1}),
                       doctest::Contains("one class"), Error);
}

TEST_CASE("log_odds: two and three classes, also where exp would overflow") {
  CHECK(log_odds(std::vector<float>{1, 3}) == 2);
  CHECK(log_odds(std::vector<float>{0, 2, 2}) == doctest::Approx(2 + std::log(2.0)));
  CHECK(log_odds(std::vector<float>{-500, 400, 500}) == doctest::Approx(1000));
}

TEST_CASE("threshold: the highest that finds enough, within its limits") {
  const std::vector<FrameClass> classes = {2, 2, 1, 2, 0, 0};
  auto threshold = [&](std::vector<float> scores, double recall) {
    return choose_threshold(scores, classes, recall);
  };
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.1f}, 0.95) == doctest::Approx(0.3));
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.25f, 0.5f, 0.1f}, 0.95) == double(0.25f));
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.01f, 0.5f, 0.1f}, 0.95) == doctest::Approx(0.2));
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.01f, 0.5f, 0.1f}, 0.75) ==
        double(0.95));  // limits 1 and 1.5, cut
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.5f, 0.3f, 0.1f}, 0.9) == double(0.5f));
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.01f, 0.5f, 0.1f}, 0.999) == double(0.01f));
  CHECK(threshold({0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.1f}, 1) == doctest::Approx(0.1));
  CHECK_THROWS_WITH_AS(threshold({0, 0, 0, 0, 0, 0}, 1.5), doctest::Contains("recall wanted: 1.5"),
                       Error);
}
