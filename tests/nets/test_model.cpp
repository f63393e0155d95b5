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
  Model model = train_rwd(synthetic_vectors(30, 1), synthetic_vectors(30, 2), options);
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

TEST_CASE("model: a file that makes no sense is refused with its name") {
  const TemporaryFolder folder;
  TrainOptions options;
  options.settings.epochs = 1;
  Model model = train_rwd(synthetic_vectors(30, 1), synthetic_vectors(30, 2), options);
  model.method = "telepathy";
  model.save(folder / "method.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "method.h5"); }),
                 "\"telepathy\" is not known");
  model.method = "rwd", model.preprocessing.crop = 3;
  model.save(folder / "crop.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "crop.h5"); }), "crop.h5");
  Checkpoint("model").save(folder / "empty.h5", false);
  CHECK_CONTAINS(error_of([&] { Model::load(folder / "empty.h5"); }), "has no text \"method\"");
}
