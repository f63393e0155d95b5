#include <limits>

#include <doctest/doctest.h>

#include "engine/cuda_on_host/schedule.h"
#include "engine/parallel.h"
#include "nets/screener.h"
#include "nets/train.h"
#include "tests/kernels/tensors.h"
#include "tests/nets/synthetic.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

TrainOptions quick(uint64_t seed = 1) {
  TrainOptions options;
  options.seed = seed;
  options.settings.epochs = 12;
  return options;
}

std::vector<float> scores(const Model& model, const Tensor& vectors) {
  const Screener screener(model);
  std::vector<float> s;
  for (float z : screener.log_odds(vectors)) s.push_back(screener.score(z));
  return s;
}

}  // namespace

TEST_CASE("train: learns to count rows that stand out, and finds them in frames it never saw") {
  TrainOptions options = quick();
  options.settings.epochs = 80;
  const Model model = train(synthetic_vectors(120, 1), synthetic_vectors(90, 2), options);
  const LabelledFrames test = synthetic_vectors(300, 3);
  const Metrics m = measure(scores(model, test.x), test.classes, model.threshold);
  CAPTURE(m.recall());
  CHECK(m.accuracy() > 0.9);
  CHECK(m.average_precision > 0.95);
  CHECK(model.validation.recall() >= 0.95);
  CHECK(std::ssize(model.history) == 80);
  CHECK(model.history.back().training_loss < model.history.front().training_loss);
  CHECK(model.trained_on == synthetic_vectors(120, 1).ids);
}

TEST_CASE("train: the same seed gives the same file, for any number of threads; another does not") {
  const TemporaryFolder folder;
  auto content = [&](uint64_t seed, int threads) {
    set_threads(threads);
    TrainOptions options = quick(seed);
    options.settings.epochs = 3;
    Model model = train(synthetic_vectors(60, 1), synthetic_vectors(30, 2), options);
    model.save(folder / "m.h5", true);
    set_threads(0);
    return file_content(folder / "m.h5");
  };
  const std::string first = content(1, 1);
  CHECK(content(1, 1) == first);
  CHECK(content(1, 3) == first);
  CHECK(content(2, 1) != first);
}

TEST_CASE("train: on CUDA the loss falls as on the CPU") {
  if (!available(Device::cuda)) return;
  TrainOptions options = quick();
  options.settings.epochs = 2, options.settings.batch = 6;
  options.settings.augmentation = {.reverse = 0, .shift = 0};
  const LabelledFrames few = synthetic_vectors(12, 1, 720), other = synthetic_vectors(6, 2, 720);
  const Model cpu = train(few, other, options);
  options.device = Device::cuda;
  const Model cuda = train(few, other, options);
  for (size_t epoch = 0; epoch < 2; ++epoch)
    CHECK(cuda.history[epoch].training_loss ==
          doctest::Approx(cpu.history[epoch].training_loss).epsilon(1e-3));
}

TEST_CASE("train: the host does not wait for a GPU between the steps of an epoch") {
  if (!available(Device::cuda)) return;
  const LabelledFrames held_out = synthetic_vectors(6, 2, 720);
  const auto waits = [&](int64_t frames) {
    TrainOptions options = quick();
    options.settings.epochs = 1, options.settings.batch = 6, options.device = Device::cuda;
    const LabelledFrames training = synthetic_vectors(frames, 1, 720);
    const int64_t before = emu::host_waits();
    train(training, held_out, options);
    return emu::host_waits() - before;
  };
  CHECK(waits(12) == waits(30));  // two steps, and five
}

TEST_CASE("train: one class only, misfits and NaN are refused, and named") {
  const LabelledFrames good = synthetic_vectors(30, 1);
  LabelledFrames bad = good;
  bad.classes.assign(30, 0);
  CHECK_THROWS_WITH_AS(train(bad, good, quick()),
                       doctest::Contains("training: all 30 frames are misses"), Error);
  bad.classes.assign(30, 2);
  CHECK_THROWS_WITH_AS(train(good, bad, quick()),
                       doctest::Contains("validation: none of the 30 frames is a miss"), Error);
  bad.classes.resize(29);
  CHECK_THROWS_WITH_AS(train(bad, good, quick()), doctest::Contains("30 frames, 29 labels"), Error);
  bad = good;
  bad.x = good.x.clone();
  bad.x.data<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(train(bad, good, quick()), doctest::Contains("a vector holds nan"), Error);
}

TEST_CASE("train: the progress callback sees every epoch and may stop the training") {
  TrainOptions options = quick();
  int64_t seen = 0;
  options.progress = [&](const EpochRecord& record, int64_t epochs) {
    CHECK(record.epoch == seen++);
    CHECK(epochs == 12);
    check(record.epoch < 2, "enough");
  };
  CHECK_THROWS_WITH_AS(train(synthetic_vectors(30, 1), synthetic_vectors(30, 2), options), "enough",
                       Error);
  CHECK(seen == 3);
}
