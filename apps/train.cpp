#include "apps/train.h"

#include <charconv>
#include <memory>

#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/decider.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/terminal.h"
#include "data/labels.h"
#include "data/prepare.h"
#include "data/split.h"
#include "engine/parallel.h"
#include "nets/dann.h"

namespace hitsieve {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// "121 miss, 30 maybe, 89 hit" among the frames at `indices`.
std::string class_counts(const Labels& labels, const std::vector<int64_t>& indices) {
  std::array<int64_t, 3> counts{};
  for (int64_t i : indices) ++counts[size_t(labels.of[size_t(i)])];
  return fmt::format("{} miss, {} maybe, {} hit", counts[0], counts[1], counts[2]);
}

/// "" when `value` is a recall that can be aimed at, else what is wrong; the form CLI11 wants.
std::string check_recall(const std::string& value) {
  double recall = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), recall);
  const bool whole = read.ec == std::errc() && read.ptr == value.data() + value.size();
  return whole && recall > 0 && recall <= 1 ? ""
                                            : value + ": expected a number above 0 and at most 1";
}

/// Frames as a network takes them, with what --skip-bad left out said.
PreparedFrames read_frames(const FrameSet& frames, const Preprocessing& preprocessing, bool images,
                           bool skip_bad, const std::string& what) {
  Progress progress("reading the " + what + " frames", frames.size());
  PrepareOptions options;
  options.crop = preprocessing.crop;
  options.lcn = preprocessing.lcn, options.noise = preprocessing.noise;
  options.images = images;
  options.threads = threads();
  options.skip_bad = skip_bad;
  options.progress = [&](int64_t done, int64_t) { progress.update(done); };
  PreparedFrames set = prepare(frames, options);
  progress.finish();
  for (const BadFrame& frame : set.bad) spdlog::warn("{}; skipped", frame.reason);
  return set;
}

/// One training: its frames, labels and split, and what the method makes of them.
class Training {
 public:
  explicit Training(const TrainCommand& command)
      : command_(command),
        frames_(open_frames(command.input)),
        labels_(read_labels(command.labels, frames_)) {}

  Model run() {
    split();
    warn_if_unmasked(frames_);
    if (command_.method == "transfer") return run_transfer();
    if (command_.method == "dann") return run_dann();
    TrainOptions options = method_options(command_.method);
    complete(options);
    return hitsieve::train(labelled(split_.train, options, "training"),
                           labelled(split_.validate, options, "validation"), options);
  }

 private:
  /// How many frames without numbers: a couple of hundred labels where that is the point of the
  /// method; else the shares of the paper, and all of a DANN's source.
  void split() {
    const bool few = command_.method == "rwd" || command_.method == "transfer";
    const int64_t all = frames_.size(), fifth = all / 5;
    const int64_t validate = command_.validate.value_or(few ? 200 : fifth);
    const int64_t rest = command_.method == "dann" ? all - validate : 3 * fifth;
    const int64_t train = command_.train.value_or(few ? 200 : rest);
    split_ = split_frames(all, {train, validate, -1}, command_.seed);
    check_both_classes(labels_, split_.train, "training");
    check_both_classes(labels_, split_.validate, "validation");
    spdlog::info("labels from {}; training: {}; validation: {}", labels_.source,
                 class_counts(labels_, split_.train), class_counts(labels_, split_.validate));
  }

  void complete(TrainOptions& options) {
    options.seed = command_.seed.value_or(options.seed);
    options.min_recall = command_.min_recall.value_or(options.min_recall);
    options.device = device_of(command_.device);
    options.settings.epochs = command_.epochs.value_or(options.settings.epochs);
    options.frames_source = joined(command_.input.paths);
    options.label_source = labels_.source;
    options.mask = mask_in_words(frames_);
    options.progress = [this](const EpochRecord& record, int64_t epochs) {
      if (!progress_) progress_ = std::make_unique<Progress>("training", epochs, "epochs");
      progress_->update(record.epoch + 1);
      spdlog::debug("epoch {}: loss {:.4f}, validation loss {:.4f}, accuracy {:.3f}",
                    record.epoch + 1, record.training_loss, record.validation_loss,
                    record.validation_accuracy);
    };
  }

  LabelledFrames labelled(const std::vector<int64_t>& indices, const TrainOptions& options,
                          const char* what) const {
    PreparedFrames set =
        read_frames(frames_.subset(indices), options.preprocessing, options.network.dimensions == 2,
                    command_.input.skip_bad, what);
    LabelledFrames out{set.x, {}, std::move(set.ids)};
    for (int64_t i : set.indices)
      out.classes.push_back(FrameClass(labels_.of[size_t(indices[size_t(i)])]));
    return out;
  }

  Model run_transfer() {
    const Model base = Model::load(command_.base);
    warn_if_masked_otherwise(frames_, command_.base, base.mask);
    TransferOptions options(base.network.options());
    options.preprocessing = base.preprocessing;
    complete(options);
    if (command_.epochs) options.fine_tuning.epochs = *command_.epochs;
    return transfer(base, labelled(split_.train, options, "training"),
                    labelled(split_.validate, options, "validation"), options);
  }

