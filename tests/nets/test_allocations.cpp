// A screener that runs takes no memory: not a frame's worth, and not for a moment.
#include <atomic>
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "engine/parallel.h"
#include "nets/screener.h"
#include "nets/train.h"
#include "tests/kernels/detector_frames.h"

namespace {

std::atomic<int64_t> allocations{0};

void* allocated(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  if (void* const memory = std::aligned_alloc(alignment, whole ? whole : alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocated(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocated(bytes, std::size_t(alignment));
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::size_t,
                                               std::align_val_t) noexcept {
  std::free(memory);
}

using namespace hitsieve;

TEST_CASE("screener, CPU: after the first frame nothing is allocated, in 1D and in 2D") {
  constexpr int64_t side = 160;
  const Tensor pixels = test::detector_frames<uint16_t>(2, side, side, 1);
  const Tensor mask = test::random_mask({side, side}, 2, 0.01, true);
  const RawFrames frames = raw_frames("test", pixels, mask, {});
  const ThisThreadAlone alone;
  for (ConvNetOptions network : {rwd_network(), cnn_network()}) {
    Preprocessing preprocessing;
    preprocessing.crop = side;
    network.length = preprocessing.length();
    const Screener screener(Model(preprocessing, ConvNet(network, {.seed = 1})));
    std::vector<Decision> decisions(2);
    screener.screen(frames, decisions);
    const int64_t before = allocations;
    for (int i = 0; i < 10; ++i) screener.screen(frames, decisions);
    CHECK(allocations == before);
  }
  CHECK(allocations > 0);
}
