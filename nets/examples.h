// Labelled frames as training and validation draw them: in batches as the network takes them,
// balanced over the classes, varied.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "engine/communicator.h"
#include "kernels/baseline_scale.h"
#include "nets/augment.h"
#include "nets/metrics.h"

namespace hitsieve {

/// Frames after the preprocessing that does not depend on the network.
struct LabelledFrames {
  /// Vectors (N, length) f32 as raw_to_vector gives them, for a 1D network; or images (N, side,
  /// side) i16 as raw_to_image and noise_scale make them, for a 2D one.
  Tensor x;
  std::vector<FrameClass> classes;  ///< (N), or none where labels are not known or not looked at
  std::vector<uint64_t> ids;        ///< (N) content hashes
};

/// Error, naming `what` ("training", "validation"): sizes that disagree, a vector that is negative
/// or not finite, frames that are all misses or none of them.
void check_examples(const LabelledFrames& set, const char* what);

struct Batch {
  Tensor x, classes;  ///< the network's input, varied; (N) i32
};

class Examples {
 public:
  /// Vectors are scaled by their baseline; images are taken as they are.
  Examples(const LabelledFrames& set, const BaselineOptions& baseline);

  int64_t size() const { return x_.shape()[0]; }
  int64_t length() const { return x_.shape()[1]; }  ///< of a vector, or an image's side
  bool images() const { return x_.shape().rank() == 3; }
  const std::vector<FrameClass>& classes() const { return classes_; }

  /// Frames [first, first + count) as they are.
  Tensor batch(int64_t first, int64_t count, Device device) const;
  /// Each class that there is equally often, whatever its share of the frames; varied. Draws
  /// share.of frames, and gives those of the share.
  Batch draw(Share share, const AugmentOptions& augmentation, Random& random, Device device) const;
  /// Takes other labels, (N) of them, e.g. a network's own guesses.
  void relabel(const std::vector<FrameClass>& classes);

 private:
  Tensor varied(const std::vector<int64_t>& which, Share share, const AugmentOptions& augmentation,
                Random& random, Device device) const;
  Tensor x_;
  std::vector<FrameClass> classes_;
  std::array<std::vector<int64_t>, 3> of_class_;
};

}  // namespace hitsieve
