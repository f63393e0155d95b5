// Labelled frames in, a model file out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/inputs.h"
#include "nets/model.h"

namespace hitsieve {

struct TrainCommand {
  std::string method = "rwd";  ///< rwd, cnn, transfer, dann
  std::string labels, output;
  InputOptions input;
  std::optional<int64_t> train, validate;  ///< none: as usual for the method
  std::optional<uint64_t> seed;            ///< none: the frames in their order
  std::optional<int64_t> epochs;           ///< none: as usual for the method
  std::optional<double> min_recall;        ///< none: as usual for the method
  bool overwrite = false;
  std::string base;                 ///< transfer: the model whose base is taken
  std::vector<std::string> target;  ///< dann: frames without labels
  std::string target_mask;          ///< ... their --mask
  std::string net;                  ///< dann: 1d, or 2d (also when empty)
  std::string device = "cpu";       ///< cpu or cuda
};

Model train(const TrainCommand& command);

}  // namespace hitsieve
