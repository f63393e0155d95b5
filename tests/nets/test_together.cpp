// Training by several processes: threads stand for them here.
#include <functional>
#include <optional>

#include <doctest/doctest.h>

#include "nets/dann.h"
#include "nets/screener.h"
#include "tests/engine/run_together.h"
#include "tests/kernels/tensors.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

using Train = std::function<Model(const Communicator* together)>;

std::vector<Model> by_processes(int count, const Train& train) {
  std::vector<std::optional<Model>> models(static_cast<size_t>(count));
  run_together(count, [&](const Communicator& together) {
    models[size_t(together.rank())] = train(&together);
  });
  std::vector<Model> all;
  for (auto& model : models) all.push_back(std::move(*model));
  return all;
}

/// All have the same bits; in training their losses are those of one process up to `tolerance`. In
/// inference they are less alike: a bias before batch norm does nothing there, so that Adam makes
/// whole steps of its rounding, and the running means lag behind it.
void check_same_model(int count, double tolerance, const LabelledFrames& test, const Train& train) {
  constexpr double in_inference = 1e-4;
  const Model alone = train(nullptr);
  std::vector<Model> models = by_processes(count, train);
  const auto log_odds = [&](const Model& model) { return Screener(model).log_odds(test.x); };
  const Shape shape{test.x.shape()[0]};
  for (Model& model : models) {
    REQUIRE(model.history.size() == alone.history.size());
    for (size_t epoch = 0; epoch < alone.history.size(); ++epoch) {
      const EpochRecord &own = model.history[epoch], &expected = alone.history[epoch];
      CAPTURE(epoch);
      CHECK(own.training_loss == doctest::Approx(expected.training_loss).epsilon(tolerance));
      CHECK(own.validation_loss == doctest::Approx(expected.validation_loss).epsilon(in_inference));
      CHECK(own.domain_loss == doctest::Approx(expected.domain_loss).epsilon(in_inference));
    }
    check_close<float>(Tensor::of<float>(shape, log_odds(model)),
                       Tensor::of<float>(shape, log_odds(alone)), in_inference);
    std::vector<Tensor> first;
    models[0].network.visit([&](auto&, Tensor& tensor, Role) { first.push_back(tensor); });
    size_t i = 0;
    model.network.visit([&](const std::string& name, Tensor& tensor, Role) {
      CAPTURE(name);
      CHECK(tensor.values<float>() == first[i++].values<float>());
    });
    CHECK(model.threshold == models[0].threshold);
  }
}

LabelledFrames images(int64_t frames, uint64_t seed) {
  constexpr int64_t side = 48;
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

}  // namespace

TEST_CASE("training together: 1D, 2D with dropout, and transfer give the model of one process") {
  check_same_model(3, 1e-5, synthetic_vectors(20, 9), [](const Communicator* together) {
    TrainOptions options;
    options.settings.epochs = 3, options.together = together;
    return train(synthetic_vectors(96, 1), synthetic_vectors(31, 2), options);
  });
  Model base = [] {
    TrainOptions options = method_options("cnn");
    options.preprocessing.crop = 48 + 4, options.settings.epochs = 3;
    return train(images(48, 1), images(24, 2), options);
  }();
  check_same_model(2, 1e-5, images(20, 9), [&](const Communicator* together) {
    TransferOptions options(base.network.options());
    options.preprocessing = base.preprocessing;
    options.settings.epochs = options.fine_tuning.epochs = 2, options.together = together;
    return transfer(base, images(48, 3), images(24, 4), options);
  });
}

TEST_CASE("training together: a DANN, its target's frames guessed by all") {
  const auto dann = [](int64_t epochs) {
    return [epochs](const Communicator* together) {
      DannOptions options(1);
      options.settings.epochs = epochs, options.stop.window = 1000, options.together = together;
      options.network.classifier.dropout = 0;  // whose masks go by the rows of a batch
      return train_dann(synthetic_vectors(60, 1), synthetic_vectors(30, 2),
                        synthetic_vectors(61, 3), options);
    };
  };
  check_same_model(2, 1e-5, synthetic_vectors(20, 9), dann(1));
  // Then by guesses, of which a close one may fall otherwise.
  check_same_model(2, 2e-2, synthetic_vectors(20, 9), dann(3));
}

TEST_CASE("training together: more processes than frames in a batch are refused") {
  run_together(3, [](const Communicator& together) {
    TrainOptions options;
    options.settings.batch = 2, options.together = &together;
    CHECK_THROWS_WITH_AS(train(synthetic_vectors(30, 1), synthetic_vectors(15, 2), options),
                         doctest::Contains("start fewer"), Error);
  });
}
