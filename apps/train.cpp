#include "apps/train.h"

#include <charconv>
#include <memory>

#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/terminal.h"
#include "data/labels.h"
#include "data/split.h"
#include "data/vectors.h"
#include "engine/parallel.h"
#include "nets/train.h"

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

void report_skipped(const std::vector<BadFrame>& bad) {
  for (const BadFrame& frame : bad) spdlog::warn("{}; skipped", frame.reason);
}

/// The frames of a part of the split, turned by 90 degrees too.
LabelledVectors labelled_vectors(const FrameSet& frames, const Labels& labels,
                                 const std::vector<int64_t>& indices, bool skip_bad,
                                 const Preprocessing& preprocessing, const std::string& what) {
  Progress progress("reading the " + what + " frames", int64_t(indices.size()));
  VectorOptions options;
  options.crop = preprocessing.crop;
  options.lcn = preprocessing.lcn;
  options.threads = threads();
  options.transposed = true;
  options.skip_bad = skip_bad;
  options.progress = [&](int64_t done, int64_t) { progress.update(done); };
  VectorSet set = read_vectors(frames.subset(indices), options);
  progress.finish();
  report_skipped(set.bad);
  LabelledVectors out{set.vectors, set.transposed, {}, std::move(set.ids)};
  for (int64_t i : set.indices)
    out.classes.push_back(FrameClass(labels.of[size_t(indices[size_t(i)])]));
  return out;
}

Model train_on(const FrameSet& frames, const Labels& labels, const Split& split,
               const TrainCommand& command) {
  TrainOptions options;
  options.seed = command.seed.value_or(options.seed);
  options.min_recall = command.min_recall;
  options.frames_source = joined(command.input.paths);
  options.label_source = labels.source;
  options.mask = mask_in_words(frames);
  const auto vectors = [&](const std::vector<int64_t>& indices, const char* what) {
    return labelled_vectors(frames, labels, indices, command.input.skip_bad, options.preprocessing,
                            what);
  };
  const LabelledVectors training = vectors(split.train, "training");
  const LabelledVectors validation = vectors(split.validate, "validation");
  std::unique_ptr<Progress> progress;
  options.progress = [&](const EpochRecord& record, int64_t epochs) {
    if (!progress) progress = std::make_unique<Progress>("training", epochs, "epochs");
    progress->update(record.epoch + 1);
    spdlog::debug("epoch {}: loss {:.4f}, validation loss {:.4f}, accuracy {:.3f}",
                  record.epoch + 1, record.training_loss, record.validation_loss,
                  record.validation_accuracy);
  };
  return train_rwd(training, validation, options);
}

void print_report(const Model& model, const TrainCommand& command) {
  print(fmt::format(
      "{}: trained on {} frames, epoch {} of {} kept\n{} validation frames, at the threshold "
      "{:.4f} aimed at a recall of {}:\n{}",
      command.output, model.trained_on.size(), model.kept_epoch + 1, model.history.size(),
      model.validated_on.size(), model.threshold, model.min_recall,
      metrics_table(model.validation)));
  if (model.validation.recall() < model.min_recall)
    spdlog::warn(
        "the validation recall is {:.3f}, short of the {} that is wanted: to find more, label "
        "more frames, or ask for a higher --min-recall",
        model.validation.recall(), model.min_recall);
}

}  // namespace

Model train(const TrainCommand& command) {
  check_output(command.output, command.overwrite);
  const FrameSet frames = open_frames(command.input);
  const Labels labels = read_labels(command.labels, frames);
  const Split split =
      split_frames(frames.size(), {command.train, command.validate, -1}, command.seed);
  check_both_classes(labels, split.train, "training");
  check_both_classes(labels, split.validate, "validation");
  spdlog::info("labels from {}; training: {}; validation: {}", labels.source,
               class_counts(labels, split.train), class_counts(labels, split.validate));
  warn_if_unmasked(frames);
  Model model = train_on(frames, labels, split, command);
  model.save(command.output, command.overwrite);
  print_report(model, command);
  return model;
}

Action add_train(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "train", "Trains a model on a few hundred labelled frames.",
      "rwd, the row-wise decomposition method, trains a small 1D network on the ranges of the rows "
      "of each normalised frame; it needs a couple of hundred labels and no GPU. The epoch that "
      "does "
      "best on the validation frames is kept, its score made a probability, and the threshold "
      "chosen on them, aimed at the recall that is wanted: within limits that move with it, so "
      "that a few odd frames do not decide alone. The frames are taken in their order, or in a "
      "random one with --seed. The same input and seed give the same file.",
      "  hitsieve train --method rwd -i run0020.cxi --labels labels.txt \\\n"
      "      --train 200 --validate 200 -o model.h5");
  auto options = std::make_shared<TrainCommand>();
  command->add_option("--method", options->method, "The method; rwd is the one there is so far.")
      ->type_name("NAME")
      ->check(CLI::IsMember({"rwd"}).description(""))
      ->capture_default_str();
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  add_labels_option(*command, options->labels);
  const auto frames = CLI::Range(int64_t(1), int64_t(1'000'000'000)).description("");
  command->add_option("--train", options->train, "Frames to train on.")
      ->type_name("N")
      ->check(frames)
      ->capture_default_str();
  command->add_option("--validate", options->validate, "Frames to choose epoch and threshold by.")
      ->type_name("N")
      ->check(frames)
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Shuffles the frames, and seeds the network.")
      ->type_name("SEED");
  command
      ->add_option("--min-recall", options->min_recall,
                   "The part of the validation frames' maybes and hits that the threshold is aimed "
                   "at: above 0, at most 1.")
      ->type_name("R")
      ->check(CLI::Validator([](std::string& value) { return check_recall(value); }, ""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "The model file to write.")
      ->type_name("FILE")
      ->required();
  add_overwrite_option(*command, options->overwrite);
  return [options] { train(*options); };
}

}  // namespace hitsieve
