// What tests of anything with tensors use: the devices to run on, reproducible inputs, and
// comparison that prints index and both values.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "engine/philox.h"
#include "engine/tensor.h"

namespace hitsieve::test {

/// The CPU, and CUDA where tensors can live on it (a GPU, or the emulation on the host).
inline std::vector<Device> devices() {
  if (available(Device::cuda)) return {Device::cpu, Device::cuda};
  return {Device::cpu};
}

/// Standard normal elements from (seed); the same on every device.
template <class T>
Tensor normal(const Shape& shape, uint64_t seed, Device device = Device::cpu) {
  Random random(seed);
  std::vector<T> values(size_t(shape.count()));
  for (T& v : values) v = T(random.normal());
  return Tensor::of<T>(shape, values, device);
}

/// |a - b| <= tolerance * max(1, |b|) everywhere, on any devices; the worst index is printed.
template <class T>
void check_close(const Tensor& a, const Tensor& b, double tolerance) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<T> u = a.values<T>(), v = b.values<T>();
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < u.size() && !std::isnan(worst); ++i) {  // a NaN counts as worst
    const double d = std::abs(double(u[i]) - double(v[i])) / std::max(1.0, std::abs(double(v[i])));
    if (!(d <= worst)) worst = d, at = i;
  }
  INFO("index " << at << ": " << u[at] << " against " << v[at]);
  CHECK(worst <= tolerance);
}

/// A float64 tensor's elements as float32, on the CPU: what float32 results are compared with.
inline Tensor rounded(const Tensor& exact) {
  std::vector<float> values;
  for (double v : exact.values<double>()) values.push_back(float(v));
  return Tensor::of<float>(exact.shape(), values);
}

}  // namespace hitsieve::test
