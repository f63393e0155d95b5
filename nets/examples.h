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
#include "nets/step_input.h"

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

/// The frames of a training on its device: images all of them, vectors a batch or an epoch at a
/// time.
class Examples {
 public:
  /// Vectors are scaled by their baseline; images are taken as they are.
  Examples(const LabelledFrames& set, const BaselineOptions& baseline, Device device);

  int64_t size() const { return x_.shape()[0]; }
  int64_t length() const { return x_.shape()[1]; }  ///< of a vector, or an image's side
  bool images() const { return x_.shape().rank() == 3; }
  Device device() const { return device_; }
  const std::vector<FrameClass>& classes() const { return classes_; }

  /// Frames [first, first + count) as they are, on the device.
  Tensor batch(int64_t first, int64_t count) const;
  /// Takes other labels, (N) of them, e.g. a network's own guesses.
  void relabel(const std::vector<FrameClass>& classes);

 private:
  friend class Draws;
  Device device_;
  Tensor x_;      ///< vectors in host memory; images on the device,
  Tensor as_is_;  ///< with a Turn each that leaves it as it is
  std::vector<FrameClass> classes_;
  std::array<std::vector<int64_t>, 3> of_class_;
};

/// Batches that are drawn beforehand, all those of an epoch, so that the device need not wait for
/// the host between them. Each class that there is comes equally often, whatever its share of the
/// frames; frames are varied. Of each batch of share.of frames it has those of the share.
class Draws {
 public:
  Draws(const Examples& examples, Share share, const AugmentOptions& augmentation);
  void draw(Random& random);  ///< one batch more, of the labels that the examples have now
  void finish();              ///< brings them to the device, in place of those of the epoch before
  void load(int64_t step);    ///< makes this the batch that batch() takes, always from one memory
  Batch batch() const;        ///< may share that memory: good until the next load()

 private:
  const Examples& examples_;
  Share share_;
  AugmentOptions augmentation_;
  std::vector<int32_t> turns_, classes_;
  std::vector<float> vectors_;
  StepInput drawn_, drawn_classes_;  ///< turns (share.count, 2) or vectors (share.count, length)
};

}  // namespace hitsieve
