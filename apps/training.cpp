#include "apps/training.h"

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "apps/decider.h"
#include "apps/inputs.h"
#include "apps/processes.h"
#include "apps/progress.h"
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

/// The frames of one training, their labels and split, and what the method makes of them.
class Job {
 public:
  explicit Job(const TrainCommand& command)
      : command_(command),
        frames_(open_frames(command.input)),
        labels_(labels_of(frames_, command.labels)) {}

  /// Reads all that there is to read; what it gives trains.
  std::function<Model()> prepare() {
    split();
    warn_if_unmasked(frames_);
    if (command_.method == "transfer") return prepare_transfer();
    if (command_.method == "dann") return prepare_dann();
    TrainOptions options = method_options(command_.method);
    complete(options);
    const LabelledFrames training = labelled(split_.train, options, "training");
    return [=, validation = validation_beside(training, options, "validation")] {
      return hitsieve::train(training, validation, options);
    };
  }

  /// A number for the frames that were read.
  uint64_t seen() const { return seen_; }

 private:
  /// How many frames without numbers: a couple of hundred labels where that is the point of the
  /// method; else the shares of the paper, and all of a DANN's source.
  void split() {
    const bool few = command_.method == "rwd" || command_.method == "transfer";
    const int64_t all = frames_.size(), fifth = all / 5;
    const int64_t validate = command_.validate.value_or(few ? 200 : fifth);
    const int64_t rest = command_.method == "dann" ? all - validate : 3 * fifth;
    const int64_t train = command_.train.value_or(few ? 200 : rest);
    check(train + validate <= all, joined(command_.input.paths), ": ", train,
          " frames to train and ", validate, " to validate are wanted, there are ", all,
          ": ask for fewer with --train and --validate, or label more");
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
    options.progress = [progress = std::shared_ptr<Progress>()](const EpochRecord& record,
                                                                int64_t epochs) mutable {
      if (!progress) progress = std::make_shared<Progress>("training", epochs, "epochs");
      progress->update(record.epoch + 1);
      spdlog::debug("epoch {}: loss {:.4f}, validation loss {:.4f}, accuracy {:.3f}",
                    record.epoch + 1, record.training_loss, record.validation_loss,
                    record.validation_accuracy);
    };
    options.together = process_communicator();
  }

  void look_at(const std::vector<uint64_t>& ids) {
    for (uint64_t id : ids) seen_ = (seen_ ^ id) * 0x100000001b3;  // FNV-1a, by ids
  }

  LabelledFrames labelled(const std::vector<int64_t>& indices, const TrainOptions& options,
                          const char* what) {
    PreparedFrames set =
        read_frames(frames_.subset(indices), options.preprocessing, options.network.dimensions == 2,
                    command_.input.skip_bad, what);
    look_at(set.ids);
    LabelledFrames out{set.x, {}, std::move(set.ids)};
    for (int64_t i : set.indices)
      out.classes.push_back(FrameClass(labels_.of[size_t(indices[size_t(i)])]));
    return out;
  }

  /// Frames that are in both, by their content, check nothing: a warning, and an error when they
  /// are over half.
  LabelledFrames validation_beside(const LabelledFrames& training, const TrainOptions& options,
                                   const char* what) {
    LabelledFrames out = labelled(split_.validate, options, what);
    const std::unordered_set<uint64_t> known(training.ids.begin(), training.ids.end());
    const auto both = std::count_if(out.ids.begin(), out.ids.end(),
                                    [&](uint64_t id) { return known.contains(id); });
    const std::string said = fmt::format(
        "{} of the {} {} frames are also among the training frames", both, out.ids.size(), what);
    check(2 * both <= std::ssize(out.ids), joined(command_.input.paths), ": ", said,
          ": is a file given twice?");
    if (both > 0) spdlog::warn("{}: {}, pixel by pixel", joined(command_.input.paths), said);
    return out;
  }

  std::function<Model()> prepare_transfer() {
    const Model base = Model::load(command_.base);
    warn_if_masked_otherwise(frames_, command_.base, base.mask);
    TransferOptions options(base.network.options());
    options.preprocessing = base.preprocessing;
    complete(options);
    if (command_.epochs) options.fine_tuning.epochs = *command_.epochs;
    const LabelledFrames training = labelled(split_.train, options, "training");
    return [=, validation = validation_beside(training, options, "validation")] {
      return transfer(base, training, validation, options);
    };
  }

  std::function<Model()> prepare_dann() {
    InputOptions input = command_.input;
    input.paths = command_.target, input.mask = command_.target_mask;
    const FrameSet target = open_frames(input);
    warn_if_unmasked(target);
    DannOptions options(command_.net == "1d" ? 1 : 2);
    complete(options);
    const PreparedFrames unlabelled = read_frames(
        target, options.preprocessing, options.network.dimensions == 2, input.skip_bad, "target");
    look_at(unlabelled.ids);
    options.frames_source += " (source), " + joined(command_.target) + " (target, no labels)";
    options.mask = mask_in_words(target);
    const LabelledFrames source = labelled(split_.train, options, "source's training");
    return [=, validation = validation_beside(source, options, "source's validation")] {
      return train_dann(source, validation, {unlabelled.x, {}, unlabelled.ids}, options);
    };
  }

  const TrainCommand& command_;
  FrameSet frames_;
  Labels labels_;
  Split split_;
  uint64_t seen_ = 0;
};

}  // namespace

Training prepare_training(const TrainCommand& command) {
  Job job(command);
  const std::function<Model()> fit = job.prepare();
  return {fit, job.seen()};
}

}  // namespace hitsieve
