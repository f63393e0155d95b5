// What decides on frames, for the commands that do: a trained model, or the conventional spot
// finder to compare it with.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nets/peak_finder.h"
#include "nets/screener.h"

namespace CLI {
class App;
}

namespace hitsieve {

struct DeciderOptions {
  std::string method = "model";       ///< or "peaks"
  std::string model;                  ///< the model file
  std::string device = "cpu";         ///< that the model runs on: cpu or cuda
  std::string precision = "float32";  ///< of the network (kernels/precision.h)
  PeakFinderOptions peaks;
  int64_t min_peaks = 4;
  std::vector<std::string> of_peaks;  ///< the options for peaks that were given
};

/// --device cpu|cuda.
void add_device_option(CLI::App& command, std::string& device);
/// Error, with what is missing, when it cannot be had here.
Device device_of(const std::string& name);

/// -m, or --method peaks with CrystFEL's parameters; --device, --precision.
void add_decider_options(CLI::App& command, DeciderOptions& options);

/// A usage error: parameters of the spot finder for a model, where no `peaks_too` are written.
void check_spot_finder(const DeciderOptions& options, bool peaks_too);

/// May be used from several threads at once.
class Decider {
 public:
  /// Error: a model that cannot be used; a usage error unless there is a model or peaks.
  explicit Decider(const DeciderOptions& options);
  /// A model in memory, which messages call `name`.
  Decider(Model model, Device device, const std::string& name);

  int64_t crop() const;      ///< side of the square frames it wants, pixels
  double threshold() const;  ///< hit at or above: of the calibrated score, or the number of peaks
  /// One frame of crop() x crop() raw pixels. The score of `peaks` is their number.
  Decision decide(const RawFrames& frame) const;
  const Model* model() const { return model_ ? &*model_ : nullptr; }  ///< null for peaks
  const Screener* screener() const { return screener_ ? &*screener_ : nullptr; }  ///< as model()
  bool on_gpu() const { return screener_ && screener_->device() != Device::cpu; }
  std::string name() const;  ///< the model file, or what was looked for, for reports

 private:
  DeciderOptions options_;
  uint64_t id_ = 0;  // of no other decider
  std::optional<Model> model_;
  std::optional<Screener> screener_;
};

}  // namespace hitsieve
