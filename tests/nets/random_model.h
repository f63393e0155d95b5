// A model of random weights and running statistics, made in no time.
#pragma once
#include <cmath>

#include "nets/model.h"
#include "nets/train.h"
#include "tests/kernels/tensors.h"

namespace hitsieve::test {

/// For frames of crop x crop pixels.
inline Model random_model(int64_t crop, ConvNetOptions options = rwd_network()) {
  Preprocessing preprocessing;
  preprocessing.crop = crop;
  options.length = preprocessing.length();
  Model model(preprocessing, ConvNet(options, {.seed = 4}));
  uint64_t seed = 50;
  model.network.visit([&](const std::string& name, Tensor& tensor, Role) {
    Tensor values = normal<float>(tensor.shape(), ++seed);
    if (name.ends_with("variance"))
      for (int64_t i = 0; i < values.count(); ++i)
        values.data<float>()[i] = 0.5f + std::abs(values.data<float>()[i]);
    tensor.copy_from(values);
  });
  model.calibration = {0.3, -0.1};
  return model;
}

}  // namespace hitsieve::test
