// A trained model and all that is needed to repeat its training or to refuse its use: the model
// file of `hitsieve train`, read by evaluate, screen, info, and by programs that embed the
// screener.
#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kernels/baseline_scale.h"
#include "kernels/lcn.h"
#include "kernels/noise_scale.h"
#include "nets/calibration.h"
#include "nets/fit.h"
#include "nets/metrics.h"

namespace hitsieve {

class Checkpoint;

/// What happens to a frame before the network sees it.
struct Preprocessing {
  int64_t crop = 724;                 ///< side of the central square, pixels
  LcnOptions lcn{.floor_factor = 6};  ///< see kernels/lcn.h: spots stay in proportion
  BaselineOptions baseline;           ///< of vectors
  NoiseOptions noise;                 ///< of images
  int64_t length() const { return crop - lcn.window + 1; }  ///< of a vector
};

struct Model {
  Model(const Preprocessing& how, ConvNet net) : preprocessing(how), network(std::move(net)) {}

  std::string method = "rwd";  ///< rwd, cnn, transfer, dann
  Preprocessing preprocessing;
  ConvNet network;
  Calibration calibration;
  double threshold = 0.5;    ///< of the score: hit at or above it
  double min_recall = 0.95;  ///< that the threshold was chosen for, on the validation frames

  // How it came to be.
  uint64_t seed = 0;
  std::vector<uint64_t> trained_on, validated_on;  ///< content hashes of frames
  TrainingSettings settings;
  /// What the method has beside them: of transfer the second step, of a DANN lambda and the stop.
  std::map<std::string, double> method_settings;
  std::string frames_source, label_source;
  std::string mask;    ///< that the frames were read with, in words; "none"
  Metrics validation;  ///< at the threshold
  std::vector<EpochRecord> history;
  int64_t kept_epoch = 0;
  std::map<std::string, Tensor> optimizer_state;  ///< after the last epoch
  std::string written_by;                         ///< the version; empty until loaded

  /// Error: see Checkpoint::load; also a network, method or preprocessing not known here.
  static Model load(const std::string& path);
  /// From the bytes of a model file; errors call it `name`.
  static Model load(const std::string& name, std::span<const std::byte> image);
  static Model load(const Checkpoint& from);
  void save(const std::string& path, bool overwrite);
};

}  // namespace hitsieve
