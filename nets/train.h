// Training of the 1D network on row-wise decomposition vectors with few labels.
#pragma once
#include <functional>

#include "nets/model.h"

namespace hitsieve {

/// Frames as the RWD method sees them. `transposed` holds the vectors of the same frames turned by
/// 90 degrees (rows and columns exchanged): physically equal examples, used in training only.
struct LabelledVectors {
  Tensor vectors;     ///< (N, length) f32
  Tensor transposed;  ///< (N, length) f32, or undefined
  std::vector<FrameClass> classes;
  std::vector<uint64_t> ids;  ///< content hashes
};

struct TrainOptions {
  uint64_t seed = 1;
  double min_recall = 0.95;
  Preprocessing preprocessing;  ///< that the vectors were made with; goes into the model
  std::string frames_source, label_source;
  Device device = Device::cpu;
  /// Called after each epoch; may throw to stop the training.
  std::function<void(const EpochRecord& record, int64_t epochs)> progress;
};

/// The model of the epoch that did best on `validate`, calibrated, with its threshold. The same
/// input and seed give the same model, bit for bit, on the CPU. Error when a class is missing in
/// either set, or a vector is not finite.
Model train_rwd(const LabelledVectors& train, const LabelledVectors& validate,
                const TrainOptions& options);

}  // namespace hitsieve
