#include "nets/examples.h"

#include <algorithm>
#include <cmath>

namespace hitsieve {

void check_examples(const LabelledVectors& set, const char* what) {
  check(set.vectors.shape().rank() == 2, what, ": vectors have shape ", set.vectors.shape());
  const int64_t frames = set.vectors.shape()[0];
  check(frames == std::ssize(set.classes), what, ": ", frames, " vectors, ", set.classes.size(),
        " labels");
  const auto positives = std::count_if(set.classes.begin(), set.classes.end(), is_positive);
  check(positives > 0, what, ": all ", frames,
        " frames are misses, and hits are needed too: label more frames, or choose others");
  check(positives < frames, what, ": none of the ", frames,
        " frames is a miss, and misses are needed too: label more frames, or choose others");
  for (const Tensor& vectors : {set.vectors, set.transposed}) {
    if (!vectors) continue;
    check_shape(what, "vectors", vectors, set.vectors.shape());
    for (float v : vectors.values<float>())
      check(std::isfinite(v) && v >= 0, what, ": a vector holds ", v);
  }
}

Examples::Examples(const LabelledVectors& set, const BaselineOptions& baseline)
    : length_(set.vectors.shape()[1]) {
  append(baseline_scale(set.vectors.to(Device::cpu), baseline), set.classes);
  if (set.transposed) append(baseline_scale(set.transposed.to(Device::cpu), baseline), set.classes);
}

void Examples::append(const Tensor& scaled, const std::vector<FrameClass>& labels) {
  const std::vector<float> rows = scaled.values<float>();
  vectors_.insert(vectors_.end(), rows.begin(), rows.end());
  for (FrameClass c : labels) {
    of_class_.at(c).push_back(size());
    classes_.push_back(c);
  }
}

Batch Examples::draw(int64_t count, const AugmentOptions& augmentation, Random& random,
                     Device device) const {
  std::vector<const std::vector<int64_t>*> present;
  for (const auto& members : of_class_)
    if (!members.empty()) present.push_back(&members);
  std::vector<float> x(size_t(count * length_));
  std::vector<int32_t> classes;
  for (int64_t i = 0; i < count; ++i) {
    const auto& members = *present[random.below(present.size())];
    const int64_t which = members[random.below(members.size())];
    classes.push_back(classes_[size_t(which)]);
    augment(std::span(vectors_).subspan(size_t(which * length_), size_t(length_)), augmentation,
            random, std::span(x).subspan(size_t(i * length_), size_t(length_)));
  }
  return {Tensor::of<float>({count, length_}, x, device),
          Tensor::of<int32_t>({count}, classes, device)};
}

}  // namespace hitsieve
