// What `train` does between its command line and its model file.
#pragma once
#include <cstdint>
#include <functional>

#include "apps/train.h"

namespace hitsieve {

struct Training {
  std::function<Model()> fit;  ///< trains, in step with the other processes if there are any
  uint64_t seen;               ///< a number for the frames that were read
};

/// Reads all that there is to read: frames, labels, a base.
Training prepare_training(const TrainCommand& command);

}  // namespace hitsieve
