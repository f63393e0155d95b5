// Training of the 1D network on row-wise decomposition vectors with few labels.
#pragma once
#include <functional>
#include <string>

#include "nets/examples.h"
#include "nets/model.h"

namespace hitsieve {

/// The network of the RWD method.
ConvNetOptions rwd_network();

struct TrainOptions {
  uint64_t seed = 1;
  TrainingSettings settings;
  double min_recall = 0.95;     ///< see choose_threshold
  Preprocessing preprocessing;  ///< that the vectors were made with; goes into the model
  std::string frames_source, label_source, mask;  ///< in words, for the model file
  Device device = Device::cpu;
  /// Called after each epoch; may throw to stop the training.
  std::function<void(const EpochRecord& record, int64_t epochs)> progress;
};

/// The model of the epoch that did best on `validation`, calibrated, with its threshold. The same
/// input and seed give the same model, bit for bit, on the CPU. Errors: see check_examples.
Model train_rwd(const LabelledVectors& train, const LabelledVectors& validation,
                const TrainOptions& options);

}  // namespace hitsieve