  Model run_dann() {
    InputOptions input = command_.input;
    input.paths = command_.target, input.mask = command_.target_mask;
    const FrameSet target = open_frames(input);
    warn_if_unmasked(target);
    DannOptions options(command_.net == "1d" ? 1 : 2);
    complete(options);
    const PreparedFrames unlabelled = read_frames(
        target, options.preprocessing, options.network.dimensions == 2, input.skip_bad, "target");
    options.frames_source += " (source), " + joined(command_.target) + " (target, no labels)";
    options.mask = mask_in_words(target);
    return train_dann(labelled(split_.train, options, "source's training"),
                      labelled(split_.validate, options, "source's validation"),
                      {unlabelled.x, {}, unlabelled.ids}, options);
  }

  const TrainCommand& command_;
  FrameSet frames_;
  Labels labels_;
  Split split_;
  std::unique_ptr<Progress> progress_;
};

void print_report(const Model& model, const TrainCommand& command) {
  const char* of_whom = model.method == "dann" ? "source's validation" : "validation";
  print(
      fmt::format("{}: trained on {} frames, epoch {} of {} kept\n{} {} frames, at the threshold "
                  "{:.4f} aimed at a recall of {}:\n{}",
                  command.output, model.trained_on.size(), model.kept_epoch + 1,
                  model.history.size(), model.validated_on.size(), of_whom, model.threshold,
                  model.min_recall, metrics_table(model.validation)));
  if (model.validation.recall() < model.min_recall)
    spdlog::warn(
        "the validation recall is {:.3f}, short of the {} that is wanted: to find more, label "
        "more frames, or ask for a higher --min-recall",
        model.validation.recall(), model.min_recall);
}

void check_command(const TrainCommand& command) {
  const bool transfer = command.method == "transfer", dann = command.method == "dann";
  if (transfer == command.base.empty())
    throw CLI::ValidationError("--base",
                               "names the model whose base --method transfer takes, and goes with "
                               "that method only");
  if (dann == command.target.empty())
    throw CLI::ValidationError(
        "--target",
        "names the frames that --method dann adapts to, and goes with that method only");
}

void add_sizes(CLI::App& command, TrainCommand& options) {
  const auto frames = CLI::Range(int64_t(1), int64_t(1'000'000'000)).description("");
  command
      .add_option("--train", options.train,
                  "Frames to train on. Without it: 200; cnn: 60 % of them; dann: all the others.")
      ->type_name("N")
      ->check(frames);
  command
      .add_option("--validate", options.validate,
                  "Frames to choose epoch and threshold by. Without it: 200; cnn and dann: 20 %.")
      ->type_name("N")
      ->check(frames);
  command.add_option("--seed", options.seed, "Shuffles the frames, and seeds the network.")
      ->type_name("SEED");
  command.add_option("--epochs", options.epochs, "Passes over the training frames.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(1'000'000)).description(""));
  command
      .add_option("--min-recall", options.min_recall,
                  "The part of the validation frames' maybes and hits that the threshold is aimed "
                  "at: above 0, at most 1. Without it: 0.95; dann: 0.99.")
      ->type_name("R")
      ->check(CLI::Validator([](std::string& value) { return check_recall(value); }, ""));
  add_device_option(command, options.device);
}

}  // namespace

Model train(const TrainCommand& command) {
  check_command(command);
  device_of(command.device);  // before frames are read
  check_output(command.output, command.overwrite);
  Model model = Training(command).run();
  model.save(command.output, command.overwrite);
  print_report(model, command);
  return model;
}

Action add_train(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "train", "Trains a model on labelled frames.",
      "rwd, the row-wise decomposition method, trains a small 1D network on the ranges of the rows "
      "of each normalised frame; a couple of hundred labels are enough. cnn trains a 2D network on "
      "the normalised frames themselves, and wants a thousand. transfer takes the base of a model "
      "trained on another run, and 200 labels of this one. dann learns from a labelled run to "
      "decide on another, the target, without a label of it. The epoch that does best on the "
      "validation frames is kept (dann: the mean of the last two), its score made a probability, "
      "and the threshold "
      "chosen on them, "
      "aimed at the recall that is wanted: within limits that move with it, so that a few odd "
      "frames do not decide alone. The frames are taken in their order, or in a random one with "
      "--seed. The same input and seed give the same file.",
      "  hitsieve train -i run0020.cxi --labels labels.txt --train 200 --validate 200 -o model.h5\n"
      "  hitsieve train --method cnn -i run0020.cxi -o cnn.h5\n"
      "  hitsieve train --method transfer --base cnn.h5 -i run0021.cxi -o transferred.h5\n"
      "  hitsieve train --method dann -i run0020.cxi --target run0021.cxi -o adapted.h5");
  auto options = std::make_shared<TrainCommand>();
  command->add_option("--method", options->method, "rwd, cnn, transfer or dann.")
      ->type_name("NAME")
      ->check(CLI::IsMember({"rwd", "cnn", "transfer", "dann"}).description(""))
      ->capture_default_str();
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  add_labels_option(*command, options->labels);
  add_sizes(*command, *options);
  command->add_option("--base", options->base, "transfer: the model file whose base is taken.")
      ->type_name("MODEL");
  command
      ->add_option("--target", options->target,
                   "dann: the frames to adapt to; their labels are never read.")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--target-mask", options->target_mask, "dann: --mask of the target's frames.")
      ->type_name("FILE[:PATH]");
  command
      ->add_option("--net", options->net, "dann: a 1D network on vectors, or a 2D one on images.")
      ->type_name("1d|2d")
      ->check(CLI::IsMember({"1d", "2d"}).description(""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "The model file to write.")
      ->type_name("FILE")
      ->required();
  add_overwrite_option(*command, options->overwrite);
  return [options] { train(*options); };
}

}  // namespace hitsieve
