#include "nets/train.h"

#include <algorithm>

#include "nets/screener.h"

namespace hitsieve {
namespace {

/// Appends the history of a further step, its epochs counted on.
void append(Model& model, const Fit& fitted) {
  const int64_t before = std::ssize(model.history);
  for (EpochRecord record : fitted.history) {
    record.epoch += before;
    model.history.push_back(record);
  }
  model.kept_epoch = before + fitted.kept_epoch;
  model.optimizer_state = fitted.optimizer_state;
}

EpochCallback told(const TrainOptions& options, int64_t before, int64_t epochs) {
  return [=, &options](EpochRecord record) {
    record.epoch += before;
    if (options.progress) options.progress(record, epochs);
  };
}

void check_sizes(const LabelledFrames& frames, const Preprocessing& preprocessing,
                 const char* what) {
  check(frames.x.shape()[1] == preprocessing.length(), what, ": frames of ", frames.x.shape()[1],
        " elements a side, the preprocessing makes ", preprocessing.length());
}

}  // namespace

ConvNetOptions rwd_network() {
  return {.dimensions = 1,
          .length = 720,
          .blocks = {{.channels = 8, .kernel = 5, .stride = 1, .pool = 3, .pool_stride = 3},
                     {.channels = 16, .kernel = 3, .stride = 1, .pool = 1, .pool_stride = 1}},
          .readout = Readout::mean,
          .classifier = {.hidden = {}, .dropout = 0.25, .classes = 3}};
}

ConvNetOptions cnn_network() {
  const auto block = [](int64_t channels, double dropout) {
    return BlockOptions{.channels = channels,
                        .kernel = 3,
                        .stride = 2,
                        .pool = 2,
                        .pool_stride = 2,
                        .dropout = dropout};
  };
  return {.dimensions = 2,
          .length = 720,
          .blocks = {{.channels = 4, .kernel = 7, .stride = 2, .pool = 3, .pool_stride = 2},
                     block(8, 0),
                     block(16, 0.1),
                     block(32, 0.1)},
          .readout = Readout::flatten,
          .classifier = {.hidden = {32}, .dropout = 0.25, .classes = 3}};
}

TrainOptions method_options(const std::string& method) {
  check(method == "rwd" || method == "cnn", "training: method \"", method, "\" is not known here");
  TrainOptions options;
  options.method = method;
  if (method == "rwd") return options;
  options.network = cnn_network();
  options.settings.epochs = 24, options.settings.batch = 16;
  options.settings.learning_rate = 1e-2;
  return options;
}

TransferOptions::TransferOptions(const ConvNetOptions& network_of_base)
    : TrainOptions(method_options(network_of_base.dimensions == 2 ? "cnn" : "rwd")) {
  method = "transfer";
  network = network_of_base;
  settings.learning_rate /= 2;  // the base is good already
  fine_tuning = settings;
  fine_tuning.learning_rate /= 2.5;
}

Model train(const LabelledFrames& training, const LabelledFrames& validation,
            const TrainOptions& options) {
  check_examples(training, "training");
  check_examples(validation, "validation");
  check_sizes(training, options.preprocessing, "training");
  check_sizes(validation, options.preprocessing, "validation");
  ConvNetOptions shape = options.network;
  shape.length = options.preprocessing.length();
  Model model(options.preprocessing,
              ConvNet(shape, {.seed = options.seed, .stream = 0, .device = options.device}));
  model.method = options.method;
  const BaselineOptions& baseline = options.preprocessing.baseline;
  append(model, fit(model.network, Examples(training, baseline, options.device),
                    Examples(validation, baseline, options.device), options.settings, options.seed,
                    told(options, 0, options.settings.epochs), options.together));
  finish(model, training, validation, options);
  return model;
}

Model transfer(const Model& base, const LabelledFrames& training, const LabelledFrames& validation,
               const TransferOptions& options) {
  check_examples(training, "training");
  check_examples(validation, "validation");
  check_sizes(training, base.preprocessing, "training");
  check_sizes(validation, base.preprocessing, "validation");
  Model model(base.preprocessing, base.network.clone());
  model.method = "transfer";
  ConvNet& network = model.network;
  const int64_t blocks = std::ssize(network.blocks());
  network.replace_classifier(options.network.classifier,
                             {.seed = options.seed, .stream = 0, .device = options.device});
  const BaselineOptions& baseline = base.preprocessing.baseline;
  const Examples examples(training, baseline, options.device),
      held_out(validation, baseline, options.device);
  const int64_t epochs = options.settings.epochs + options.fine_tuning.epochs;
  network.freeze(blocks);
  append(model, fit(network, examples, held_out, options.settings, options.seed,
                    told(options, 0, epochs), options.together));
  const ConvNet first = network.clone();
  const int64_t kept = model.kept_epoch;
  network.freeze(std::max<int64_t>(0, blocks - options.unfrozen));
  append(model, fit(network, examples, held_out, options.fine_tuning, options.seed + 1,
                    told(options, options.settings.epochs, epochs), options.together));
  const auto loss = [&](int64_t epoch) { return model.history[size_t(epoch)].validation_loss; };
  if (loss(kept) < loss(model.kept_epoch)) network = first, model.kept_epoch = kept;
  network.freeze(0);
  finish(model, training, validation, options);
  model.method_settings = {{"unfrozen", double(options.unfrozen)},
                           {"second_step/epochs", double(options.fine_tuning.epochs)},
                           {"second_step/batch", double(options.fine_tuning.batch)},
                           {"second_step/learning_rate", options.fine_tuning.learning_rate},
                           {"second_step/weight_decay", options.fine_tuning.weight_decay}};
  for (const auto* seen : {&base.trained_on, &base.validated_on})
    model.trained_on.insert(model.trained_on.end(), seen->begin(), seen->end());
  return model;
}

void finish(Model& model, const LabelledFrames& training, const LabelledFrames& validation,
            const TrainOptions& options) {
  const std::vector<float> z = Screener(model).log_odds(validation.x);  // as it will be used
  model.calibration = calibrate(z, validation.classes);
  std::vector<float> scores;
  for (float each : z) scores.push_back(model.calibration.score(each));
  model.threshold = choose_threshold(scores, validation.classes, options.min_recall);
  model.validation = measure(scores, validation.classes, model.threshold);
  model.min_recall = options.min_recall, model.seed = options.seed;
  model.settings = options.settings;
  model.trained_on = training.ids, model.validated_on = validation.ids;
  model.frames_source = options.frames_source, model.label_source = options.label_source;
  model.mask = options.mask;
}

}  // namespace hitsieve
