#include "nets/classifier.h"

#include "kernels/relu.h"

namespace hitsieve {

Classifier::Classifier(int64_t inputs, const ClassifierOptions& options, Initializer& init)
    : dropout_(options.dropout) {
  for (int64_t outputs : options.hidden) {
    layers_.emplace_back(inputs, outputs, init);
    inputs = outputs;
  }
  layers_.emplace_back(inputs, options.classes, init);
}

Tensor Classifier::operator()(const Tensor& features, Mode& mode) const {
  Tensor y = features;
  for (size_t i = 0; i < layers_.size(); ++i) {
    y = layers_[i](apply_dropout(y, dropout_, mode));
    if (i + 1 < layers_.size()) y = relu(y);
  }
  return y;
}

void Classifier::visit(const std::string& name, const Visitor& visitor) {
  for (size_t i = 0; i < layers_.size(); ++i) layers_[i].visit(text(name, "/", i), visitor);
}

}  // namespace hitsieve
