#include <doctest/doctest.h>

#include "nets/train.h"
#include "tests/nets/synthetic.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

Model base_model() {
  TrainOptions options;
  options.settings.epochs = 40;
  return train(synthetic_vectors(120, 1), synthetic_vectors(60, 2), options);
}

TransferOptions quick(const Model& base) {
  TransferOptions options(base.network.options());
  options.settings.epochs = options.fine_tuning.epochs = 4;
  return options;
}

std::vector<float> tensor_of(ConvNet network, const std::string& wanted) {
  std::vector<float> values;
  network.visit([&](const std::string& name, Tensor& tensor, Role) {
    if (name == wanted) values = tensor.values<float>();
  });
  return values;
}

}  // namespace

TEST_CASE("transfer: the first step leaves the base as it was, its statistics too") {
  const Model base = base_model();
  TransferOptions options = quick(base);
  options.unfrozen = 0;  // the second step goes on with the first
  const Model model = transfer(base, synthetic_vectors(30, 3), synthetic_vectors(30, 4), options);
  for (const char* name : {"base/0/conv/weight", "base/1/norm/mean", "base/1/norm/variance"})
    CHECK(tensor_of(model.network, name) == tensor_of(base.network, name));
  CHECK(tensor_of(model.network, "classifier/0/weight") !=
        tensor_of(base.network, "classifier/0/weight"));
  CHECK(model.method == "transfer");
  CHECK(std::ssize(model.history) == 8);
  CHECK(model.history.back().epoch == 7);
}

TEST_CASE("transfer: the second step trains the top blocks alone") {
  const Model base = base_model();
  TransferOptions options = quick(base);
  options.unfrozen = 1, options.fine_tuning.learning_rate = 0.01;
  options.settings.epochs = 1, options.fine_tuning.epochs = 12;
  const Model model = transfer(base, synthetic_vectors(60, 3), synthetic_vectors(60, 4), options);
  CHECK(model.kept_epoch > 0);  // of the second step
  CHECK(tensor_of(model.network, "base/0/conv/weight") ==
        tensor_of(base.network, "base/0/conv/weight"));
  CHECK(tensor_of(model.network, "base/1/conv/weight") !=
        tensor_of(base.network, "base/1/conv/weight"));
}

TEST_CASE("transfer: knows the frames of the base as its own, and the same seed gives the same") {
  const Model base = base_model();
  const LabelledFrames few = synthetic_vectors(30, 3), held_out = synthetic_vectors(30, 4);
  Model first = transfer(base, few, held_out, quick(base));
  Model second = transfer(base, few, held_out, quick(base));
  CHECK(first.trained_on.size() == 30 + 120 + 60);
  CHECK(first.validated_on == held_out.ids);
  CHECK(first.threshold == second.threshold);
  CHECK(tensor_of(first.network, "base/1/conv/weight") ==
        tensor_of(second.network, "base/1/conv/weight"));
  CHECK_THROWS_WITH_AS(
      transfer(base, synthetic_vectors(30, 3, 600), held_out, quick(base)),
      doctest::Contains("frames of 600 elements a side, the preprocessing makes 720"), Error);
}
