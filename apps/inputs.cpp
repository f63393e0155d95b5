#include "apps/inputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/interrupt.h"
#include "apps/progress.h"
#include "data/find_mask.h"
#include "engine/file_roles.h"

namespace hitsieve {
namespace {

constexpr int32_t reported_files = 5;

/// "" when `value` is MIN,MAX, else what is wrong; the form CLI11 wants of a validator.
std::string check_trusted(const std::string& value) {
  const size_t comma = value.find(',');
  const char *begin = value.data(), *end = begin + value.size();
  double min = 0, max = 0;
  if (comma != std::string::npos) {
    const auto first = std::from_chars(begin, begin + comma, min);
    const auto second = std::from_chars(begin + comma + 1, end, max);
    if (first.ec == std::errc() && second.ec == std::errc() && first.ptr == begin + comma &&
        second.ptr == end && min < max)
      return "";
  }
  return value + ": expected MIN,MAX, two numbers, the smaller one first, e.g. -10,65000";
}

TrustedRange parse_trusted(const std::string& value) {
  const size_t comma = value.find(',');
  return {std::stod(value.substr(0, comma)), std::stod(value.substr(comma + 1))};
}

MaskPolarity polarity_of(const InputOptions& options) {
  if (!options.polarity.empty()) return parse_polarity(options.polarity);
  const bool pickle = options.mask.ends_with(".pickle");
  return pickle ? MaskPolarity::one_good : MaskPolarity::zero_good;
}

void report(const FrameSet& frames) {
  const int32_t files = frames.files();
  for (int32_t file = 0; file < std::min(files, reported_files); ++file) try {
      const SourceInfo& info = frames.file_source(file)->info();
      spdlog::info("{}: {} frames of {} x {} {} ({}, {}); mask: {}", info.path,
                   with_commas(info.frames), info.shape.ss, info.shape.fs, info.stored_type,
                   info.layout, info.dataset, info.mask);
      for (const std::string& note : info.notes) spdlog::info("{}: {}", info.path, note);
    } catch (const Error& error) {
      spdlog::debug("{}", error.what());  // a bad file among others: reported when its turn comes
    }
  if (files > reported_files)
    spdlog::info("and {} more files; {} frames in all", with_commas(files - reported_files),
                 with_commas(frames.size()));
}

/// Up to 64 frames, evenly over the set, that can be opened and have one shape.
std::vector<int64_t> alike(const FrameSet& frames) {
  std::vector<int64_t> indices;
  std::optional<FrameShape> shape;
  const int64_t step = (frames.size() + 63) / 64;
  for (int64_t i = 0; i < frames.size(); i += step) try {
      const FrameShape found = frames.source(i)->info().shape;
      if (!shape) shape = found;
      if (found == *shape) indices.push_back(i);
    } catch (const Error& error) {
      spdlog::debug("{}", error.what());
    }
  return indices;
}

}  // namespace

void note_source(const std::string& source) {
  note_input(source);
  if (const size_t colon = source.rfind(":/"); colon != std::string::npos)
    note_input(source.substr(0, colon));
}

void add_input_options(CLI::App& command, InputOptions& options) {
  command
      .add_option("-i,--input", options.paths,
                  "Frames: an HDF5 file (CXI, CXIDB 76, or any with --dataset), FILE:/dataset, a "
                  "list file (*.lst, *.txt) with one file or one `FILE //17` a line, or - for a "
                  "list on standard input. May be given several times.")
      ->type_name("FILE")
      ->required()
      ->allow_extra_args(false)
      ->each(note_source);
  command
      .add_option(
          "--dataset", options.dataset,
          "Where the frames are in the files, when it is not one of the usual places; an input "
          "FILE:/dataset says it for itself.")
      ->type_name("PATH");
  add_geometry_option(command, options.geometry);
  command
      .add_option("--mask", options.mask,
                  "Bad pixels, in addition to the mask in the frames' own file: an HDF5 file, or "
                  "one dataset in it, or the mask.pickle of CXIDB 76.")
      ->type_name("FILE[:PATH]")
      ->each(note_source);
  command
      .add_option("--mask-polarity", options.polarity,
                  "What the values in --mask mean; zero-good by default, one-good for a pickle.")
      ->needs("--mask")
      ->type_name("zero-good|one-good")
      ->check(CLI::IsMember({"zero-good", "one-good"}).description(""));
  command.add_flag("--ignore-file-mask", options.ignore_file_mask,
                   "Do not use the mask in the frames' own file.");
  command
      .add_option("--trusted", options.trusted,
                  "Raw values that count, both included; others are treated as masked. By default "
                  "what the file says.")
      ->type_name("MIN,MAX")
      ->check(CLI::Validator([](std::string& value) { return check_trusted(value); }, ""));
}

void add_geometry_option(CLI::App& command, std::string& geometry) {
  command
      .add_option("-g,--geometry", geometry,
                  "CrystFEL geometry (.geom): says where the frames are in the files, and puts the "
                  "modules of a detector into one frame around the beam.")
      ->type_name("FILE")
      ->each(note_source);
}

std::shared_ptr<const Geometry> geometry_of(const std::string& file) {
  return file.empty() ? nullptr : std::make_shared<const Geometry>(read_geometry(file));
}

void add_skip_bad_option(CLI::App& command, InputOptions& options) {
  command.add_flag("--skip-bad", options.skip_bad,
                   "Go on without files and frames that cannot be used, and count them. By default "
                   "the first one ends the command.");
}

void add_labels_option(CLI::App& command, std::string& labels) {
  command
      .add_option(
          "--labels", labels,
          "Where the labels are, if not in the frames' own file: text with a line `FILE [N] "
          "HIT|MAYBE|MISS` a frame, a CrystFEL list (*.lst) of the hits, or FILE:/dataset.")
      ->type_name("FILE")
      ->each(note_source);
}

Labels labels_of(const FrameSet& frames, const std::string& source) {
  Labels labels = read_labels(source, frames);
  if (!labels.note.empty()) spdlog::warn("{}", labels.note);
  return labels;
}

namespace {

FrameSetOptions set_options(const InputOptions& options) {
  FrameSetOptions set;
  set.source.dataset = options.dataset;
  set.source.geometry = geometry_of(options.geometry);
  set.source.use_mask = !options.ignore_file_mask;
  if (!options.trusted.empty()) set.source.trusted = parse_trusted(options.trusted);
  set.skip_bad = options.skip_bad;
  set.standard_input = &interruptible_input();
  if (!options.mask.empty()) {
    set.mask = std::make_shared<Mask>(load_mask(options.mask, polarity_of(options)));
    set.mask_name = options.mask;
  }
  return set;
}

}  // namespace

FrameSet open_list(const InputOptions& options, const std::string& list) {
  std::istringstream lines(list);
  FrameSetOptions set = set_options(options);
  set.standard_input = &lines;
  return FrameSet({"-"}, set);
}

FrameSet open_frames(const InputOptions& options) {
  const FrameSetOptions set = set_options(options);
  if (set.mask)
    spdlog::info("{}: {} of {} pixels masked ({}), {}", options.mask,
                 with_commas(set.mask->masked()), with_commas(int64_t(set.mask->bad.size())),
                 percent(set.mask->fraction()), name_of(polarity_of(options)));
  try {
    FrameSet frames(options.paths, set);
    report(frames);
    return frames;
  } catch (const EmptyList& error) {
    throw NothingProcessed(error.what());
  }
}

void warn_if_unmasked(const FrameSet& frames) {
  try {
    const std::string why = looks_unmasked(frames.subset(alike(frames)));
    if (!why.empty()) spdlog::warn("{}; --mask takes its result", why);
  } catch (const Error& error) {  // a bad frame is reported when its turn comes
    spdlog::debug("not checked for unmasked pixels: {}", error.what());
  }
}

std::string mask_in_words(const FrameSet& frames) {
  for (int32_t file = 0; file < frames.files(); ++file) try {
      return frames.file_source(file)->info().mask;
    } catch (const Error& error) {
      spdlog::debug("{}", error.what());  // reported when its turn comes
    }
  return "none";
}

void warn_if_masked_otherwise(const FrameSet& frames, const std::string& model,
                              const std::string& mask_of_model) {
  if (mask_of_model.empty()) return;  // nobody knows
  const std::string mask = mask_in_words(frames);
  if (mask == "none" && mask_of_model != "none")
    spdlog::warn("{}: was trained on masked frames ({}), these frames have no mask", model,
                 mask_of_model);
  if (mask != "none" && mask_of_model == "none")
    spdlog::warn("{}: was trained on frames without a mask, these have one ({})", model, mask);
}

std::string percent(double fraction) {
  const double value = 100 * fraction;
  if (value == 0) return "0%";
  const int digits = std::clamp(1 - int(std::floor(std::log10(std::fabs(value)))), 0, 6);
  return fmt::format("{:.{}f}%", value, std::max(digits, value >= 10 ? 1 : 2));
}

}  // namespace hitsieve
