// Labelled frames as training draws them: balanced over the classes, varied, in batches.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "engine/tensor.h"
#include "kernels/baseline_scale.h"
#include "nets/augment.h"
#include "nets/metrics.h"

namespace hitsieve {

/// Frames as the RWD method sees them. `transposed` holds the vectors of the same frames with rows
/// and columns exchanged (a detector turned by 90 degrees): true examples too, for training only.
struct LabelledVectors {
  Tensor vectors;     ///< (N, length) f32, as raw_to_vector gives them
  Tensor transposed;  ///< (N, length) f32, or undefined
  std::vector<FrameClass> classes;
  std::vector<uint64_t> ids;  ///< content hashes of the frames
};

/// Error, naming `what` ("training", "validation"): sizes that disagree, a vector that is negative
/// or not finite, frames that are all misses or none of them.
void check_examples(const LabelledVectors& set, const char* what);

struct Batch {
  Tensor x, classes;  ///< (N, length) f32 scaled by baseline_scale and varied; (N) i32
};

class Examples {
 public:
  Examples(const LabelledVectors& set, const BaselineOptions& baseline);

  int64_t size() const { return int64_t(classes_.size()); }
  int64_t length() const { return length_; }
  /// Each class that there is equally often, whatever its share of the frames.
  Batch draw(int64_t count, const AugmentOptions& augmentation, Random& random,
             Device device) const;

 private:
  void append(const Tensor& scaled, const std::vector<FrameClass>& labels);
  int64_t length_;
  std::vector<float> vectors_;  // scaled, row after row
  std::vector<int32_t> classes_;
  std::array<std::vector<int64_t>, 3> of_class_;
};

}  // namespace hitsieve
