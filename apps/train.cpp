#include "apps/train.h"

#include <charconv>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/decider.h"
#include "apps/interrupt.h"
#include "apps/processes.h"
#include "apps/report.h"
#include "apps/terminal.h"
#include "apps/training.h"

namespace hitsieve {
namespace {

/// "" when `value` is a recall that can be aimed at, else what is wrong; the form CLI11 wants.
std::string check_recall(const std::string& value) {
  double recall = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), recall);
  const bool whole = read.ec == std::errc() && read.ptr == value.data() + value.size();
  return whole && recall > 0 && recall <= 1 ? ""
                                            : value + ": expected a number above 0 and at most 1";
}

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

/// An error in another process than 0 is said there, since 0 may be waiting for it.
Model fit_in_step(const std::function<Model()>& fit) {
  in_step = process_count() > 1;
  try {
    Model model = fit();
    in_step = false;
    return model;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    if (process_rank() == 0) throw;
    set_up_logging(Verbosity::quiet);
    throw Error(process_name() + ": " + error.what());
  }
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
  if (!dann && !command.target_mask.empty())
    throw CLI::ValidationError("--target-mask", "is for the target of --method dann");
  if (!command.input.polarity.empty() && command.input.mask.empty() && command.target_mask.empty())
    throw CLI::ValidationError("--mask-polarity", "says what the values in --mask mean; give that");
  if (!dann && !command.net.empty())
    throw CLI::ValidationError("--net", "is for --method dann; the others have one network each");
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
  std::function<Model()> fit;
  begin_together([&] {
    device_of(command.device);  // before frames are read
    if (process_rank() == 0) check_output(command.output, command.overwrite);
    const Training training = prepare_training(command);
    fit = training.fit;
    return training.seen;
  });
  Model model = fit_in_step(fit);
  if (process_rank() > 0) return model;
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
      "--seed. The same input and seed give the same file. Under mpirun the processes share each "
      "batch, and come to the same model up to rounding.",
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
      ->type_name("MODEL")
      ->each(note_source);
  command
      ->add_option("--target", options->target,
                   "dann: the frames to adapt to; their labels are never read.")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->each(note_source);
  command->add_option("--target-mask", options->target_mask, "dann: --mask of the target's frames.")
      ->type_name("FILE[:PATH]")
      ->each(note_source);
  command->get_option("--mask-polarity")->remove_needs(command->get_option("--mask"));
  command
      ->add_option("--net", options->net,
                   "dann: a 1D network on vectors, or a 2D one on images. Without it: 2d.")
      ->type_name("1d|2d")
      ->check(CLI::IsMember({"1d", "2d"}).description(""));
  command->add_option("-o,--output", options->output, "The model file to write.")
      ->type_name("FILE")
      ->required();
  add_overwrite_option(*command, options->overwrite);
  return [options] { train(*options); };
}

}  // namespace hitsieve
