#include <cmath>

#include <doctest/doctest.h>

#include "engine/check.h"
#include "nets/metrics.h"

using namespace hitsieve;

namespace {

const std::vector<float> scores = {0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f};
const std::vector<FrameClass> classes = {2, 0, 1, 2, 0, 0};

}  // namespace

TEST_CASE("metrics: golden values") {
  const Metrics m = measure(scores, classes, 0.65);
  CHECK(m.frames == 6);
  CHECK(m.true_positives() == 2);
  CHECK(m.false_positives() == 1);
  CHECK(m.false_negatives() == 1);
  CHECK(m.true_negatives() == 2);
  CHECK(m.accuracy() == doctest::Approx(4 / 6.0));
  CHECK(m.recall() == doctest::Approx(2 / 3.0));
  CHECK(m.precision() == doctest::Approx(2 / 3.0));
  CHECK(m.f1() == doctest::Approx(2 / 3.0));
  CHECK(m.by_class[1][1] == 1);
  CHECK(m.by_class[2][0] == 1);
  // precision at each recovered positive: 1/1, 2/3, 3/4, a third of the recall each
  CHECK(m.average_precision == doctest::Approx((1 + 2 / 3.0 + 3 / 4.0) / 3));
}

TEST_CASE("metrics: a score equal to the threshold is a hit; equal scores are one point") {
  CHECK(measure(std::vector<float>{0.5f}, std::vector<FrameClass>{2}, 0.5).true_positives() == 1);
  const std::vector<float> tied = {0.5f, 0.5f, 0.1f};
  const auto curve = precision_recall_curve(tied, std::vector<FrameClass>{0, 1, 0});
  REQUIRE(curve.size() == 2);
  CHECK(curve[0].precision == 0.5);
  CHECK(curve[0].recall == 1);
}

TEST_CASE("metrics: what cannot be known is NaN, not a number") {
  const Metrics none = measure(std::vector<float>{0.1f}, std::vector<FrameClass>{0}, 0.5);
  CHECK(none.accuracy() == 1);
  CHECK(std::isnan(none.recall()));
  CHECK(std::isnan(none.precision()));
  CHECK(std::isnan(none.f1()));
}

TEST_CASE("metrics: sizes that differ, no frames, NaN scores and unknown classes are refused") {
  CHECK_THROWS_AS(measure(scores, std::vector<FrameClass>{1}, 0.5), Error);
  CHECK_THROWS_AS(measure(std::vector<float>{}, std::vector<FrameClass>{}, 0.5), Error);
  CHECK_THROWS_WITH_AS(measure(std::vector<float>{1, NAN}, std::vector<FrameClass>{1, 1}, 0.5),
                       doctest::Contains("score 1 is nan"), Error);
  CHECK_THROWS_AS(measure(std::vector<float>{1}, std::vector<FrameClass>{3}, 0.5), Error);
}
