// On CUDA a training's step is recorded once and replayed: the same bits as step by step.
#include <functional>

#include <doctest/doctest.h>

#include "engine/cuda_on_host/schedule.h"
#include "engine/repeated_work.h"
#include "nets/dann.h"
#include "tests/engine/run_together.h"
#include "tests/kernels/tensors.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

constexpr int64_t side = 20;

LabelledFrames images(int64_t frames, uint64_t seed) {
  LabelledFrames set;
  std::vector<int16_t> pixels;
  for (int64_t n = 0; n < frames; ++n) {
    Random random(seed, uint64_t(n));
    for (int64_t i = 0; i < side * side; ++i)
      pixels.push_back(int16_t(300 * random.normal() + (i % 7 == 0 ? 900 * double(n % 3) : 0)));
    set.classes.push_back(FrameClass(n % 3));
    set.ids.push_back(seed * 1000 + uint64_t(n));
  }
  set.x = Tensor::of<int16_t>({frames, side, side}, pixels);
  return set;
}

/// Everything that a step leaves behind: weights, running statistics, moments and losses.
std::vector<std::vector<float>> left_by(Model model) {
  std::vector<std::vector<float>> all;
  model.network.visit(
      [&](const std::string&, Tensor& tensor, Role) { all.push_back(tensor.values<float>()); });
  for (const auto& [name, tensor] : model.optimizer_state)
    if (tensor.dtype() == DType::f32) all.push_back(tensor.values<float>());
  for (const EpochRecord& epoch : model.history)
    all.push_back({float(epoch.training_loss), float(epoch.validation_loss)});
  return all;
}

/// `training` has this many steps in all; all but the first are graphs.
void check_replayed([[maybe_unused]] int64_t steps, const std::function<Model()>& training) {
  if (!available(Device::cuda)) return;
  const emu::ScheduleScope restore;
  const auto expected = [&] {
    const NotRecorded scope;
    const int64_t before = emu::graph_launches();
    const auto all = left_by(training());
    CHECK(emu::graph_launches() == before);
    return all;
  }();
  for (const bool deferred : {false, true}) {
    emu::set_async(deferred);
    [[maybe_unused]] const int64_t before = emu::graph_launches();
    CHECK(left_by(training()) == expected);
#ifdef HITSIEVE_EMULATOR
    CHECK(emu::graph_launches() - before == steps - 1);
#endif
  }
}

}  // namespace

TEST_CASE("recorded training: the 1D network with dropout") {
  check_replayed(2 * 4, [] {
    TrainOptions options;
    options.device = Device::cuda;
    options.settings.epochs = 2, options.settings.batch = 6;
    REQUIRE(options.network.classifier.dropout > 0);
    return train(synthetic_vectors(26, 1), synthetic_vectors(6, 2), options);
  });
}

TEST_CASE("recorded training: a 2D network with dropout, its images turned") {
  check_replayed(2 * 3, [] {
    TrainOptions options = method_options("cnn");
    options.device = Device::cuda;
    options.preprocessing.crop = int(side) + 4;
    options.network.blocks.resize(2);
    options.network.blocks[1].dropout = 0.1;
    options.settings.epochs = 2, options.settings.batch = 4;
    return train(images(12, 1), images(6, 2), options);
  });
}

TEST_CASE("recorded training: transfer, whose second step trains more layers than the first") {
  TrainOptions options;
  options.device = Device::cuda;
  options.settings.epochs = 1, options.settings.batch = 6;
  if (!available(Device::cuda)) return;
  const Model base = train(synthetic_vectors(12, 1), synthetic_vectors(6, 2), options);
  check_replayed(2 * 3 + 1, [&] {  // two recordings
    TransferOptions transferring(base.network.options());
    transferring.device = Device::cuda, transferring.preprocessing = base.preprocessing;
    transferring.unfrozen = 1;
    for (TrainingSettings* settings : {&transferring.settings, &transferring.fine_tuning})
      settings->epochs = 1, settings->batch = 6;
    return transfer(base, synthetic_vectors(24, 3), synthetic_vectors(6, 4), transferring);
  });
}

TEST_CASE("recorded training: a DANN, whose lambda changes from step to step") {
  for (const int dimensions : {1, 2})
    check_replayed(2 * 3, [&] {
      DannOptions options(dimensions);
      options.device = Device::cuda;
      options.settings.epochs = 2, options.settings.batch = 8, options.stop.window = 1000;
      options.domain.dropout = 0.1;
      if (dimensions == 1)
        return train_dann(synthetic_vectors(12, 1), synthetic_vectors(6, 2),
                          synthetic_vectors(9, 3), options);
      options.preprocessing.crop = int(side) + 4;
      options.network.blocks.resize(2);
      return train_dann(images(12, 1), images(6, 2), images(9, 3), options);
    });
}

TEST_CASE("recorded training: with other processes, whose sums are the host's, it is not") {
  if (!available(Device::cuda)) return;
  const int64_t before = emu::graph_launches();
  run_together(1, [](const Communicator& together) {
    TrainOptions options;
    options.device = Device::cuda, options.together = &together;
    options.settings.epochs = 1, options.settings.batch = 6;
    train(synthetic_vectors(24, 1), synthetic_vectors(6, 2), options);
  });
  CHECK(emu::graph_launches() == before);
}
