// Stored images as floats, for tests.
#pragma once
#include "kernels/raw_to_image.h"

namespace hitsieve::test {

inline Tensor unpacked(const Tensor& images) {
  const Tensor stored = images.to(Device::cpu), y(images.shape(), DType::f32);
  unpack_images(stored.count(), stored.data<int16_t>(), y.data<float>());
  return y;
}

}  // namespace hitsieve::test
