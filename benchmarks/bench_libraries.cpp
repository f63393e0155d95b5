// A race on a GPU: this project's kernels against cuBLAS and cuDNN, in float32, on the shapes of
// the networks (the images' at a batch of 32, the vectors' at 1024). Times are those of a call
// among many that are queued without waiting. Without a GPU or without the libraries: nothing but a
// line.
//   hitsieve_benchmarks --benchmark_filter='^(gemm|conv2d|pool2d|batch_norm)/'
#include <functional>
#include <iostream>

#include <benchmark/benchmark.h>

#include "engine/philox.h"
#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/gemm.h"
#include "kernels/pool2d.h"

namespace hitsieve {
namespace {

constexpr int64_t images = 32, vectors = 1024;

float* normal(std::vector<Tensor>& memory, int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = float(random.normal());
  memory.push_back(Tensor::of<float>({count}, values, Device::cuda));
  return memory.back().data<float>();
}

/// Allocates and returns the call to be timed, with functions `by`.
template <class Ops>
using Prepare = std::function<std::function<void()>(std::vector<Tensor>& memory, const Ops& by)>;

/// Registers NAME/LIBRARY and NAME/ours.
template <class Ops>
void race(const std::string& name, const Prepare<Ops>& prepare) {
  for (const bool theirs : {true, false}) {
    const auto run = [=](benchmark::State& state) {
      constexpr int calls = 50;
      const LibraryScope scope(library_of<Ops>, theirs);
      std::vector<Tensor> memory;
      const auto call = prepare(memory, pick<Ops>(Device::cuda));
      const auto wait = pick<DeviceOps>(Device::cuda).synchronize;
      call(), wait();  // what is found or loaded at a first call
      while (state.KeepRunningBatch(calls)) {
        for (int i = 0; i < calls; ++i) call();
        wait();
      }
    };
    const std::string by = theirs ? text(library_of<Ops>) : "ours";
    benchmark::RegisterBenchmark((name + '/' + by).c_str(), run)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

void race_gemm() {
  const auto product = [](const char* what, const GemmSizes& s) {
    race<GemmKernels<float>>(
        text("gemm/", what), [=](std::vector<Tensor>& memory, const GemmKernels<float>& by) {
          const float *a = normal(memory, s.M * s.K, 1), *b = normal(memory, s.K * s.N, 2);
          float* c = normal(memory, s.M * s.N, 3);
          return [=, &by] { by.product(s, a, b, c); };
        });
  };
  product("features_forward", {images, 32, 288, false, true});
  product("features_gradient", {images, 288, 32});
  product("features_weight", {32, 288, images, true, false});
  product("large", {1024, 1024, 1024});
}

void race_conv2d() {
  const Conv2dSizes layers[] = {
      {images, 1, 720, 720, 4, 7, 7, 2, 3},     {images, 4, 181, 181, 8, 3, 3, 2, 1},
      {images, 8, 46, 46, 16, 3, 3, 2, 1},      {images, 16, 12, 12, 32, 3, 3, 2, 1},
      {vectors, 1, 1, 720, 8, 1, 5, 1, {0, 2}}, {vectors, 8, 1, 240, 16, 1, 3, 1, {0, 1}},
  };
  enum Pass { forward, backward_x, backward_weight, backward_bias };
  constexpr const char* passes[] = {"forward", "backward_x", "backward_weight", "backward_bias"};
  for (const Conv2dSizes& s : layers)
    for (const Pass pass : {forward, backward_x, backward_weight, backward_bias})
      race<Conv2dKernels<float>>(text("conv2d/", s.C, 'x', s.H, 'x', s.W, '/', passes[pass]),
                                 [=](std::vector<Tensor>& memory, const Conv2dKernels<float>& by) {
                                   float* x = normal(memory, s.N * s.C * s.H * s.W, 1);
                                   float* weight = normal(memory, s.K * s.C * s.R * s.S, 2);
                                   float* y = normal(memory, s.N * s.K * s.output_area(), 3);
                                   float* bias = normal(memory, s.K, 4);
                                   return [=, &by] {
                                     if (pass == forward) by.forward(s, x, weight, bias, y);
                                     if (pass == backward_x) by.backward_x(s, y, weight, x);
                                     if (pass == backward_weight)
                                       by.backward_weight(s, y, x, weight);
                                     if (pass == backward_bias) by.backward_bias(s, y, bias);
                                   };
                                 });
}

/// The networks' windows hang over the end, which cuDNN cannot express: images are one larger here,
/// so that as many windows fit. Of the maximum's gradient cuDNN's part alone is timed.
void race_pool2d() {
  const Pool2dSizes layers[] = {
      {images * 4, {361, 181, 3, 2, 1}, {361, 181, 3, 2, 1}},
      {images * 8, {92, 46, 2, 2, 0}, {92, 46, 2, 2, 0}},
      {images * 16, {24, 12, 2, 2, 0}, {24, 12, 2, 2, 0}},
      {vectors * 8, {1, 1, 1, 1, 0}, {720, 240, 3, 3, 0}},
  };
  enum Pass { max_forward, max_backward, avg_forward, avg_backward };
  constexpr const char* passes[] = {"max_forward", "max_backward", "avg_forward", "avg_backward"};
  for (const Pool2dSizes& s : layers)
    for (const Pass pass : {max_forward, max_backward, avg_forward, avg_backward})
      race<Pool2dKernels<float>>(text("pool2d/", s.y.length, 'x', s.x.length, '/', passes[pass]),
                                 [=](std::vector<Tensor>& memory, const Pool2dKernels<float>& by) {
                                   float *x = normal(memory, s.planes * s.pixels(), 1), *dx = x;
                                   float *y = normal(memory, s.planes * s.area(), 2), *dy = y;
                                   if (pass == max_backward) {
                                     dx = normal(memory, s.planes * s.pixels(), 3);
                                     dy = normal(memory, s.planes * s.area(), 4);
                                     by.max_forward(s, x, y);
                                   }
                                   const bool theirs = uses(Library::cudnn);
                                   return [=, &by] {
                                     if (pass == max_forward) by.max_forward(s, x, y);
                                     if (pass == max_backward && !theirs)
                                       by.max_backward(s, dy, x, dx);
                                     if constexpr (built_with(Library::cudnn))
                                       if (pass == max_backward && theirs)
                                         cudnn_max_backward(s, dy, x, y, dx);
                                     if (pass == avg_forward) by.avg_forward(s, x, y);
                                     if (pass == avg_backward) by.avg_backward(s, dy, dx);
                                   };
                                 });
}

void race_batch_norm() {
  const BatchNormSizes layers[] = {
      {images, 4, 360 * 360}, {images, 8, 91 * 91}, {images, 16, 23 * 23}, {vectors, 8, 720}};
  enum Pass { train, backward_train, infer };
  constexpr const char* passes[] = {"train", "backward_train", "infer"};
  for (const BatchNormSizes& s : layers)
    for (const Pass pass : {train, backward_train, infer})
      race<BatchNormKernels<float>>(
          text("batch_norm/", s.C, 'x', s.S, '/', passes[pass]),
          [=](std::vector<Tensor>& memory, const BatchNormKernels<float>& by) {
            const BatchNormOptions o{.training = true};
            const int64_t count = s.N * s.C * s.S;
            float *x = normal(memory, count, 1), *y = normal(memory, count, 2);
            float *dx = normal(memory, count, 3), *weight = normal(memory, s.C, 4);
            float *bias = normal(memory, s.C, 5), *mean = normal(memory, s.C, 6);
            float *inverse_std = normal(memory, s.C, 7), *dweight = normal(memory, s.C, 8);
            float *dbias = normal(memory, s.C, 9), *running_mean = normal(memory, s.C, 10);
            float* running_var = normal(memory, s.C, 11);
            memory.back().fill(1);
            return [=, &by] {
              if (pass == train)
                by.train(s, o, x, weight, bias, y, mean, inverse_std, running_mean, running_var);
              if (pass == backward_train)
                by.backward_train(s, o, y, x, mean, inverse_std, weight, dx, dweight, dbias);
              if (pass == infer) by.infer(s, o, x, running_mean, running_var, weight, bias, y);
            };
          });
}

[[maybe_unused]] const bool registered = [] {
  const bool cublas = built_with(Library::cublas), cudnn = built_with(Library::cudnn);
  if (!cublas && !cudnn) {
    std::cerr << "races with cuBLAS and cuDNN: left out, this build is without them\n";
  } else if (!available(Device::cuda)) {
    std::cerr << "races with cuBLAS and cuDNN: left out, " << description(Device::cuda) << '\n';
  } else {
    if (cublas) race_gemm();
    if (cudnn) race_conv2d(), race_pool2d(), race_batch_norm();
  }
  return true;
}();

}  // namespace
}  // namespace hitsieve
