#include <doctest/doctest.h>

#include "engine/checkpoint.h"
#include "nets/model.h"
#include "nets/train.h"
#include "tests/nets/synthetic.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("model: all that was saved comes back") {
  const TemporaryFolder folder;
  TrainOptions options;
  options.settings.epochs = 2, options.seed = ~0ull, options.min_recall = 0.9;
  options.frames_source = "ln84.cxi", options.label_source = "ln84.cxi:/entry_1/labels";
  Model model = train(synthetic_vectors(30, 1), synthetic_vectors(30, 2), options);
  model.save(folder / "m.h5", false);
  Model back = Model::load(folder / "m.h5");
  CHECK(back.seed == ~0ull);
  CHECK(back.threshold == model.threshold);
  CHECK(back.min_recall == 0.9);
  CHECK(back.calibration.slope == model.calibration.slope);
  CHECK(back.trained_on == model.trained_on);
  CHECK(back.validated_on == model.validated_on);
  CHECK(back.label_source == "ln84.cxi:/entry_1/labels");
  CHECK(back.history.size() == 2);
  CHECK(back.history[1].validation_loss == model.history[1].validation_loss);
  CHECK(back.validation.by_class == model.validation.by_class);
  CHECK(back.optimizer_state.at("steps").values<double>()[0] > 0);
  CHECK(back.preprocessing.crop == 724);
  CHECK(back.written_by == version());
  back.save(folder / "again.h5", false);  // loading loses nothing
  CHECK(file_content(folder / "again.h5") == file_content(folder / "m.h5"));
}

TEST_CASE("model: preprocessing, network and training come back, whatever they are") {
  const TemporaryFolder folder;
  Preprocessing how;
  how.crop = 90;
  how.lcn = {.window = 7,
             .kind = Window::gaussian,
             .floor = Floor::mean_deviation,
             .floor_factor = 2.5,
             .sigma = 1.25};
  how.baseline = {.reach = 11, .step = 5};
  how.noise = {.reach = 9, .step = 7, .quantile = 0.75, .knee = 1.5};
  const ConvNetOptions shape{.length = how.length(),
                             .blocks = {{.channels = 3,
                                         .kernel = 7,
                                         .stride = 2,
                                         .pool = 4,
                                         .pool_stride = 3,
                                         .dropout = 0.125}},
                             .readout = Readout::flatten,
                             .classifier = {.hidden = {6, 4}, .dropout = 0.5, .classes = 2}};
  Model model(how, ConvNet(shape, {.seed = 3}));
  model.calibration = {0.75, -1.5}, model.threshold = 0.125, model.kept_epoch = 17;
  model.settings = {.epochs = 9,
                    .batch = 5,
                    .learning_rate = 0.25,
                    .weight_decay = 0.5,
                    .augmentation = {.reverse = 0.75, .shift = 3, .turn = false}};
  model.method_settings = {{"lambda", 0.5}, {"stop/window", 4}};
  model.frames_source = "a.cxi", model.label_source = "b.txt", model.mask = "c.h5";
  model.history = {{4, 1.5, 2.5, 0.5, 0.75, 0.25}};
  model.save(folder / "m.h5", false);
  Model back = Model::load(folder / "m.h5");
  CHECK(back.preprocessing.crop == 90);
  CHECK(back.preprocessing.lcn.window == 7);
  CHECK(back.preprocessing.lcn.kind == Window::gaussian);
  CHECK(back.preprocessing.lcn.floor == Floor::mean_deviation);
  CHECK(back.preprocessing.lcn.floor_factor == 2.5);
  CHECK(back.preprocessing.lcn.sigma == 1.25);
  CHECK(back.preprocessing.baseline.reach == 11);
  CHECK(back.preprocessing.baseline.step == 5);
  CHECK(back.preprocessing.noise.reach == 9);
  CHECK(back.preprocessing.noise.step == 7);
  CHECK(back.preprocessing.noise.quantile == 0.75);
  CHECK(back.preprocessing.noise.knee == 1.5);
  CHECK(back.method_settings == model.method_settings);
  CHECK(back.network.options() == shape);
  CHECK(back.calibration.slope == 0.75);
  CHECK(back.calibration.offset == -1.5);
  CHECK(back.threshold == 0.125);
  CHECK(back.kept_epoch == 17);
  CHECK(back.settings.epochs == 9);
  CHECK(back.settings.batch == 5);
  CHECK(back.settings.learning_rate == 0.25);
  CHECK(back.settings.weight_decay == 0.5);
  CHECK(back.settings.augmentation.reverse == 0.75);
  CHECK(back.settings.augmentation.shift == 3);
  CHECK(!back.settings.augmentation.turn);
  CHECK(back.frames_source == "a.cxi");
  CHECK(back.mask == "c.h5");
  REQUIRE(back.history.size() == 1);
  CHECK(back.history[0].epoch == 4);
  CHECK(back.history[0].training_loss == 1.5);
  CHECK(back.history[0].validation_accuracy == 0.5);
  CHECK(back.history[0].domain_loss == 0.75);
  CHECK(back.history[0].domain_accuracy == 0.25);
}

TEST_CASE("model: a file that makes no sense is refused with its name") {
  const TemporaryFolder folder;
  TrainOptions options;
  options.settings.epochs = 1;
  Model model = train(synthetic_vectors(30, 1), synthetic_vectors(30, 2), options);
  model.method = "telepathy";
  model.save(folder / "method.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "method.h5"); }),
                 "\"telepathy\" is not known");
  model.method = "rwd", model.preprocessing.crop = 3;
  model.save(folder / "crop.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "crop.h5"); }), "crop.h5");
  model.preprocessing.crop = 724, model.optimizer_state.clear();
  model.save(folder / "good.h5", false);
  const Checkpoint good = Checkpoint::load(folder / "good.h5", "model");
  const auto changed = [&](const std::string& name, const auto& value) {
    Checkpoint other = good;
    other.set(name, value);
    return error_of([&] { Model::load(other); });
  };
  // Sizes are believed only where the weights are there: no memory for 2^40 of them is asked for.
  CHECK_CONTAINS(changed("network/block/1/channels", 1048576.), "good.h5: tensor \"network/base/1");
  CHECK_CONTAINS(changed("network/block/0/kernel", 1048575.), "good.h5: tensor \"network/base/0");
  CHECK_CONTAINS(changed("network/classes", 1048576.), "good.h5: tensor \"network/classifier");
  CHECK_CONTAINS(changed("network/length", 1.), "good.h5: network: an input of 1 is pooled away");
  CHECK_CONTAINS(changed("history", Tensor::of<float>({1, 6}, std::vector<float>(6))),
                 "good.h5: tensor of float32 read as float64");
  Checkpoint("model").save(folder / "empty.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "empty.h5"); }), "has no text \"method\"");
}
