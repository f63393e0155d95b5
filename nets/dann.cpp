#include "nets/dann.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/repeated_work.h"
#include "engine/tape.h"
#include "kernels/first_rows.h"
#include "kernels/gradient_reversal.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/mean_weights.h"
#include "nets/optimizer.h"

namespace hitsieve {
namespace {

/// Half of the batch is the source's (0), half the target's (1).
Tensor domain_labels(int64_t half, Device device) {
  std::vector<int32_t> domains(size_t(half), 0);
  domains.resize(size_t(2 * half), 1);
  return Tensor::of<int32_t>({2 * half}, domains, device);
}

/// a's rows, then b's; of inputs, off the tape.
Tensor joined(const Tensor& a, const Tensor& b) {
  const int64_t N = a.shape()[0] + b.shape()[0], side = a.shape()[1];
  const Tensor y(a.shape().rank() == 3 ? Shape{N, side, side} : Shape{N, side}, DType::f32,
                 a.device());
  const DeviceOps& ops = pick<DeviceOps>(a.device());
  ops.copy(y.data<float>(), a.data<float>(), size_t(a.count()) * sizeof(float));
  ops.copy(y.data<float>() + a.count(), b.data<float>(), size_t(b.count()) * sizeof(float));
  return y;
}

/// body(first, count) for a part, few frames at a time.
template <class Body>
void for_batches(Share share, const Body& body) {
  constexpr int64_t batch = 16;
  const int64_t end = share.first + share.count;
  for (int64_t first = share.first; first < end; first += batch)
    body(first, std::min(batch, end - first));
}

class Dann {
 public:
  Dann(const LabelledFrames& source, const LabelledFrames& validation, const LabelledFrames& target,
       const DannOptions& options)
      : options_(options),
        source_(source, options.preprocessing.baseline, options.device),
        validation_(validation, options.preprocessing.baseline, options.device),
        target_(target, options.preprocessing.baseline, options.device),
        network_(shape(), initializer()),
        domain_init_{.seed = options.seed, .stream = 1 << 20, .device = options.device},
        domain_(network_.options().features(), options.domain, domain_init_),
        optimizer_(parameters(),
                   AdamOptions{.learning_rate = 0, .weight_decay = options.settings.weight_decay}),
        mode_{.training = true,
              .seed = options.seed,
              .offset = 0,
              .before = Tensor::zeros({}, DType::f64, options.device),
              .together = options.together,
              .share = share_of_batch(options.settings.batch / 2, options.together)},
        draws_{Draws(source_, mode_.share, options.settings.augmentation),
               Draws(target_, mode_.share, options.settings.augmentation)},
        domains_(domain_labels(mode_.share.count, options.device)),
        mean_loss_(options.device),
        before_(network_),
        last_(network_),
        step_(options.device) {}

  Fit run() {
    Fit result;
    const int64_t epochs = options_.settings.epochs;
    for (int64_t epoch = 0; epoch < epochs; ++epoch) {
      EpochRecord record{.epoch = epoch};
      before_.clear(), before_.add(last_), last_.clear();
      train_epoch(record);
      validate(record);
      check(std::isfinite(record.training_loss) && std::isfinite(record.validation_loss) &&
                std::isfinite(record.domain_loss),
            "training: the loss of epoch ", epoch + 1, " is no number; lower the learning rate");
      result.history.push_back(record);
      result.kept_epoch = epoch;
      if (options_.progress) options_.progress(record, epochs);
      if (2 * (epoch + 1) > epochs && is_trained(result.history, options_.stop)) break;
    }
    result.optimizer_state = optimizer_.state();
    last_.add(before_);
    last_.store(network_);
    settle_statistics();
    return result;
  }

  const ConvNet& network() const { return network_; }

 private:
  ConvNetOptions shape() const {
    ConvNetOptions shape = options_.network;
    shape.length = options_.preprocessing.length();
    return shape;
  }
  Initializer initializer() const {
    return {.seed = options_.seed, .stream = 0, .device = options_.device};
  }
  std::vector<NamedTensor> parameters() {
    std::vector<NamedTensor> all = network_.parameters();
    domain_.visit("domain", [&](const std::string& name, Tensor& tensor, Role) {
      all.push_back({name, tensor});
    });
    return all;
  }

  /// The target's frames are drawn by the classes that the network guesses, as the source's are by
  /// their labels, so that the domains' shares of hits do not tell them apart (Jiang et al. 2020,
  /// "Implicit class-conditioned domain alignment"). Before the first epoch all are alike.
  void guess_target(int64_t epoch) {
    const int64_t total = epoch > 0 ? target_.size() : 0;
    std::vector<float> guessed(size_t(target_.size()));  // each process fills in its part
    for_batches(share_of(total, options_.together), [&](int64_t first, int64_t count) {
      Mode inference;
      const Tensor logits = network_(target_.batch(first, count), inference);
      const std::vector<float> y = logits.values<float>();
      const int64_t K = logits.shape()[1];
      for (int64_t i = 0; i < count; ++i) {
        const auto row = y.begin() + i * K;
        guessed[size_t(first + i)] = float(std::max_element(row, row + K) - row);
      }
    });
    sum(guessed, options_.together);
    std::vector<FrameClass> guesses;
    for (float guess : guessed) guesses.push_back(FrameClass(guess));
    target_.relabel(guesses);
  }

  /// Batches, half of each the source's and half the target's; this process's shares.
  struct DrawsOfBoth {
    Draws source, target;

    void draw(int64_t steps, Random random) {
      for (int64_t step = 0; step < steps; ++step) source.draw(random), target.draw(random);
      source.finish(), target.finish();
    }
    void load(int64_t step) { source.load(step), target.load(step); }
  };

