#include "apps/decider.h"

#include <atomic>
#include <limits>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "engine/file_roles.h"
#include "kernels/gcn.h"

namespace hitsieve {
namespace {

/// The parameters of the spot finder, of which it is noted which were given.
struct SpotFinderOptions {
  CLI::App& command;
  DeciderOptions& options;

  template <class T>
  void add(const char* name, T& value, const char* what) {
    command.add_option(name, value, what)
        ->type_name(std::is_integral_v<T> ? "N" : "X")
        ->capture_default_str()
        ->each([&given = options.of_peaks, name](const std::string&) { given.emplace_back(name); });
  }
};

}  // namespace

void add_device_option(CLI::App& command, std::string& device) {
  command
      .add_option("--device", device,
                  "What computes: cpu, or cuda, the first NVIDIA GPU (builds with CUDA).")
      ->type_name("cpu|cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}).description(""))
      ->capture_default_str();
}

Device device_of(const std::string& name) {
  const Device device = name == "cuda" ? Device::cuda : Device::cpu;
  check(available(device), "--device ", name, ": ", description(device));
  return device;
}

namespace {

void add_precision_option(CLI::App& command, std::string& precision) {
  command
      .add_option(
          "--precision", precision,
          "What the network's convolutions multiply in. tf32 and bf16 are for the tensor cores of "
          "--device cuda; scores change a little, and with them decisions on frames near "
          "the threshold, which was chosen in float32.")
      ->type_name("float32|tf32|bf16")
      ->check(CLI::IsMember({"float32", "tf32", "bf16"}).description(""))
      ->capture_default_str();
}

Precision precision_of(const DeciderOptions& options) {
  if (options.precision != "float32" && options.device == "cpu")
    throw CLI::ValidationError("--precision " + options.precision, "wants --device cuda");
  for (const Precision each : {Precision::tf32, Precision::bf16})
    if (options.precision == name_of(each)) return each;
  return Precision::float32;
}

}  // namespace

void add_decider_options(CLI::App& command, DeciderOptions& options) {
  command.add_option("-m,--model", options.model, "The model file that `train` wrote.")
      ->type_name("FILE")
      ->each(note_input);
  command
      .add_option("--method", options.method,
                  "model, or peaks: the conventional spot finder, after peakfinder8, with the "
                  "parameters below as CrystFEL names them.")
      ->type_name("model|peaks")
      ->check(CLI::IsMember({"model", "peaks"}).description(""))
      ->capture_default_str();
  SpotFinderOptions finder{command, options};
  finder.add("--min-peaks", options.min_peaks, "peaks: a hit has at least so many.");
  finder.add("--threshold", options.peaks.threshold,
             "peaks: raw value that their pixels exceed; 0: not used.");
  finder.add("--min-snr", options.peaks.min_snr, "peaks: signal to noise, at least.");
  finder.add("--min-pix-count", options.peaks.min_pix_count, "peaks: pixels, at least.");
  finder.add("--max-pix-count", options.peaks.max_pix_count, "peaks: pixels, at most.");
  finder.add("--local-bg-radius", options.peaks.local_bg_radius,
             "peaks: width of the surroundings, pixels.");
  finder.add("--min-res", options.peaks.min_res, "peaks: least distance from the centre.");
  finder.add("--max-res", options.peaks.max_res, "peaks: most distance from the centre.");
  add_device_option(command, options.device);
  add_precision_option(command, options.precision);
}

void check_spot_finder(const DeciderOptions& options, bool peaks_too) {
  if (options.method == "peaks") return;
  for (const std::string& name : options.of_peaks)
    if (!peaks_too || name == "--min-peaks")
      throw CLI::ValidationError(name, "is for --method peaks, and a model decides here");
}

Decider::Decider(const DeciderOptions& options) : options_(options) {
  static std::atomic<uint64_t> last = 0;
  id_ = ++last;
  if (options.method == "peaks") {
    if (!options.model.empty())
      throw CLI::ValidationError("--method peaks", "needs no model; leave -m out");
    if (options.device != "cpu")
      throw CLI::ValidationError("--method peaks", "runs on the CPU; leave --device out");
    if (options.precision != "float32")
      throw CLI::ValidationError("--method peaks", "has no network; leave --precision out");
    try {
      PeakFinder{options.peaks};  // checks its parameters before any frame is read
    } catch (const Error& error) {
      throw CLI::ValidationError("--method peaks", error.what());
    }
    return;
  }
  if (options.model.empty())
    throw CLI::ValidationError("--model", "is required (or --method peaks)");
  const Precision precision = precision_of(options);
  model_.emplace(Model::load(options.model));
  screener_.emplace(*model_, device_of(options.device), precision);
}

Decider::Decider(Model model, Device device, const std::string& name) {
  options_.model = name;
  model_.emplace(std::move(model));
  screener_.emplace(*model_, device);
}

int64_t Decider::crop() const { return screener_ ? screener_->crop() : Preprocessing{}.crop; }

double Decider::threshold() const {
  return screener_ ? screener_->threshold() : double(options_.min_peaks);
}

std::string Decider::name() const {
  if (model_) return options_.model;
  return fmt::format("{} peaks of min-snr {} and {} to {} pixels", options_.min_peaks,
                     options_.peaks.min_snr, options_.peaks.min_pix_count,
                     options_.peaks.max_pix_count);
}

Decision Decider::decide(const RawFrames& frame) const {
  Decision decision;
  if (screener_) {
    screener_->screen(frame, {&decision, 1});
    return decision;
  }
  thread_local std::unique_ptr<PeakFinder> finder;  // keeps its memory from frame to frame
  thread_local uint64_t owner = 0;  // a number, as another decider may come to lie at this place
  if (owner != id_) finder = std::make_unique<PeakFinder>(options_.peaks), owner = id_;
  pick<GcnKernels>(Device::cpu).statistics(frame, &decision.statistics);
  if (!decision.usable()) {
    decision.score = std::numeric_limits<float>::quiet_NaN();
    return decision;
  }
  decision.score = float(finder->find(frame).size());
  decision.hit = double(decision.score) >= threshold();
  return decision;
}

}  // namespace hitsieve
