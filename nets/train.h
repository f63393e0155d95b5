// The supervised methods: training from scratch, and transfer of a trained base.
//   rwd       a 1D network on row-wise decomposition vectors; 200 labels are enough
//   cnn       the 2D network of Ke et al. 2018 on normalised images; wants more
//   transfer  the base of another model, a fresh classifier, 200 labels (Fig. 3 of the paper)
// Domain-adversarial training, which needs no label of the target, is in nets/dann.h.
#pragma once
#include <functional>
#include <string>

#include "nets/examples.h"
#include "nets/model.h"

namespace hitsieve {

/// The network of the RWD method.
ConvNetOptions rwd_network();
/// The published 2D base (Ke et al. 2018: 28.6 M multiply-adds for 720 x 720), with the dropout and
/// the two fully connected layers of the paper.
ConvNetOptions cnn_network();

struct TrainOptions {
  std::string method = "rwd";
  ConvNetOptions network = rwd_network();  ///< its length is the frames'
  TrainingSettings settings;
  uint64_t seed = 1;
  double min_recall = 0.95;     ///< see choose_threshold
  Preprocessing preprocessing;  ///< that the frames were made with; goes into the model
  std::string frames_source, label_source, mask;  ///< in words, for the model file
  Device device = Device::cpu;
  /// Called after each epoch; may throw to stop the training.
  std::function<void(const EpochRecord& record, int64_t epochs)> progress;
  /// The processes that train together, all by the same call with the same frames; null: alone.
  const Communicator* together = nullptr;
};

/// With the network and the settings of a method: "rwd" or "cnn".
TrainOptions method_options(const std::string& method);

/// The model of the epoch that did best on `validation`, calibrated, with its threshold. The same
/// input and seed give the same model, bit for bit, on the CPU. Errors: see check_examples.
Model train(const LabelledFrames& training, const LabelledFrames& validation,
            const TrainOptions& options);

struct TransferOptions : TrainOptions {
  explicit TransferOptions(const ConvNetOptions& network_of_base);
  TrainingSettings fine_tuning;  ///< of the second step
  int64_t unfrozen = 2;          ///< top blocks that the second step trains
};

/// Step 1: the base of `base` frozen, its batch norm statistics too, and a fresh classifier trained
/// on it. Step 2: the top blocks trained as well. The best epoch of both is kept. The model
/// remembers the frames that `base` was trained on as its own. The preprocessing is the base's.
Model transfer(const Model& base, const LabelledFrames& training, const LabelledFrames& validation,
               const TransferOptions& options);

/// What every method ends with: calibration and threshold from the validation frames, and how it
/// came to be.
void finish(Model& model, const LabelledFrames& training, const LabelledFrames& validation,
            const TrainOptions& options);

}  // namespace hitsieve
