// What an experiment of the paper does: a training on a split of a set with its tests, or another
// measurement. Each gives a result to be kept; models go to OUT/models.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "apps/paper.h"
#include "apps/paper_data.h"
#include "data/split.h"
#include "nets/train.h"

namespace hitsieve {

class PaperTrainings {
 public:
  using Json = nlohmann::ordered_json;
  /// Both must outlive it.
  PaperTrainings(const PaperOptions& options, PaperData& data) : options_(options), data_(data) {}

  /// T1, T2, T4: training on a set, test on its test frames and on the whole of the others.
  Json supervised(const std::string& table, const std::string& name, uint64_t seed);
  Json transferred(const std::string& source, const std::string& target, uint64_t seed);
  /// T5: with the labels of the source alone.
  Json adapted(const std::string& source, const std::string& target, uint64_t seed);
  /// The number of peaks in each frame of a set.
  Json peaks(const std::string& name);
  /// Frames/s of preprocessing and network, of raw frames in memory, on all threads.
  Json speed(const std::string& name, uint64_t seed);
  /// The features of source and target on a plane, as two models see them.
  Json embedded(const std::string& source, const std::string& target, uint64_t seed);

 private:
  std::optional<uint64_t> shuffle(uint64_t seed) const;
  void complete(TrainOptions& settings, uint64_t seed, const std::string& name);
  void model_file(Model model, const std::string& key) const;
  static Json described(const Model& model, const Split& split);
  /// Of frames spread over the set, in inference.
  void append_features(const Model& model, const std::string& name, std::vector<float>& x,
                       Json& points);

  const PaperOptions& options_;
  PaperData& data_;
};

}  // namespace hitsieve
