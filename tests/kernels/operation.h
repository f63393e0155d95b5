// What every operation's test uses besides tensors.h: every schedule of the emulated CUDA, the same
// bits for any number of threads, and the gradient check in double precision.
#pragma once
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "engine/cuda_on_host/schedule.h"
#include "engine/parallel.h"
#include "engine/tape.h"
#include "tests/kernels/tensors.h"

namespace hitsieve::test {

/// Runs a test's body once, or, when CUDA is emulated, in every order of blocks and threads.
template <class Body>
void on_every_schedule(Body&& body) {
  emu::for_each_schedule([&](emu::Schedule schedule) {
    INFO("schedule " << emu::describe(schedule));
    body();
  });
}

/// `compute` gives the same float32 bits with one thread and with three.
inline void check_threads_agree(const std::function<std::vector<Tensor>()>& compute) {
  set_threads(1);
  const std::vector<Tensor> one = compute();
  set_threads(3);
  const std::vector<Tensor> three = compute();
  set_threads(0);
  REQUIRE(one.size() == three.size());
  for (size_t i = 0; i < one.size(); ++i) {
    const std::vector<float> a = one[i].values<float>(), b = three[i].values<float>();
    INFO("tensor " << i);
    CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
  }
}

/// A function of some tensors whose gradients are checked.
using Operation = std::function<Tensor(const std::vector<Tensor>&)>;

/// The gradients of sum(r * f(inputs)) with respect to every input, r the same for every type and
/// device.
inline std::vector<Tensor> gradients(const std::vector<Tensor>& inputs, const Operation& f) {
  std::vector<Tensor> leaves, found;
  for (const Tensor& input : inputs) leaves.push_back(input.clone().require_grad());
  Tape tape;
  const Tensor y = f(leaves);
  by_float(y.dtype(), "gradients",
           [&]<class T>() { tape.backward(y, normal<T>(y.shape(), 999, y.device())); });
  for (const Tensor& leaf : leaves) found.push_back(leaf.grad());
  return found;
}

/// Compares the gradient of sum(r * f(inputs)), r random, with central differences, for every
/// element of every input. Inputs are f64 on the device to check; keep them off kinks.
inline void gradcheck(const std::vector<Tensor>& inputs, const Operation& f,
                      double tolerance = 1e-8, double h = 1e-5) {
  const std::vector<Tensor> exact = gradients(inputs, f);
  std::vector<double> r;
  auto loss = [&](const std::vector<Tensor>& x) {
    const Tensor y = f(x);
    if (r.empty()) r = normal<double>(y.shape(), 999).values<double>();
    const std::vector<double> values = y.values<double>();
    return std::inner_product(r.begin(), r.end(), values.begin(), 0.0);
  };
  for (size_t which = 0; which < inputs.size(); ++which) {
    REQUIRE(exact[which].defined());
    const std::vector<double> found = exact[which].values<double>();
    const std::vector<double> x = inputs[which].values<double>();
    for (size_t i = 0; i < x.size(); ++i) {
      auto at = [&](double value) {
        std::vector<Tensor> moved = inputs;
        std::vector<double> copy = x;
        copy[i] = value;
        moved[which] = Tensor::of<double>(inputs[which].shape(), copy, inputs[which].device());
        return loss(moved);
      };
      const double numeric = (at(x[i] + h) - at(x[i] - h)) / (2 * h);
      const double scale = std::max({1.0, std::abs(found[i]), std::abs(numeric)});
      INFO("input " << which << ", element " << i << ": gradient " << found[i] << ", numeric "
                    << numeric);
      CHECK(std::abs(found[i] - numeric) <= tolerance * scale);
    }
  }
}

}  // namespace hitsieve::test
