#include "apps/preview.h"

#include <limits>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/inputs.h"
#include "apps/interrupt.h"
#include "apps/progress.h"
#include "apps/terminal.h"
#include "data/frame_reader.h"
#include "data/prepare.h"
#include "engine/output_file.h"
#include "engine/parallel.h"
#include "kernels/gcn.h"
#include "kernels/lcn.h"
#include "kernels/raw_to_vector.h"

namespace hitsieve {
namespace {

constexpr const char* class_rules[] = {"at most 3 Bragg spots", "4 to 9 Bragg spots",
                                       "10 or more Bragg spots"};

/// "/data/run.cxi //17" -> "run.cxi //17".
std::string without_folder(const std::string& name) {
  const size_t slash = name.substr(0, name.find(" //")).rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

PixelImage image_of(const Tensor& values) {  // (1, H, W) f32
  return {int(values.shape()[2]), int(values.shape()[1]), values.values<float>()};
}

/// Raw values, NaN where a pixel takes no part.
PixelImage raw_image(const Frame& frame) {
  PixelImage image{int(frame.shape.fs), int(frame.shape.ss), {}};
  image.values.resize(size_t(frame.shape.pixels()));
  by_pixel(frame.type, "preview", [&]<class T>() {
    const T* pixels = frame.data<T>();
    for (size_t i = 0; i < image.values.size(); ++i) {
      const bool good = !(frame.bad() && frame.bad()[i]) &&
                        double(pixels[i]) >= frame.trusted.min &&
                        double(pixels[i]) <= frame.trusted.max;
      image.values[i] = good ? float(pixels[i]) : std::numeric_limits<float>::quiet_NaN();
    }
  });
  return image;
}

/// The vector is made by the operation that training and screening use, the picture by its steps.
SheetFrame draw_up(const std::string& name, const Frame& frame, const LcnOptions& contrast) {
  const Shape shape{1, frame.shape.ss, frame.shape.fs};
  SheetFrame out{name, raw_image(frame), {}, {}};
  // Invalid pixels are NaN by now, which the operations leave out as they would a mask.
  out.normalised = image_of(lcn(gcn(Tensor::of<float>(shape, out.raw.values)), contrast));
  out.vector.resize(size_t(out.normalised.height));
  FrameStatistics statistics;
  raw_to_vector(raw_frames(frame), contrast, Device::cpu, out.vector.data(), &statistics);
  return out;
}

/// The first `wanted` frames of a band among the candidates.
std::vector<SheetFrame> take(const FrameSet& frames, const std::vector<int64_t>& candidates,
                             int64_t wanted, const PreviewOptions& options) {
  std::vector<SheetFrame> taken;
  if (candidates.empty()) return taken;
  const FrameSet subset = frames.subset(candidates);
  FrameReaderOptions reading;
  reading.crop = options.preprocessing.crop;
  reading.threads = threads();
  reading.skip_bad = options.skip_bad;
  FrameReader reader(subset, reading);
  ReadFrame read;
  while (int64_t(taken.size()) < wanted && reader.next(read)) {
    poll_interrupt();
    if (read.error.empty())
      taken.push_back(
          draw_up(without_folder(subset.name(read.index)), read.frame, options.preprocessing.lcn));
    else
      spdlog::warn("{}; skipped", read.error);
  }
  return taken;
}

SheetBand class_band(const FrameSet& frames, const Labels& labels, Label label,
                     const PreviewOptions& options) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < frames.size(); ++i)
    if (labels.of[size_t(i)] == label) indices.push_back(i);
  std::string heading = name_of(label);
  heading[0] = char(heading[0] - 'a' + 'A');
  const std::string remark =
      fmt::format("{}; {} of {} frames", class_rules[int(label)],
                  with_commas(int64_t(indices.size())), with_commas(frames.size()));
  return {heading, remark, class_colour(int(label)),
          take(frames, indices, options.frames, options)};
}

struct PreviewCommand {
  InputOptions input;
  PreviewOptions preview;
  std::string labels, output;
  bool overwrite = false;
};

/// Those asked for, else those in the frames' file, if any.
std::optional<Labels> find_labels(const PreviewCommand& command, const FrameSet& frames) {
  if (!command.labels.empty()) return labels_of(frames, command.labels);
  try {
    return read_labels("", frames);
  } catch (const Error& error) {
    spdlog::info("{}; the sheet shows the first frames", error.what());
    return {};
  }
}

void run(PreviewCommand command) {
  OutputFile output(command.output, command.overwrite);
  const FrameSet frames = open_frames(command.input);
  command.preview.skip_bad = command.input.skip_bad;
  const Sheet sheet = make_sheet(frames, find_labels(command, frames), command.preview);
  write_sheet(sheet, command.output, output.temporary());
  poll_interrupt();
  output.commit();
  size_t drawn = 0;
  for (const SheetBand& band : sheet.bands) drawn += band.frames.size();
  print(fmt::format("{}: {} of {} frames drawn\n", command.output, drawn, frames.size()));
}

}  // namespace

Sheet make_sheet(const FrameSet& frames, const std::optional<Labels>& labels,
                 const PreviewOptions& options) {
  Sheet sheet;
  sheet.title = without_folder(frames.path(0));
  if (frames.files() > 1) sheet.title += fmt::format(" and {} more files", frames.files() - 1);
  sheet.caption = fmt::format(
      "Central {0} x {0} pixels, drawn 2 x 2 as one (the largest). Raw: grey is logarithmic, 1st "
      "to 99.95th percentile of the frame. Normalised, as for training and screening: GCN, then "
      "LCN "
      "over {1} x {1} pixels, a window's deviation counted as {2:g} of the frame's at least; white "
      "0, black {3:g}. Blue: masked. Row-wise range: largest less smallest normalised value of a "
      "row, one scale for all.",
      options.preprocessing.crop, options.preprocessing.lcn.window,
      options.preprocessing.lcn.floor_factor, normalised_black);
  if (!labels) {
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < frames.size(); ++i) indices.push_back(i);
    sheet.bands.push_back({"Frames", fmt::format("the first of {}", with_commas(frames.size())),
                           ink, take(frames, indices, 3 * options.frames, options)});
  } else {
    for (Label label : {Label::hit, Label::maybe, Label::miss})
      sheet.bands.push_back(class_band(frames, *labels, label, options));
  }
  std::erase_if(sheet.bands, [](const SheetBand& band) { return band.frames.empty(); });
  check<NothingProcessed>(!sheet.bands.empty(), "no frame could be drawn: all were skipped");
  return sheet;
}

Action add_preview(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "preview", "Draws a sheet of frames of each class.",
      "Each frame is shown raw, normalised as the networks see it (global, then local contrast), "
      "and as the vector of row-wise ranges that the RWD method works on, row beside row. Without "
      "labels the first frames are shown. Masked pixels are blue: look at this before training, a "
      "hot pixel or a gap that is not blue spoils everything after it.",
      "  hitsieve preview -i run0020.cxi -o sheet.png");
  auto options = std::make_shared<PreviewCommand>();
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  add_labels_option(*command, options->labels);
  command->add_option("-n,--frames", options->preview.frames, "Frames of each class.")
      ->type_name("N")
      ->check(CLI::Range(1, 30).description(""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "The picture to write, *.png or *.svg.")
      ->type_name("FILE")
      ->required()
      ->check(CLI::Validator([](std::string& path) { return sheet_path_problem(path); }, ""));
  add_overwrite_option(*command, options->overwrite);
  return [options] { run(*options); };
}

}  // namespace hitsieve
