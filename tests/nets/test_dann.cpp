#include <cmath>

#include <doctest/doctest.h>

#include "nets/dann.h"
#include "nets/screener.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

DannOptions quick(int64_t epochs) {
  DannOptions options(1);
  options.settings.epochs = epochs;
  options.stop.window = 1000;  // never
  return options;
}

/// The target: the source's kind of frames with every third row a tenth higher.
LabelledFrames shifted(int64_t frames, uint64_t seed) {
  LabelledFrames set = synthetic_vectors(frames, seed);
  for (int64_t i = 0; i < set.x.count(); i += 3) set.x.data<float>()[i] *= 1.1f;
  return set;
}

EpochRecord record(double loss, double accuracy, double domain_loss, double domain_accuracy) {
  return {.validation_loss = loss,
          .validation_accuracy = accuracy,
          .domain_loss = domain_loss,
          .domain_accuracy = domain_accuracy};
}

}  // namespace

TEST_CASE("dann: the schedules begin and end as Ganin et al. have them") {
  CHECK(dann_lambda(0) == 0);
  CHECK(dann_lambda(0.5) == doctest::Approx(2 / (1 + std::exp(-5.0)) - 1));
  CHECK(dann_lambda(1) == doctest::Approx(0.9999).epsilon(1e-4));
  CHECK(dann_learning_rate(0.01, 0) == 0.01);
  CHECK(dann_learning_rate(0.01, 1) == doctest::Approx(0.01 / std::pow(11.0, 0.75)));
}

TEST_CASE("dann: trained means two plateaus and two oscillations") {
  const auto history = [](double label_drift, double domain_drift) {
    std::vector<EpochRecord> all;
    for (int i = 0; i < 12; ++i) {
      const double wave = i % 2 ? 0.1 : -0.1;
      all.push_back(record(0.3 + label_drift * i, 0.9 - label_drift * i,
                           0.7 + wave + domain_drift * i, 0.5 - wave + domain_drift * i));
    }
    return all;
  };
  const StopOptions options;
  CHECK(is_trained(history(0, 0), options));
  CHECK(!is_trained(history(0.02, 0), options));  // still learning, or forgetting
  CHECK(!is_trained(history(-0.02, 0), options));
  CHECK(!is_trained(history(0, 0.05), options));  // one side is winning
  const std::vector<EpochRecord> all = history(0, 0);
  CHECK(!is_trained(std::span(all).first(7), options));  // too early to say
}

TEST_CASE("dann: without an adversary the domains are told apart, with one they are not") {
  const LabelledFrames source = synthetic_vectors(120, 1), held_out = synthetic_vectors(60, 2);
  LabelledFrames target = shifted(120, 3);
  target.classes.clear();  // nobody looks
  DannOptions options = quick(30);
  options.lambda = 0;
  const Model alone = train_dann(source, held_out, target, options);
  options.lambda = 1;
  const Model adapted = train_dann(source, held_out, target, options);
  const auto last = [](const Model& model) { return model.history.back().domain_accuracy; };
  CAPTURE(last(alone));
  CAPTURE(last(adapted));
  CHECK(last(alone) > 0.6);
  CHECK(last(adapted) < last(alone) - 0.2);
  CHECK(adapted.method == "dann");
  CHECK(adapted.trained_on == source.ids);  // the target may be evaluated on as a whole
  CHECK(adapted.validation.frames == 60);
}

TEST_CASE("dann: the same seed gives the same; the target's labels change nothing") {
  const LabelledFrames source = synthetic_vectors(60, 1), held_out = synthetic_vectors(30, 2);
  LabelledFrames target = shifted(40, 3);
  const Model first = train_dann(source, held_out, target, quick(3));
  target.classes.assign(40, 2);
  const Model second = train_dann(source, held_out, target, quick(3));
  CHECK(Screener(first).log_odds(held_out.x) == Screener(second).log_odds(held_out.x));
  CHECK(first.threshold == second.threshold);
}

TEST_CASE("dann: a target of another size and a source without hits are refused") {
  const LabelledFrames source = synthetic_vectors(60, 1), held_out = synthetic_vectors(30, 2);
  CHECK_THROWS_WITH_AS(train_dann(source, held_out, synthetic_vectors(30, 3, 600), quick(2)),
                       doctest::Contains("the target's frames"), Error);
  LabelledFrames misses = source;
  misses.classes.assign(60, 0);
  CHECK_THROWS_WITH_AS(train_dann(misses, held_out, source, quick(2)),
                       doctest::Contains("source: all 60 frames are misses"), Error);
}
