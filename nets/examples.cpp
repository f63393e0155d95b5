#include "nets/examples.h"

#include <algorithm>
#include <cmath>

#include "kernels/turned_images.h"

namespace hitsieve {
void check_examples(const LabelledFrames& set, const char* what) {
  const bool images = set.x.shape().rank() == 3;
  check(set.x.shape().rank() == 2 || (images && set.x.shape()[1] == set.x.shape()[2]), what,
        ": frames have shape ", set.x.shape(), ", expected (N, length) or (N, side, side)");
  check(set.x.dtype() == (images ? DType::i16 : DType::f32), what, ": frames are ", set.x.dtype());
  const int64_t frames = set.x.shape()[0];
  check(frames == std::ssize(set.classes), what, ": ", frames, " frames, ", set.classes.size(),
        " labels");
  const auto positives = std::count_if(set.classes.begin(), set.classes.end(), is_positive);
  check(positives > 0, what, ": all ", frames,
        " frames are misses, and hits are needed too: label more frames, or choose others");
  check(positives < frames, what, ": none of the ", frames,
        " frames is a miss, and misses are needed too: label more frames, or choose others");
  if (images) return;
  for (float v : set.x.values<float>())
    check(std::isfinite(v) && v >= 0, what, ": a vector holds ", v);
}

Examples::Examples(const LabelledFrames& set, const BaselineOptions& baseline, Device device)
    : device_(device), classes_(set.classes) {
  if (set.x.shape().rank() == 3) {
    x_ = set.x.to(device);
    std::vector<int32_t> turns;
    for (int64_t i = 0; i < size(); ++i) turns.insert(turns.end(), {int32_t(i), 0});
    as_is_ = Tensor::of<int32_t>({size(), 2}, turns, device);
  } else {
    x_ = baseline_scale(set.x.to(Device::cpu), baseline);
  }
  if (!classes_.empty()) relabel(set.classes);
}

Tensor Examples::batch(int64_t first, int64_t count) const {
  if (images()) return turned_images(x_, as_is_, first, count);
  const Tensor y({count, length()}, DType::f32);
  std::copy_n(x_.data<float>() + first * length(), y.count(), y.data<float>());
  return y.to(device_);
}

void Examples::relabel(const std::vector<FrameClass>& classes) {
  check(std::ssize(classes) == size(), "examples: ", classes.size(), " labels for ", size(),
        " frames");
  classes_ = classes;
  for (auto& members : of_class_) members.clear();
  for (size_t i = 0; i < classes_.size(); ++i) of_class_.at(classes_[i]).push_back(int64_t(i));
}

Draws::Draws(const Examples& examples, Share share, const AugmentOptions& augmentation)
    : examples_(examples), share_(share), augmentation_(augmentation) {}

/// Random numbers are drawn for the whole batch, so that its frames do not depend on its shares.
void Draws::draw(Random& random) {
  std::vector<const std::vector<int64_t>*> present;
  for (const auto& members : examples_.of_class_)
    if (!members.empty()) present.push_back(&members);
  std::vector<int64_t> which;
  for (int64_t i = 0; i < share_.of; ++i) {
    const auto& members = *present[random.below(present.size())];
    which.push_back(members[random.below(members.size())]);
  }
  const size_t length = size_t(examples_.length());
  std::vector<float> varied(examples_.images() ? 0 : length);
  for (int64_t i = 0; i < share_.of; ++i) {
    const int64_t frame = which[size_t(i)];
    const bool own = i >= share_.first && i < share_.first + share_.count;
    if (own) classes_.push_back(examples_.classes_[size_t(frame)]);
    if (examples_.images()) {
      const int32_t way = augmentation_.turn ? int32_t(random.below(8)) : 0;
      if (own) turns_.insert(turns_.end(), {int32_t(frame), way});
    } else {
      augment({examples_.x_.data<float>() + frame * examples_.length(), length}, augmentation_,
              random, varied);
      if (own) vectors_.insert(vectors_.end(), varied.begin(), varied.end());
    }
  }
}

void Draws::finish() {
  const Device device = examples_.device();
  drawn_classes_.bring<int32_t>({share_.count}, classes_, device);
  if (examples_.images())
    drawn_.bring<int32_t>({share_.count, 2}, turns_, device);
  else
    drawn_.bring<float>({share_.count, examples_.length()}, vectors_, device);
  classes_.clear(), turns_.clear(), vectors_.clear();
}

void Draws::load(int64_t step) { drawn_.load(step), drawn_classes_.load(step); }

Batch Draws::batch() const {
  const Tensor& x = drawn_.now();
  return {examples_.images() ? turned_images(examples_.x_, x, 0, share_.count) : x,
          drawn_classes_.now()};
}

}  // namespace hitsieve