  /// The running statistics of batch norm follow the weights, which have just been replaced.
  void settle_statistics() {
    constexpr int64_t steps = 60;  // with a momentum of 0.1 nothing is left of those before
    draws_.draw(steps, Random(options_.seed, stream_of(StreamUse::batches) + (uint64_t(1) << 40)));
    for (int64_t step = 0; step < steps; ++step) {
      draws_.load(step);
      network_.features(joined(draws_.source.batch().x, draws_.target.batch().x), mode_);
    }
  }

  void train_epoch(EpochRecord& record) {
    guess_target(record.epoch);
    const int64_t steps = std::max<int64_t>(1, source_.size() / mode_.share.of);
    draws_.draw(steps,
                Random(options_.seed, stream_of(StreamUse::batches) + uint64_t(record.epoch)));
    std::vector<double> numbers, lambdas;
    for (int64_t step = 0; step < steps; ++step) {
      const double progress =
          double(record.epoch * steps + step) / double(options_.settings.epochs * steps);
      const auto of_step =
          optimizer_.begin_step(dann_learning_rate(options_.settings.learning_rate, progress));
      numbers.insert(numbers.end(), of_step.begin(), of_step.end());
      lambdas.push_back(options_.lambda * dann_lambda(progress));
    }
    numbers_.bring<double>({3}, numbers, options_.device);
    lambda_.bring<double>({1}, lambdas, options_.device);
    for (int64_t step = 0; step < steps; ++step) {
      draws_.load(step), numbers_.load(step), lambda_.load(step);
      step_([this] { train_step(); }, !options_.together);
      last_.count();
    }
    record.training_loss = mean_loss_.take(steps, mode_);
  }

  /// Replayed on a GPU, as that of fit.cpp is.
  void train_step() {
    const Batch source = draws_.source.batch();
    const Tensor both = joined(source.x, draws_.target.batch().x);
    Tape tape;
    const Tensor features = network_.features(both, mode_);
    const Tensor logits = network_.classify(first_rows(features, mode_.share.count), mode_);
    const Tensor loss = softmax_cross_entropy(logits, source.classes, {}, BadTargets::nan);
    const Tensor guesses = domain_(gradient_reversal(features, lambda_.now()), mode_);
    tape.backward({loss, softmax_cross_entropy(guesses, domains_, {}, BadTargets::nan)},
                  mode_.share.fraction());
    if (options_.together) optimizer_.sum_gradients(*options_.together);
    optimizer_.update(numbers_.now());
    end_step(mode_);
    last_.add(network_);
    mean_loss_.add(loss);
  }

  /// Adds this domain's half of the domain loss and accuracy.
  void validate_domain(const Examples& frames, int32_t domain, EpochRecord& record) {
    const int64_t total = std::min<int64_t>(frames.size(), 400);
    std::vector<double> sums(2);
    for_batches(share_of(total, options_.together), [&](int64_t first, int64_t count) {
      Mode inference;
      const Tensor x = frames.batch(first, count);
      const std::vector<float> y =
          domain_(network_.features(x, inference), inference).values<float>();
      for (size_t i = 0; i < y.size(); i += 2) {
        const double wrong = double(y[i + size_t(1 - domain)]) - double(y[i + size_t(domain)]);
        sums[0] += std::max(wrong, 0.0) + std::log1p(std::exp(-std::abs(wrong)));
        sums[1] += wrong < 0;
      }
    });
    sum(sums, options_.together);
    record.domain_loss += 0.5 * sums[0] / double(total);
    record.domain_accuracy += 0.5 * sums[1] / double(total);
  }

  void validate(EpochRecord& record) {
    judge(predict(network_, validation_, options_.together), validation_.classes(), record);
    validate_domain(validation_, 0, record);
    validate_domain(target_, 1, record);
  }

  const DannOptions& options_;
  Examples source_, validation_, target_;
  ConvNet network_;
  Initializer domain_init_;
  Classifier domain_;
  Optimizer optimizer_;
  Mode mode_;
  DrawsOfBoth draws_;
  StepInput numbers_, lambda_;
  Tensor domains_;
  MeanLoss mean_loss_;
  MeanWeights before_, last_;  // of the last two epochs
  RepeatedWork step_;          // last: what it replays uses all of these
};

}  // namespace

DannOptions::DannOptions(int dimensions)
    : TrainOptions(method_options(dimensions == 1 ? "rwd" : "cnn")) {
  method = "dann";
  settings.epochs = dimensions == 1 ? 60 : 12;
  settings.batch = 32;
  settings.learning_rate = 0.01;
  min_recall = 0.99;
  if (dimensions == 2) lambda = 0.3;
}

Model train_dann(const LabelledFrames& source, const LabelledFrames& validation,
                 const LabelledFrames& target, const DannOptions& options) {
  check_examples(source, "source");
  check_examples(validation, "validation");
  check(target.x.shape().rank() == source.x.shape().rank() &&
            target.x.shape()[1] == source.x.shape()[1] && target.x.dtype() == source.x.dtype(),
        "training: the target's frames are ", target.x.dtype(), " ", target.x.shape(),
        ", the source's ", source.x.dtype(), " ", source.x.shape());
  check(target.x.shape()[0] > 0, "training: the target has no frames");
  Dann dann(source, validation, target, options);
  const Fit fitted = dann.run();
  Model model(options.preprocessing, dann.network());
  finish(model, source, validation, options);
  model.method = "dann", model.history = fitted.history;
  model.kept_epoch = fitted.kept_epoch, model.optimizer_state = fitted.optimizer_state;
  model.method_settings = {{"lambda", options.lambda},
                           {"stop/window", double(options.stop.window)},
                           {"stop/plateau", options.stop.plateau},
                           {"stop/oscillation", options.stop.oscillation}};
  return model;
}

}  // namespace hitsieve
