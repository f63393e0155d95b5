#include "nets/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/repeated_work.h"
#include "engine/tape.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/calibration.h"
#include "nets/optimizer.h"

namespace hitsieve {
namespace {

/// Frames at a time in inference: enough to keep the threads busy, few enough for the activations
/// of large images.
constexpr int64_t inference_batch = 32;

/// The steps of a training. A GPU is not waited for within an epoch, and replays the step that it
/// was told (engine/repeated_work.h): one() is not called for every step.
class Steps {
 public:
  Steps(ConvNet& network, const Examples& examples, const TrainingSettings& settings, uint64_t seed,
        const Communicator* together)
      : network_(network),
        examples_(examples),
        settings_(settings),
        mode_{.training = true,
              .seed = seed,
              .offset = 0,
              .before = Tensor::zeros({}, DType::f64, examples.device()),
              .together = together,
              .share = share_of_batch(settings.batch, together)},
        draws_(examples, mode_.share, settings.augmentation),
        mean_(examples.device()),
        optimizer_(network.parameters(),
                   AdamOptions{.learning_rate = 0, .weight_decay = settings.weight_decay}),
        step_(examples.device()) {}

  /// One pass over as many batches as the examples fill; returns the mean loss.
  double epoch(int64_t epoch) {
    const int64_t steps = std::max<int64_t>(1, examples_.size() / settings_.batch);
    Random random(mode_.seed, stream_of(StreamUse::batches) + uint64_t(epoch));
    std::vector<double> numbers;
    for (int64_t step = 0; step < steps; ++step) {
      draws_.draw(random);
      const double progress = double(epoch * steps + step) / double(settings_.epochs * steps);
      const auto of_step = optimizer_.begin_step(settings_.learning_rate * one_cycle(progress));
      numbers.insert(numbers.end(), of_step.begin(), of_step.end());
    }
    draws_.finish();
    numbers_.bring<double>({3}, numbers, examples_.device());
    for (int64_t step = 0; step < steps; ++step) {
      draws_.load(step), numbers_.load(step);
      step_([this] { one(); }, !mode_.together);  // sums over processes may take the host
    }
    return mean_.take(steps, mode_);
  }

  std::map<std::string, Tensor> optimizer_state() const { return optimizer_.state(); }

 private:
  void one() {
    const Batch batch = draws_.batch();
    Tape tape;
    const Tensor loss =
        softmax_cross_entropy(network_(batch.x, mode_), batch.classes, {}, BadTargets::nan);
    tape.backward(loss, mode_.share.fraction());
    if (mode_.together) optimizer_.sum_gradients(*mode_.together);
    optimizer_.update(numbers_.now());
    end_step(mode_);
    mean_.add(loss);
  }

  ConvNet& network_;
  const Examples& examples_;
  const TrainingSettings& settings_;
  Mode mode_;
  Draws draws_;
  StepInput numbers_;
  MeanLoss mean_;
  Optimizer optimizer_;
  RepeatedWork step_;  // last: what it replays uses all of these
};

}  // namespace

MeanLoss::MeanLoss(Device device) : sum_(Tensor::zeros({}, DType::f32, device)) {}

void MeanLoss::add(const Tensor& loss) const {
  pick<DeviceOps>(sum_.device()).add_f32(sum_.data<float>(), loss.data<float>(), 1);
}

double MeanLoss::take(int64_t count, const Mode& mode) const {
  std::vector<double> mean = {double(sum_.values<float>()[0]) / double(count) *
                              mode.share.fraction()};
  sum_.fill(0);
  sum(mean, mode.together);
  return mean[0];
}

double one_cycle(double progress) {
  constexpr double rise = 0.15, start = 0.04;
  if (progress < rise) return start + (1 - start) * progress / rise;
  return 0.5 * (1 + std::cos(std::numbers::pi * (progress - rise) / (1 - rise)));
}

Share share_of_batch(int64_t frames, const Communicator* together) {
  check(!together || frames >= together->count(), "training: batches of ", frames, " frames for ",
        together ? together->count() : 1, " processes; start fewer");
  return share_of(frames, together);
}

std::vector<float> predict(const ConvNet& network, const Examples& frames,
                           const Communicator* together) {
  const Share share = share_of(frames.size(), together);
  std::vector<float> z(size_t(share.first), 0.0F);
  for (int64_t first = share.first; first < share.first + share.count; first += inference_batch) {
    const int64_t count = std::min(inference_batch, share.first + share.count - first);
    Mode inference;
    const Tensor logits = network(frames.batch(first, count), inference);
    const std::vector<float> values = logits.values<float>();
    const size_t K = size_t(logits.shape()[1]);
    for (size_t at = 0; at < values.size(); at += K)
      z.push_back(log_odds(std::span(values).subspan(at, K)));
  }
  z.resize(size_t(frames.size()), 0.0F);
  sum(z, together);
  return z;
}

void judge(std::span<const float> log_odds, std::span<const FrameClass> classes,
           EpochRecord& record) {
  for (size_t n = 0; n < log_odds.size(); ++n) {
    const double wrong = is_positive(classes[n]) ? -log_odds[n] : log_odds[n];
    const double loss = std::max(wrong, 0.0) + std::log1p(std::exp(-std::abs(wrong)));
    record.validation_loss += loss / double(log_odds.size());
    record.validation_accuracy += (wrong < 0) / double(log_odds.size());
  }
}

Fit fit(ConvNet& network, const Examples& training, const Examples& validation,
        const TrainingSettings& settings, uint64_t seed, const EpochCallback& progress,
        const Communicator* together) {
  check(settings.epochs > 0 && settings.batch > 1, "training: ", settings.epochs,
        " epochs in batches of ", settings.batch);
  Steps steps(network, training, settings, seed, together);
  Fit result;
  ConvNet best = network;
  double least_loss = std::numeric_limits<double>::infinity();
  for (int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    EpochRecord record{.epoch = epoch};
    record.training_loss = steps.epoch(epoch);
    judge(predict(network, validation, together), validation.classes(), record);
    check(std::isfinite(record.training_loss) && std::isfinite(record.validation_loss),
          "training: the loss of epoch ", epoch + 1, " is no number; lower the learning rate");
    if (3 * (epoch + 1) > 2 * settings.epochs && record.validation_loss <= least_loss) {
      least_loss = record.validation_loss;
      best = network.clone();
      result.kept_epoch = epoch;
    }
    result.history.push_back(record);
    if (progress) progress(record);
  }
  network = best;
  result.optimizer_state = steps.optimizer_state();
  return result;
}

}  // namespace hitsieve
