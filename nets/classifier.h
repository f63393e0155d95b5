// A classifier as in Fig. 2 of the paper: fully connected layers with ReLU between them, on the
// features that a convolutional base makes. A network has one for the labels, and, in a
// domain-adversarial one, a second for the domains.
#pragma once
#include <string>
#include <vector>

#include "nets/layers.h"

namespace hitsieve {

struct ClassifierOptions {
  std::vector<int64_t> hidden;  ///< sizes of the layers before the last
  double dropout = 0;           ///< before each layer
  int64_t classes = 2;
  bool operator==(const ClassifierOptions&) const = default;
};

class Classifier {
 public:
  Classifier(int64_t inputs, const ClassifierOptions& options, Initializer& init);

  Tensor operator()(const Tensor& features, Mode& mode) const;  ///< (N, inputs) -> (N, classes)
  /// Its tensors, input side first, as `name`/0/weight and so on.
  void visit(const std::string& name, const Visitor& visitor);
  const std::vector<LinearLayer>& layers() const { return layers_; }

 private:
  double dropout_;
  std::vector<LinearLayer> layers_;
};

}  // namespace hitsieve
