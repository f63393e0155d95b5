// The layers of the 2D network (Ke et al. 2018) on frames in memory, in float32 on the CPU: each
// pass of its convolutions, and what stands between them on its largest activations. On one thread:
// rates are those of a core.
#include <benchmark/benchmark.h>

#include "engine/parallel.h"
#include "engine/philox.h"
#include "engine/tape.h"
#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/pool2d.h"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

constexpr int64_t batch = 8;

Tensor normal(const Shape& shape, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(size_t(shape.count()));
  for (float& v : values) v = float(random.normal());
  return Tensor::of<float>(shape, values);
}

constexpr Conv2dSizes layers[] = {
    {batch, 1, 720, 720, 4, 7, 7, 2, 3},
    {batch, 4, 181, 181, 8, 3, 3, 2, 1},
    {batch, 8, 46, 46, 16, 3, 3, 2, 1},
    {batch, 16, 12, 12, 32, 3, 3, 2, 1},
};

enum Pass { forward, backward_x, backward_weight };

/// A pass of one layer: MAC/s counts the products of its definition.
void conv2d_pass(benchmark::State& state) {
  const Conv2dSizes& s = layers[state.range(0)];
  set_threads(1);
  const Tensor x = normal({s.N, s.C, s.H, s.W}, 1), weight = normal({s.K, s.C, s.R, s.S}, 2);
  const Tensor y = normal({s.N, s.K, s.output_height(), s.output_width()}, 3);
  const Conv2dKernels<float>& cpu = On<Conv2dKernels<float>>::cpu;
  float *px = x.data<float>(), *pw = weight.data<float>(), *py = y.data<float>();
  for (auto _ : state) {
    if (state.range(1) == forward)
      cpu.forward(s, px, pw, nullptr, py);
    else if (state.range(1) == backward_x)
      cpu.backward_x(s, py, pw, px);
    else
      cpu.backward_weight(s, py, px, pw);
    benchmark::ClobberMemory();
  }
  state.counters["MAC/s"] = benchmark::Counter(
      double(state.iterations() * y.count() * s.C * s.R * s.S), benchmark::Counter::kIsRate);
  set_threads(0);
}
BENCHMARK(conv2d_pass)
    ->ArgsProduct({{0, 1, 2, 3}, {forward, backward_x, backward_weight}})
    ->ArgNames({"layer", "pass"});

/// Forward and backward of what follows the first convolution; bytes are those of x.
template <class Operation>
void forward_and_backward(benchmark::State& state, const Operation& f) {
  set_threads(1);
  const Tensor x = normal({batch, 4, 360, 360}, 1).require_grad();
  const Tensor dy = normal(f(x).shape(), 2);
  for (auto _ : state) {
    Tape tape;
    const Tensor y = f(x);
    tape.backward(y, dy);
    x.clear_grad();
  }
  state.SetBytesProcessed(state.iterations() * x.count() * int64_t(sizeof(float)));
  set_threads(0);
}

void max_pool2d_step(benchmark::State& state) {
  forward_and_backward(state, [](const Tensor& x) { return max_pool2d(x, {3, 2, 1, true}); });
}
BENCHMARK(max_pool2d_step);

void batch_norm2d_step(benchmark::State& state) {
  const Tensor weight = normal({4}, 3).require_grad(), bias = normal({4}, 4).require_grad();
  const Tensor mean = Tensor::zeros({4}), var = Tensor::zeros({4});
  forward_and_backward(state, [&](const Tensor& x) {
    return batch_norm(x, weight, bias, mean, var, {.training = true});
  });
}
BENCHMARK(batch_norm2d_step);

void relu2d_step(benchmark::State& state) {
  forward_and_backward(state, [](const Tensor& x) { return relu(x); });
}
BENCHMARK(relu2d_step);

}  // namespace
}  // namespace hitsieve
