#include "nets/examples.h"

#include <algorithm>
#include <cmath>

#include "engine/parallel.h"
#include "kernels/raw_to_image.h"

namespace hitsieve {
namespace {

Shape shape_of_batch(const Tensor& x, int64_t count) {
  const int64_t side = x.shape()[1];
  return x.shape().rank() == 3 ? Shape{count, side, side} : Shape{count, side};
}

}  // namespace

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

Examples::Examples(const LabelledFrames& set, const BaselineOptions& baseline)
    : x_(set.x.shape().rank() == 3 ? set.x.to(Device::cpu)
                                   : baseline_scale(set.x.to(Device::cpu), baseline)),
      classes_(set.classes) {
  if (!classes_.empty()) relabel(set.classes);
}

Tensor Examples::batch(int64_t first, int64_t count, Device device) const {
  const Tensor y(shape_of_batch(x_, count), DType::f32);
  const int64_t row = x_.shape().row();
  if (images())
    unpack_images(count * row, x_.data<int16_t>() + first * row, y.data<float>());
  else
    std::copy_n(x_.data<float>() + first * row, count * row, y.data<float>());
  return y.to(device);
}

/// Random numbers are drawn for the whole batch, so that its frames do not depend on its parts.
Tensor Examples::varied(const std::vector<int64_t>& which, Share share,
                        const AugmentOptions& augmentation, Random& random, Device device) const {
  const int64_t row = x_.shape().row();
  const Tensor y(shape_of_batch(x_, share.count), DType::f32);
  if (!images()) {
    std::vector<float> others(static_cast<size_t>(row));
    for (int64_t i = 0; i < share.of; ++i) {
      const int64_t own = i - share.first;
      float* to = own >= 0 && own < share.count ? y.data<float>() + own * row : others.data();
      augment({x_.data<float>() + which[size_t(i)] * row, size_t(row)}, augmentation, random,
              {to, size_t(row)});
    }
    return y.to(device);
  }
  std::vector<int> ways;
  for (int64_t i = 0; i < share.of; ++i)
    ways.push_back(augmentation.turn ? int(random.below(8)) : 0);
  parallel_for(share.count, 1, [&](int64_t own, int64_t) {
    const size_t i = size_t(share.first + own);
    thread_local std::vector<float> image;
    image.resize(size_t(row));
    unpack_images(row, x_.data<int16_t>() + which[i] * row, image.data());
    turn_image(length(), image.data(), ways[i], y.data<float>() + own * row);
  });
  return y.to(device);
}

Batch Examples::draw(Share share, const AugmentOptions& augmentation, Random& random,
                     Device device) const {
  std::vector<const std::vector<int64_t>*> present;
  for (const auto& members : of_class_)
    if (!members.empty()) present.push_back(&members);
  std::vector<int64_t> which;
  for (int64_t i = 0; i < share.of; ++i) {
    const auto& members = *present[random.below(present.size())];
    which.push_back(members[random.below(members.size())]);
  }
  std::vector<int32_t> classes;
  for (int64_t i = share.first; i < share.first + share.count; ++i)
    classes.push_back(classes_[size_t(which[size_t(i)])]);
  return {varied(which, share, augmentation, random, device),
          Tensor::of<int32_t>({share.count}, classes, device)};
}

void Examples::relabel(const std::vector<FrameClass>& classes) {
  check(std::ssize(classes) == size(), "examples: ", classes.size(), " labels for ", size(),
        " frames");
  classes_ = classes;
  for (auto& members : of_class_) members.clear();
  for (size_t i = 0; i < classes_.size(); ++i) of_class_.at(classes_[i]).push_back(int64_t(i));
}

}  // namespace hitsieve
