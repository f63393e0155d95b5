// A model file of a few kilobytes.
#pragma once
#include "nets/model.h"
#include "tests/temporary_folder.h"

namespace hitsieve::fuzz {

inline Model small_model() {
  Preprocessing how;
  how.crop = 40, how.lcn.window = 5;
  ConvNetOptions options;
  options.length = how.length();
  options.blocks = {{.channels = 2, .kernel = 3}, {.channels = 3, .kernel = 3}};
  options.classifier.hidden = {4};
  return {how, ConvNet(options, {.seed = 4})};
}

inline std::string model_bytes() {
  const TemporaryFolder folder;
  small_model().save(folder / "model.h5", false);
  return file_content(folder / "model.h5");
}

}  // namespace hitsieve::fuzz
