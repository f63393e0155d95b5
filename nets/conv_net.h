// A convolutional network as in Fig. 2 of the paper: a base of blocks (convolution, batch norm,
// ReLU, max pooling, dropout) that turns a vector into features, and a classifier of fully
// connected layers on them. Base and classifier can be used apart: transfer learning replaces the
// one, a domain-adversarial network adds a second of the other.
#pragma once
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "nets/layers.h"

namespace hitsieve {

/// Convolution (stride 1, "same" padding, odd kernel) - batch norm - ReLU - max pool - dropout.
struct BlockOptions {
  int64_t channels = 16, kernel = 5, pool = 2;
  double dropout = 0;
  bool operator==(const BlockOptions&) const = default;
};

/// What the base's output (C, L) becomes as features.
enum class Readout : uint8_t {
  flatten,  ///< C L features
  mean,     ///< the mean over L of each channel, C features: how much there is, wherever it is
};

struct ConvNetOptions {
  int64_t length = 720;  ///< of the input vector
  std::vector<BlockOptions> blocks;
  Readout readout = Readout::mean;
  std::vector<int64_t> hidden;  ///< sizes of the fully connected layers before the last
  double dropout = 0;           ///< before each fully connected layer
  int64_t classes = 2;
  bool operator==(const ConvNetOptions&) const = default;

  int64_t features() const;
  /// Multiply-adds for one vector.
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

  Tensor features(const Tensor& x, Mode& mode) const;         ///< (N, length) -> (N, features)
  Tensor classify(const Tensor& features, Mode& mode) const;  ///< -> logits (N, classes)
  Tensor operator()(const Tensor& x, Mode& mode) const { return classify(features(x, mode), mode); }

  /// All tensors: base first, input side first; then the classifier.
  void visit(const Visitor& visitor);
  void save(Checkpoint& checkpoint, const std::string& prefix);
  /// Fills the tensors; Error naming the file and the tensor when one is missing or misshapen.
  void load(const Checkpoint& checkpoint, const std::string& prefix);
  /// A copy with tensors of its own.
  ConvNet clone() const;

  struct Block {
    Conv1dLayer conv;
    BatchNormLayer norm;
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<LinearLayer>& classifier() const { return classifier_; }

 private:
  ConvNetOptions options_;
  std::vector<Block> blocks_;
  std::vector<LinearLayer> classifier_;
};

}  // namespace hitsieve
