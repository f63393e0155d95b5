// A convolutional network as in Fig. 2 of the paper: a base of blocks (convolution, batch norm,
// ReLU, max pooling, dropout) that turns a vector or an image into features, and a classifier of
// fully connected layers on them. Base and classifier can be used apart: transfer learning replaces
// the one, a domain-adversarial network adds a second of the other.
#pragma once
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "nets/classifier.h"

namespace hitsieve {

/// Convolution (odd kernel, padding (kernel - 1) / 2) - batch norm - ReLU - max pool - dropout.
/// Pooling windows that overlap are centred by a padding of (pool - 1) / 2. On images a window may
/// hang over the end (ceil mode); a vector's last elements that fill no window are left out.
struct BlockOptions {
  int64_t channels = 16, kernel = 5, stride = 1;
  int64_t pool = 2, pool_stride = 2;
  double dropout = 0;
  bool operator==(const BlockOptions&) const = default;

  int64_t convolved(int64_t side) const { return (side - 1) / stride + 1; }
  int64_t pool_padding() const { return pool > pool_stride ? (pool - 1) / 2 : 0; }
  int64_t pooled(int64_t side, int dimensions) const;  ///< of the block's output; 0: nothing left
};

/// What the base's output becomes as features.
enum class Readout : uint8_t {
  flatten,  ///< all its elements
  mean,     ///< the mean of each channel: how much there is, wherever it is
};

struct ConvNetOptions {
  int dimensions = 1;    ///< 1: of vectors, 2: of square images
  int64_t length = 720;  ///< of the vector, or of the image's side
  std::vector<BlockOptions> blocks;
  Readout readout = Readout::mean;
  ClassifierOptions classifier;
  bool operator==(const ConvNetOptions&) const = default;

  Shape input(int64_t N) const;  ///< (N, length) or (N, length, length)
  int64_t features() const;
  /// Multiply-adds for one vector or image.
  int64_t multiply_adds() const;
  void save(Checkpoint& checkpoint, const std::string& prefix) const;
  static ConvNetOptions load(const Checkpoint& checkpoint, const std::string& prefix);
};

class ConvNet {
 public:
  /// Random weights from the initialiser. Error when a block has an even kernel or pools away the
  /// last element.
  ConvNet(const ConvNetOptions& options, Initializer init);

  const ConvNetOptions& options() const { return options_; }

  Tensor features(const Tensor& x, Mode& mode) const;  ///< input(N) -> (N, features)
  Tensor classify(const Tensor& features, Mode& mode) const { return classifier_(features, mode); }
  Tensor operator()(const Tensor& x, Mode& mode) const { return classify(features(x, mode), mode); }

  /// The first `blocks` of the base stay as they are from now on: no gradient, the running
  /// statistics used and not moved, no dropout. 0 lets all go.
  void freeze(int64_t blocks);
  /// In place of the classifier: a fresh one.
  void replace_classifier(const ClassifierOptions& options, Initializer init);

  /// All tensors: base first, input side first; then the classifier.
  void visit(const Visitor& visitor);
  /// The parameters that are not frozen.
  std::vector<NamedTensor> parameters();
  void save(Checkpoint& checkpoint, const std::string& prefix);
  /// Fills the tensors; Error naming the file and the tensor when one is missing or misshapen.
  void load(const Checkpoint& checkpoint, const std::string& prefix);
  /// A copy with tensors of its own.
  ConvNet clone() const;
  /// A copy for inference alone, on the CPU: batch norm is folded into the convolutions, weight' =
  /// weight g, bias' = (bias - mean) g + shift with g = scale / sqrt(variance + epsilon) of the
  /// output channel. To train it is an error.
  ConvNet folded() const;

  struct Block {
    ConvLayer conv;
    BatchNormLayer norm;
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<LinearLayer>& classifier() const { return classifier_.layers(); }

 private:
  Pool2dOptions pool_of(const BlockOptions& block) const;
  /// Batch norm, pool and ReLU of block i.
  Tensor after_convolution(const Tensor& x, size_t i, const Mode& mode) const;

  ConvNetOptions options_;
  std::vector<Block> blocks_;
  Classifier classifier_;
  int64_t frozen_ = 0;
  bool folded_ = false;
};

}  // namespace hitsieve
