// The RWD method's network on vectors in memory: the frozen one as screening runs it, the same
// network layer by layer, and training.
#include <benchmark/benchmark.h>

#include "engine/parallel.h"
#include "engine/philox.h"
#include "kernels/baseline_scale.h"
#include "nets/screener.h"
#include "nets/train.h"

namespace hitsieve {
namespace {

Tensor vectors(int64_t N) {
  Random random(1);
  std::vector<float> values(size_t(N * 720));
  for (float& v : values)
    v = float(10 + random.exponential() + (random.below(50) == 0 ? 20 * random.uniform() : 0));
  return Tensor::of<float>({N, 720}, values);
}

Model untrained() { return {Preprocessing{}, ConvNet(rwd_network(), {.seed = 1})}; }

void report(benchmark::State& state, int64_t N) {
  state.SetItemsProcessed(state.iterations() * N);
  const ConvNetOptions network = rwd_network();
  state.counters["MAC/s"] = benchmark::Counter(
      double(state.iterations() * N * network.multiply_adds()), benchmark::Counter::kIsRate);
}

/// Baseline, network and score: all that screening does to a vector.
void frozen_network(benchmark::State& state) {
  set_threads(int(state.range(1)));
  const Screener screener(untrained());
  const Tensor x = vectors(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(screener.log_odds(x));
  report(state, state.range(0));
  set_threads(0);
}
BENCHMARK(frozen_network)
    ->ArgsProduct({{1, 64, 4096}, {1, 2}})
    ->ArgNames({"N", "threads"})
    ->UseRealTime();

/// The trainable network in inference, on vectors scaled already.
void layered_network(benchmark::State& state) {
  set_threads(int(state.range(1)));
  const ConvNet network(rwd_network(), {.seed = 1});
  const Tensor x = baseline_scale(vectors(state.range(0)));
  Mode mode;
  for (auto _ : state) benchmark::DoNotOptimize(network(x, mode));
  report(state, state.range(0));
  set_threads(0);
}
BENCHMARK(layered_network)
    ->ArgsProduct({{64, 1024}, {1, 2}})
    ->ArgNames({"N", "threads"})
    ->UseRealTime();

/// An epoch on `labels` frames, its validation included.
void training(benchmark::State& state) {
  const int64_t labels = state.range(0);
  LabelledFrames set{vectors(labels), {}, {}};
  for (int64_t n = 0; n < labels; ++n) set.classes.push_back(FrameClass(n % 3));
  TrainOptions options;
  options.settings.epochs = 4;
  for (auto _ : state) benchmark::DoNotOptimize(train(set, set, options));
  state.SetItemsProcessed(state.iterations() * options.settings.epochs * labels);
}
BENCHMARK(training)->Arg(200)->ArgName("labels")->Unit(benchmark::kMillisecond)->UseRealTime();

void baseline(benchmark::State& state) {
  set_threads(1);
  const Tensor x = vectors(64);
  for (auto _ : state) benchmark::DoNotOptimize(baseline_scale(x));
  state.SetItemsProcessed(state.iterations() * 64);
  set_threads(0);
}
BENCHMARK(baseline);

}  // namespace
}  // namespace hitsieve
