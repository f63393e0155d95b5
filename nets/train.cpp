#include "nets/train.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/tape.h"
#include "kernels/baseline_scale.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/optimizer.h"
#include "nets/screener.h"

namespace hitsieve {
namespace {

/// One cycle (Smith 2018): a linear rise over the first 15 %, then half a cosine down to zero.
double one_cycle(double progress) {
  constexpr double rise = 0.15, start = 0.04;
  if (progress < rise) return start + (1 - start) * progress / rise;
  return 0.5 * (1 + std::cos(std::numbers::pi * (progress - rise) / (1 - rise)));
}

std::vector<NamedTensor> parameters(ConvNet& network) {
  std::vector<NamedTensor> found;
  network.visit([&](const std::string& name, Tensor& tensor, Role role) {
    if (role == Role::parameter) found.push_back({name, tensor});
  });
  return found;
}

/// Log odds of maybe or hit, a frame each.
std::vector<float> predict(const ConvNet& network, const Tensor& scaled) {
  Mode inference;
  const Tensor logits = network(scaled, inference);
  const std::vector<float> values = logits.values<float>();
  const size_t K = size_t(logits.shape()[1]);
  std::vector<float> z;
  for (size_t at = 0; at < values.size(); at += K)
    z.push_back(log_odds(std::span(values).subspan(at, K)));
  return z;
}

/// Binary cross-entropy and accuracy of maybe-or-hit.
void validate(const ConvNet& network, const Tensor& scaled, std::span<const FrameClass> classes,
              EpochRecord& record) {
  const std::vector<float> z = predict(network, scaled);
  for (size_t n = 0; n < z.size(); ++n) {
    const double wrong = is_positive(classes[n]) ? -z[n] : z[n];
    const double loss = std::max(wrong, 0.0) + std::log1p(std::exp(-std::abs(wrong)));
    record.validation_loss += loss / double(z.size());
    record.validation_accuracy += (wrong < 0) / double(z.size());
  }
}

/// One pass over as many batches as the examples fill; returns the mean loss.
double train_epoch(const ConvNet& network, const Examples& examples, const TrainOptions& options,
                   int64_t epoch, Mode& mode, Optimizer& optimizer) {
  const int64_t steps = std::max<int64_t>(1, examples.size() / options.settings.batch);
  Random random(options.seed, stream_of(StreamUse::batches) + uint64_t(epoch));
  double sum = 0;
  for (int64_t step = 0; step < steps; ++step) {
    const Batch batch = examples.draw(options.settings.batch, options.settings.augmentation, random,
                                      options.device);
    Tape tape;
    const Tensor loss = softmax_cross_entropy(network(batch.x, mode), batch.classes);
    tape.backward(loss);
    const double progress = double(epoch * steps + step) / double(options.settings.epochs * steps);
    optimizer.step(options.settings.learning_rate * one_cycle(progress));
    sum += double(loss.values<float>()[0]);
  }
  return sum / double(steps);
}

}  // namespace

ConvNetOptions rwd_network() {
  return {
      .length = 720,
      .blocks = {{.channels = 8, .kernel = 5, .pool = 3}, {.channels = 16, .kernel = 3, .pool = 1}},
      .readout = Readout::mean,
      .hidden = {},
      .dropout = 0.25,
      .classes = 3};
}

Model train_rwd(const LabelledVectors& train, const LabelledVectors& validation,
                const TrainOptions& options) {
  check_examples(train, "training");
  check_examples(validation, "validation");
  check(options.settings.epochs > 0 && options.settings.batch > 1,
        "training: ", options.settings.epochs, " epochs in batches of ", options.settings.batch);
  const BaselineOptions& baseline = options.preprocessing.baseline;
  const Examples examples(train, baseline);
  const Tensor held_out = baseline_scale(validation.vectors.to(options.device), baseline);
  ConvNetOptions shape = rwd_network();
  shape.length = examples.length();
  ConvNet network(shape, {.seed = options.seed, .stream = 0, .device = options.device});
  Optimizer optimizer(
      parameters(network),
      AdamOptions{.learning_rate = 0, .weight_decay = options.settings.weight_decay});

  Model model(options.preprocessing, network.clone());
  double least_loss = std::numeric_limits<double>::infinity();
  Mode mode{.training = true, .seed = options.seed, .offset = 0};
  for (int64_t epoch = 0; epoch < options.settings.epochs; ++epoch) {
    EpochRecord record{.epoch = epoch};
    record.training_loss = train_epoch(network, examples, options, epoch, mode, optimizer);
    validate(network, held_out, validation.classes, record);
    check(std::isfinite(record.training_loss) && std::isfinite(record.validation_loss),
          "training: the loss of epoch ", epoch + 1, " is no number; lower the learning rate");
    // While the rate is high an epoch is good by luck: the last third competes.
    if (3 * (epoch + 1) > 2 * options.settings.epochs && record.validation_loss <= least_loss) {
      least_loss = record.validation_loss;
      model.network = network.clone();
      model.kept_epoch = epoch;
    }
    model.history.push_back(record);
    if (options.progress) options.progress(record, options.settings.epochs);
  }

  const std::vector<float> z = Screener(model).log_odds(validation.vectors);  // as it will be used
  model.calibration = calibrate(z, validation.classes);
  std::vector<float> scores;
  for (float each : z) scores.push_back(model.calibration.score(each));
  model.threshold = choose_threshold(scores, validation.classes, options.min_recall);
  model.validation = measure(scores, validation.classes, model.threshold);
  model.min_recall = options.min_recall, model.seed = options.seed;
  model.settings = options.settings;
  model.trained_on = train.ids, model.validated_on = validation.ids;
  model.frames_source = options.frames_source, model.label_source = options.label_source;
  model.mask = options.mask;
  model.optimizer_state = optimizer.state();
  return model;
}

}  // namespace hitsieve
