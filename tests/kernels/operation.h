// What every operation's test uses: the devices to run on, reproducible inputs, comparison that
// prints index and both values, and the gradient check in double precision.
#pragma once
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "engine/philox.h"
#include "engine/tape.h"
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
  for (size_t i = 0; i < u.size(); ++i) {
    const double d = std::abs(double(u[i]) - double(v[i])) / std::max(1.0, std::abs(double(v[i])));
    if (!(d <= worst)) worst = d, at = i;  // a NaN counts as worst
  }
  INFO("index " << at << ": " << u[at] << " against " << v[at]);
  CHECK(worst <= tolerance);
}

/// A function of some tensors whose gradients are checked.
using Operation = std::function<Tensor(const std::vector<Tensor>&)>;

/// Compares the gradient of sum(r * f(inputs)), r random, with central differences, for every
/// element of every input. Inputs are f64 on the device to check; keep them off kinks.
inline void gradcheck(const std::vector<Tensor>& inputs, const Operation& f,
                      double tolerance = 1e-8, double h = 1e-5) {
  std::vector<Tensor> leaves = inputs;
  for (Tensor& leaf : leaves) leaf.require_grad();
  Tensor r;
  {
    Tape tape;
    Tensor y = f(leaves);
    r = normal<double>(y.shape(), 999, y.device());
    tape.backward(y, r);
  }
  const std::vector<double> weights = r.values<double>();
  auto loss = [&](const std::vector<Tensor>& x) {
    const std::vector<double> y = f(x).values<double>();
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += weights[i] * y[i];
    return sum;
  };
  for (size_t which = 0; which < leaves.size(); ++which) {
    REQUIRE(leaves[which].grad().defined());
    const std::vector<double> exact = leaves[which].grad().values<double>();
    std::vector<double> x = leaves[which].values<double>();
    for (size_t i = 0; i < x.size(); ++i) {
      std::vector<Tensor> moved = inputs;
      auto at = [&](double value) {
        std::vector<double> copy = x;
        copy[i] = value;
        moved[which] = Tensor::of<double>(inputs[which].shape(), copy, inputs[which].device());
        return loss(moved);
      };
      const double numeric = (at(x[i] + h) - at(x[i] - h)) / (2 * h);
      const double scale = std::max({1.0, std::abs(exact[i]), std::abs(numeric)});
      INFO("input " << which << ", element " << i << ": gradient " << exact[i] << ", numeric "
                    << numeric);
      CHECK(std::abs(exact[i] - numeric) <= tolerance * scale);
    }
    leaves[which].clear_grad();
    leaves[which].require_grad(false);
  }
}

}  // namespace hitsieve::test
