// How long a program waits for the decision on one frame: the C interface, one thread, 724 x 724
// pixels of uint16 with a mask, each time another of 64 frames, as one comes from a detector and is
// in no cache. Time is the mean; the counters are the median and what 999 of 1,000 frames keep to.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <hitsieve/hitsieve.h>
#include <unistd.h>

#include "benchmarks/raw.h"
#include "nets/model.h"
#include "nets/train.h"

using namespace hitsieve;

namespace {

constexpr int64_t side = bench::side, frames_in_memory = 64;

hitsieve_screener* open_untrained() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("hitsieve-latency-" + std::to_string(::getpid()) + ".h5");
  Model({}, ConvNet(rwd_network(), {.seed = 1})).save(path, true);
  hitsieve_screener* screener = nullptr;
  hitsieve_open(path.c_str(), HITSIEVE_CPU, &screener, nullptr);
  std::filesystem::remove(path);
  return screener;
}

void latency_of_one_frame(benchmark::State& state) {
  hitsieve_screener* screener = open_untrained();
  static const bench::SimulatedFrames simulated(frames_in_memory);
  static const Tensor frames = simulated.pixels<uint16_t>(), mask = simulated.mask();
  std::vector<double> seconds;
  int64_t n = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    auto frame = hitsieve_packed_frames(frames.data<uint16_t>() + n * side * side, HITSIEVE_UINT16,
                                        1, side, side);
    frame.mask = mask.data<uint8_t>();
    hitsieve_result result;
    if (hitsieve_screen(screener, &frame, &result, nullptr) != HITSIEVE_OK)
      state.SkipWithError("the frame was refused");
    benchmark::DoNotOptimize(result);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    n = (n + 1) % frames_in_memory;
  }
  std::sort(seconds.begin(), seconds.end());
  state.SetItemsProcessed(state.iterations());
  state.counters["median_us"] = 1e6 * seconds[seconds.size() / 2];
  state.counters["p99.9_us"] = 1e6 * seconds[seconds.size() * 999 / 1000];
  hitsieve_close(screener);
}
BENCHMARK(latency_of_one_frame)->MinTime(8)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
