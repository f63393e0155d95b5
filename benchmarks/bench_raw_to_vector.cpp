// From raw pixels to the vector: the fused operation, the chain of separate ones, and thirty plain
// lines. 724 x 724 pixels in memory. Items are frames, and their rate is that of one core (by the
// CPU time of all threads together); "Time" is the wall's, for a batch of eight frames.
#include <algorithm>
#include <cmath>

#include <benchmark/benchmark.h>

#include "engine/parallel.h"
#include "kernels/raw_to_vector.h"
#include "kernels/rwd.h"
#include "tests/kernels/detector_frames.h"

using namespace hitsieve;

namespace {

constexpr int64_t side = 724, frames_of_batch = 8;  // more bytes than the second-level cache

template <class T>
const Tensor& frames() {
  static const Tensor raw = test::detector_frames<T>(frames_of_batch, side, side, 1);
  return raw;
}

/// As a detector's: single bad pixels, and gaps between its panels.
const Tensor& mask() {
  static const Tensor bad = test::random_mask({side, side}, 2, 0.003, true);
  return bad;
}

void count(benchmark::State& state, int64_t frames_done, size_t pixel_bytes) {
  state.SetItemsProcessed(frames_done);
  state.SetBytesProcessed(frames_done * side * side * int64_t(pixel_bytes));
}

/// Arguments: mask (0, 1), threads.
template <class T>
void raw_to_vector_fused(benchmark::State& state) {
  set_threads(int(state.range(1)));
  const RawFrames raw =
      raw_frames("bench", frames<T>(), state.range(0) ? mask() : Tensor(), PixelRange{});
  std::vector<float> vectors(size_t(frames_of_batch * (side - 4)));
  std::vector<FrameStatistics> statistics(frames_of_batch);
  for (auto _ : state) {
    raw_to_vector(raw, {}, Device::cpu, vectors.data(), statistics.data());
    benchmark::DoNotOptimize(vectors.data());
  }
  count(state, state.iterations() * frames_of_batch, sizeof(T));
  set_threads(0);
}

/// Arguments: window (box, Gaussian), floor (global, mean deviation).
void raw_to_vector_other_windows(benchmark::State& state) {
  set_threads(1);
  const LcnOptions options{.kind = Window(state.range(0)), .floor = Floor(state.range(1))};
  const Tensor &raw = frames<uint16_t>(), &bad = mask();
  for (auto _ : state) raw_to_vector(raw, bad, {}, options);
  count(state, state.iterations() * frames_of_batch, sizeof(uint16_t));
  set_threads(0);
}

template <class T>
void raw_to_vector_chain(benchmark::State& state) {
  set_threads(int(state.range(1)));
  const Tensor &raw = frames<T>(), bad = state.range(0) ? mask() : Tensor();
  for (auto _ : state) {
    const Tensor vectors = rwd(lcn(gcn(raw, bad)));
    benchmark::DoNotOptimize(vectors.bytes());
  }
  count(state, state.iterations() * frames_of_batch, sizeof(T));
  set_threads(0);
}

/// What one would write first: no mask, float32, sums that run down the columns.
void plain_vector(const uint16_t* p, float* vector) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < side * side; ++i) sum += p[i], squares += double(p[i]) * p[i];
  const float mean = float(sum / (side * side));
  const float variance = float(squares / (side * side) - double(mean) * mean);
  std::vector<float> s(side), q(side);
  for (int64_t h = 0; h < side; ++h) {
    for (int64_t w = 0; w < side; ++w) {
      const float x = p[h * side + w] - mean;
      s[size_t(w)] += x, q[size_t(w)] += x * x;
      if (h < 5) continue;
      const float old = p[(h - 5) * side + w] - mean;
      s[size_t(w)] -= old, q[size_t(w)] -= old * old;
    }
    if (h < 4) continue;
    float top = -1e30f, bottom = 1e30f;
    for (int64_t w = 0; w + 4 < side; ++w) {
      float a = 0, b = 0;
      for (int64_t k = 0; k < 5; ++k) a += s[size_t(w + k)], b += q[size_t(w + k)];
      const float m = a / 25, v = std::max(b / 25 - m * m, variance);
      const float y = (p[(h - 2) * side + w + 2] - mean - m) / std::sqrt(v);
      top = std::max(top, y), bottom = std::min(bottom, y);
    }
    vector[h - 4] = top - bottom;
  }
}

void raw_to_vector_thirty_plain_lines(benchmark::State& state) {
  std::vector<float> vector(side - 4);
  const uint16_t* pixels = frames<uint16_t>().data<uint16_t>();
  for (auto _ : state) {
    for (int64_t n = 0; n < frames_of_batch; ++n) {
      plain_vector(pixels + n * side * side, vector.data());
      benchmark::DoNotOptimize(vector.data());
    }
  }
  count(state, state.iterations() * frames_of_batch, sizeof(uint16_t));
}

#define BENCH(name) BENCHMARK(name)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()
#define MASK_AND_THREADS \
  ArgNames({"mask", "threads"})->Args({0, 1})->Args({1, 1})->Args({0, 2})->Args({1, 2})

BENCH(raw_to_vector_thirty_plain_lines);
BENCH(raw_to_vector_fused<uint16_t>)->MASK_AND_THREADS;
BENCH(raw_to_vector_fused<int16_t>)->MASK_AND_THREADS;
BENCH(raw_to_vector_fused<int32_t>)->MASK_AND_THREADS;
BENCH(raw_to_vector_fused<float>)->MASK_AND_THREADS;
BENCH(raw_to_vector_other_windows)
    ->ArgNames({"gaussian", "mean_floor"})
    ->ArgsProduct({{0, 1}, {0, 1}});
BENCH(raw_to_vector_chain<uint16_t>)->MASK_AND_THREADS;
BENCH(raw_to_vector_chain<float>)->MASK_AND_THREADS;

}  // namespace
