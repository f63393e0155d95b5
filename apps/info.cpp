#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/inputs.h"
#include "apps/interrupt.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/terminal.h"
#include "data/labels.h"
#include "engine/checkpoint.h"
#include "nets/model.h"

namespace hitsieve {
namespace {

struct InfoOptions {
  std::vector<std::string> files;
  std::string dataset, geometry, labels;
};

/// A name and a value a line, below the name of what they are about.
class Listing {
 public:
  explicit Listing(const std::string& title) : text_(title + "\n") {}
  void row(const std::string& name, const std::string& value) {
    text_ += fmt::format("  {:<16}{}\n", name, value);
  }
  void add(const std::string& more) { text_ += more; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string photon_energy(const std::vector<double>& energies) {
  if (energies.empty()) return "not given";
  const auto [low, high] = std::minmax_element(energies.begin(), energies.end());
  if (*low == *high) return fmt::format("{:.0f} eV", *low);
  return fmt::format("{:.0f} to {:.0f} eV", *low, *high);
}

std::string describe_labels(const FrameSet& frames, const std::string& source) {
  try {
    const Labels labels = labels_of(frames, source);
    const auto counts = labels.counts();
    return fmt::format("{}: {} miss, {} maybe, {} hit", labels.source, counts[0], counts[1],
                       counts[2]);
  } catch (const Error& error) {
    if (!source.empty()) throw;  // asked for
    return text("none (", error.what(), ")");
  }
}

void describe_source(const SourceInfo& info, Listing& listing) {
  listing.row("layout", info.layout + ", " + info.dataset);
  listing.row("frames", fmt::format("{} of {} x {} pixels (ss x fs)", with_commas(info.frames),
                                    info.shape.ss, info.shape.fs));
  listing.row("stored as", info.stored_type + ", " + info.storage);
  listing.row("trusted values", fmt::format("{} to {}", info.trusted.min, info.trusted.max));
  listing.row("mask", info.mask);
  listing.row("photon energy", photon_energy(info.photon_energy_ev));
}

void describe_frames(const std::string& file, const InfoOptions& options) {
  FrameSetOptions set;
  set.source.dataset = options.dataset;
  set.source.geometry = geometry_of(options.geometry);
  set.standard_input = &interruptible_input();
  const FrameSet frames({file}, set);
  for (int32_t i = 0; i < frames.files(); ++i) {
    poll_interrupt();
    const auto source = frames.file_source(i);
    const SourceInfo& info = source->info();
    Listing listing(info.path);
    describe_source(info, listing);
    if (frames.files() == 1) listing.row("labels", describe_labels(frames, options.labels));
    for (const std::string& note : info.notes) listing.row("note", note);
    print(listing.text());
  }
  if (frames.files() == 1) return;
  Listing listing(
      fmt::format("{}: {} frames of {} files", file, with_commas(frames.size()), frames.files()));
  listing.row("labels", describe_labels(frames, options.labels));
  print(listing.text());
}

/// Other files, also those that cannot be read, are for FrameSet to judge.
bool is_model(const std::string& file) {
  try {
    return Checkpoint::is_one(file);
  } catch (const Error&) {
    return false;
  }
}

void describe_model(const std::string& file) {
  const Model model = Model::load(file);
  Listing listing(file);
  listing.row("model", fmt::format("method {}, written by hitsieve {}, seed {}", model.method,
                                   model.written_by, model.seed));
  listing.row("trained on", fmt::format("{} frames of {}, labels from {}", model.trained_on.size(),
                                        model.frames_source, model.label_source));
  listing.row("their mask", model.mask);
  const TrainingSettings& settings = model.settings;
  std::string training =
      fmt::format("{} epochs of batches of {}, learning rate {}, weight decay {}", settings.epochs,
                  settings.batch, settings.learning_rate, settings.weight_decay);
  for (const auto& [name, number] : model.method_settings)
    training += fmt::format(", {} {}", name, number);
  listing.row("training", training);
  listing.row("kept", fmt::format("epoch {} of {}", model.kept_epoch + 1, model.history.size()));
  listing.row(
      "preprocessing",
      fmt::format("central {0} x {0} pixels, local contrast over {1} x {1}, {2}",
                  model.preprocessing.crop, model.preprocessing.lcn.window,
                  model.network.options().dimensions == 2 ? "images" : "row-wise decomposition"));
  listing.row("threshold",
              fmt::format("{:.4f}, aimed at a recall of {}", model.threshold, model.min_recall));
  listing.row("validated on", fmt::format("{} frames:", model.validated_on.size()));
  listing.add(metrics_table(model.validation));
  print(listing.text());
}

}  // namespace

Action add_info(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "info", "Tells what is in files of frames, lists and models.",
      "For frames: layout, dataset, type, storage, mask with its polarity, labels, photon energy, "
      "and the rules applied to them. For a model: what it was trained on, its threshold, and how "
      "good it was on the validation frames.",
      "  hitsieve info run0020.cxi model.h5");
  auto options = std::make_shared<InfoOptions>();
  command->add_option("FILE", options->files, "Frames, lists of frames (*.lst, *.txt), models.")
      ->required();
  command
      ->add_option("--dataset", options->dataset,
                   "Where the frames are, when it is not one of the usual places.")
      ->type_name("PATH");
  add_geometry_option(*command, options->geometry);
  add_labels_option(*command, options->labels);
  return [options] {
    for (const std::string& file : options->files)
      if (is_model(file))
        describe_model(file);
      else
        describe_frames(file, *options);
  };
}

}  // namespace hitsieve
