#include "tests/apps/library/model_files.h"

#include "engine/philox.h"
#include "tests/nets/random_model.h"
#include "tests/temporary_folder.h"

namespace {

struct ModelFiles {
  TemporaryFolder folder;
  std::string vectors = folder / "vectors.h5", images = folder / "images.h5";

  ModelFiles() {
    hitsieve::Model model = hitsieve::test::random_model(model_crop);
    model.mask = "none";
    model.save(vectors, true);
    hitsieve::ConvNetOptions options = hitsieve::cnn_network();
    options.length = model.preprocessing.length();
    hitsieve::Model of_images(model.preprocessing, hitsieve::ConvNet(options, {.seed = 6}));
    of_images.method = "cnn", of_images.mask = "given (0 = good)";
    of_images.save(images, true);
  }
};

const ModelFiles& files() {
  static const ModelFiles made;
  return made;
}

}  // namespace

const std::string& model_file() { return files().vectors; }
const std::string& image_model_file() { return files().images; }

std::vector<int> noise(int64_t count, int64_t height, int64_t width) {
  hitsieve::Random random(9);
  std::vector<int> values;
  for (int64_t i = 0; i < count * height * width; ++i)
    values.push_back(int(
        std::min<int64_t>(120, int64_t(random.poisson(20)) + (random.below(500) == 0 ? 90 : 0))));
  return values;
}
