// The training loop: the parameters of a network that are not frozen, fitted to labelled frames,
// and the epoch kept that did best on others.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "nets/conv_net.h"
#include "nets/examples.h"

namespace hitsieve {

/// One epoch, as training reports it and the model file keeps it.
struct EpochRecord {
  int64_t epoch = 0;
  double training_loss = 0, validation_loss = 0, validation_accuracy = 0;
  double domain_loss = 0, domain_accuracy = 0;  ///< in validation, of a domain classifier if any
};

/// How a network is trained.
struct TrainingSettings {
  int64_t epochs = 120, batch = 32;
  double learning_rate = 1e-2, weight_decay = 1e-3;  ///< Adam's, at the top of one cycle
  AugmentOptions augmentation;
};

/// Called after each epoch; may throw to stop the training.
using EpochCallback = std::function<void(const EpochRecord& record)>;

struct Fit {
  std::vector<EpochRecord> history;
  int64_t kept_epoch = 0;
  std::map<std::string, Tensor> optimizer_state;  ///< after the last epoch
};

/// Leaves `network` as it was after the epoch of least validation loss among the last third: while
/// the learning rate is high an epoch is good by luck. The same input and seed give the same bits
/// on the CPU, for any number of threads; several processes come to the same up to rounding, each
/// taking its part of every batch. Error when the loss is no number.
Fit fit(ConvNet& network, const Examples& training, const Examples& validation,
        const TrainingSettings& settings, uint64_t seed, const EpochCallback& progress,
        const Communicator* together = nullptr);

/// The mean of losses, one element f32 each, summed where they are.
class MeanLoss {
 public:
  explicit MeanLoss(Device device);
  void add(const Tensor& loss) const;
  /// Of so many that were added since the last call, over all processes; waits for the device.
  double take(int64_t count, const Mode& mode) const;

 private:
  Tensor sum_;
};

/// The part of a batch that this process takes. Error when there are too few frames for all.
Share share_of_batch(int64_t frames, const Communicator* together);

/// Log odds of maybe or hit, a frame each, in inference; each process works out a part of them.
std::vector<float> predict(const ConvNet& network, const Examples& frames,
                           const Communicator* together = nullptr);

/// Loss (binary cross-entropy) and accuracy of maybe-or-hit from log odds.
void judge(std::span<const float> log_odds, std::span<const FrameClass> classes,
           EpochRecord& record);

/// One cycle (Smith 2018) at `progress` in [0, 1]: a linear rise over the first 15 %, then half a
/// cosine down to zero.
double one_cycle(double progress);

}  // namespace hitsieve
