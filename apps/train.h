// Labelled frames in, a model file out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "apps/inputs.h"
#include "nets/model.h"

namespace hitsieve {

struct TrainCommand {
  std::string method = "rwd", labels, output;
  InputOptions input;
  int64_t train = 200, validate = 200;
  std::optional<uint64_t> seed;  ///< none: the frames in their order
  double min_recall = 0.95;
  bool overwrite = false;
};

Model train(const TrainCommand& command);

}  // namespace hitsieve
