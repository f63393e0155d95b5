// Whole networks on data in memory: the frozen one as screening runs it, the same layer by layer,
// and training. Items are vectors or images.
#include <benchmark/benchmark.h>

#include "benchmarks/shapes.h"
#include "engine/parallel.h"
#include "engine/philox.h"
#include "engine/tape.h"
#include "kernels/baseline_scale.h"
#include "kernels/raw_to_image.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/optimizer.h"
#include "nets/screener.h"

namespace hitsieve {
namespace {

Tensor vectors(int64_t N) {
  Random random(1);
  std::vector<float> values(size_t(N * 720));
  for (float& v : values)
    v = float(10 + random.exponential() + (random.below(50) == 0 ? 20 * random.uniform() : 0));
  return Tensor::of<float>({N, 720}, values);
}

Tensor stored_images(int64_t N) {
  Random random(1);
  std::vector<int16_t> values(size_t(N * 720 * 720));
  for (int16_t& v : values) v = int16_t(1000 * random.normal());
  return Tensor::of<int16_t>({N, 720, 720}, values);
}

ConvNetOptions options_of(bool images) { return images ? cnn_network() : rwd_network(); }

void report(benchmark::State& state, const ConvNetOptions& network, int64_t N, int passes) {
  state.SetItemsProcessed(state.iterations() * N);
  state.counters["flops/s"] =
      benchmark::Counter(double(state.iterations() * N * passes * 2 * network.multiply_adds()),
                         benchmark::Counter::kIsRate);
}

/// Baseline, network and score: all that screening does to a vector; of an image what is left when
/// its noise has been scaled.
void frozen(benchmark::State& state) {
  const int64_t N = state.range(1);
  const bool images = state.range(0) == 2;
  set_threads(int(state.range(2)));
  const Screener screener(Model({}, ConvNet(options_of(images), {.seed = 1})));
  const Tensor x = images ? stored_images(N) : vectors(N);
  for (auto _ : state) benchmark::DoNotOptimize(screener.log_odds(x));
  report(state, options_of(images), N, 1);
  set_threads(0);
}
BENCHMARK(frozen)
    ->Name("network/frozen")
    ->ArgNames({"dimensions", "N", "threads"})
    ->ArgsProduct({{1}, {1, 64, 4096}, {1, 2}})
    ->ArgsProduct({{2}, {1, 16}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// The trainable network in inference, on vectors or images scaled already.
void layered(benchmark::State& state) {
  const int64_t N = state.range(1);
  const bool images = state.range(0) == 2;
  set_threads(int(state.range(2)));
  const ConvNet network(options_of(images), {.seed = 1});
  const Tensor x = images ? Tensor::zeros({N, 720, 720}) : baseline_scale(vectors(N));
  Mode mode;
  for (auto _ : state) benchmark::DoNotOptimize(network(x, mode));
  report(state, options_of(images), N, 1);
  set_threads(0);
}
BENCHMARK(layered)
    ->Name("network/layered")
    ->ArgNames({"dimensions", "N", "threads"})
    ->ArgsProduct({{1}, {64, 1024}, {1, 2}})
    ->ArgsProduct({{2}, {16}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// Forward, backward and Adam on a batch of `hitsieve train`.
void training_step(benchmark::State& state) {
  const bool images = state.range(0) == 2;
  set_threads(int(state.range(1)));
  const int64_t N = method_options(images ? "cnn" : "rwd").settings.batch;
  ConvNet network(options_of(images), {.seed = 1});
  Optimizer optimizer(network.parameters(), AdamOptions{.learning_rate = 0, .weight_decay = 1e-3});
  const Tensor x = images ? Tensor::zeros({N, 720, 720}) : baseline_scale(vectors(N));
  if (images) unpack_images(x.count(), stored_images(N).data<int16_t>(), x.data<float>());
  std::vector<int32_t> classes;
  for (int64_t n = 0; n < N; ++n) classes.push_back(int32_t(n % 3));
  const Tensor targets = Tensor::of<int32_t>({N}, classes);
  Mode mode{.training = true, .seed = 1};
  for (auto _ : state) {
    Tape tape;
    tape.backward(softmax_cross_entropy(network(x, mode), targets));
    optimizer.step(1e-3);
  }
  report(state, options_of(images), N, 3);
  set_threads(0);
}
BENCHMARK(training_step)
    ->Name("network/training_step")
    ->ArgNames({"dimensions", "threads"})
    ->ArgsProduct({{1, 2}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// All of a training but the reading: four epochs on `labels` frames, validation included.
void training(benchmark::State& state) {
  const int64_t labels = state.range(0);
  LabelledFrames set{vectors(labels), {}, {}};
  for (int64_t n = 0; n < labels; ++n) set.classes.push_back(FrameClass(n % 3));
  TrainOptions options;
  options.settings.epochs = 4;
  for (auto _ : state) benchmark::DoNotOptimize(train(set, set, options));
  state.SetItemsProcessed(state.iterations() * options.settings.epochs * labels);
}
BENCHMARK(training)
    ->Name("network/training")
    ->ArgName("labels")
    ->Arg(200)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace hitsieve
