// Divisor against the division that it stands for, up to the largest index that it promises.
#include <algorithm>
#include <cstdint>

#include <doctest/doctest.h>

#include "engine/divisor.cuh"
#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

/// The indices around a multiple of the size, a thread each: how many it gets wrong.
__global__ void check_kernel(Divisor by, int middle, int largest, int* wrong) {
  const int index = middle - 1 + int(threadIdx.x);
  if (index < 0 || index > largest) return;
  const int quotient = by.quotient(index);
  if (quotient != index / by.size() || by.rest(index, quotient) != index % by.size())
    atomicAdd(wrong, 1);
}

}  // namespace

TEST_CASE("Divisor divides as / does, around multiples of the size") {
  if (!device_present()) return;
  OnDevice<int> wrong(std::vector<int>{0});
  for (int size : {1, 2, 3, 5, 7, 8, 31, 34, 63, 64, 100, 127, 181, 255, 256, 1009, 4096, 65535}) {
    const int64_t largest = std::min<int64_t>((int64_t(1) << 32) / size - 1, INT32_MAX - 2);
    for (int64_t index : {int64_t(0), largest / 3, largest / 2, largest - size, largest})
      for (int64_t multiple : {index / size, index / size + 1})
        if (multiple * size <= largest)
          launch(check_kernel, 1, 32, 0, Divisor(size), int(multiple * size), int(largest), wrong);
  }
  CHECK(wrong.host()[0] == 0);
}
