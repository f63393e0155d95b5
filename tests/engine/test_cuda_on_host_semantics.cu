// What CUDA's threads, barriers and warp operations mean. The same tests run on a GPU.
#include <numeric>

#include <doctest/doctest.h>

#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

constexpr unsigned kAll = 0xffffffffu;

__global__ void indices_kernel(int* y) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned i = block * blockDim.x * blockDim.y * blockDim.z + thread;
  y[i] += int(i) + 1;
}

enum Kind { from_index, up, down, xored };

__global__ void shuffle_kernel(Kind kind, int delta, int width, int* y) {
  const int lane = int(threadIdx.x % 32), value = 100 + lane;
  y[threadIdx.x] = kind == from_index ? __shfl_sync(kAll, value, delta, width)
                   : kind == up       ? __shfl_up_sync(kAll, value, unsigned(delta), width)
                   : kind == down     ? __shfl_down_sync(kAll, value, unsigned(delta), width)
                                      : __shfl_xor_sync(kAll, value, delta, width);
}

/// The source lane, after the pseudo-code of shfl.sync in the PTX ISA manual.
int ptx_source_lane(Kind kind, int lane, int delta, int width) {
  const int segmask = 32 - width, b = delta & 31, clamp = kind == up ? 0 : 31;
  const int max_lane = (lane & segmask) | (clamp & ~segmask);
  const int min_lane = lane & segmask;
  int j = 0;
  bool inside = false;
  switch (kind) {
    case up:
      j = lane - b, inside = j >= max_lane;
      break;
    case down:
      j = lane + b, inside = j <= max_lane;
      break;
    case xored:
      j = lane ^ b, inside = j <= max_lane;
      break;
    case from_index:
      j = min_lane | (b & ~segmask), inside = j <= max_lane;
      break;
  }
  return inside ? j : lane;
}

__global__ void shuffle_types_kernel(double* d, float* f, long long* l, unsigned* u) {
  const unsigned t = threadIdx.x;
  d[t] = __shfl_down_sync(kAll, 1.0 / (1 + t), 1);
  f[t] = __shfl_up_sync(kAll, 0.5f * float(t), 1);
  l[t] = __shfl_xor_sync(kAll, (1LL << 40) + t, 1);
  u[t] = __shfl_sync(kAll, t, 31);
}

__global__ void vote_kernel(unsigned* y) {
  const unsigned t = threadIdx.x, lane = t % 32;
  unsigned* const mine = y + 8 * t;
  mine[0] = __ballot_sync(kAll, lane % 3 == 0);
  mine[1] = unsigned(__any_sync(kAll, t == 40));
  mine[2] = unsigned(__all_sync(kAll, t < 32));
  mine[3] = __reduce_add_sync(kAll, lane);
  mine[4] = unsigned(__reduce_min_sync(kAll, int(lane) - 5));
  mine[5] = __reduce_max_sync(kAll, t);
  mine[6] = __match_any_sync(kAll, lane % 4);
  mine[7] = __reduce_xor_sync(kAll, lane);
}

/// The halves of a warp take different branches, with as many meetings each as they like.
__global__ void halves_kernel(int* y) {
  int sum = int(threadIdx.x);
  if (threadIdx.x % 32 < 16) {
    for (int d = 8; d > 0; d /= 2) sum += __shfl_xor_sync(0x0000ffffu, sum, d);
  } else {
    sum = int(__reduce_add_sync(0xffff0000u, 1u));
    __syncwarp(0xffff0000u);
  }
  y[threadIdx.x] = sum;
}

__device__ float warp_sum(float v) {
  for (unsigned d = 16; d > 0; d /= 2) v += __shfl_down_sync(kAll, v, d);
  return v;
}

/// Only the first warp shuffles in the second step.
__global__ void block_sum_kernel(const float* x, float* y) {
  SHARED(float, partial, [32]);
  const unsigned t = threadIdx.x;
  float v = warp_sum(x[blockIdx.x * blockDim.x + t]);
  if (t % 32 == 0) partial[t / 32] = v;
  __syncthreads();
  if (t < 32) {
    v = warp_sum(t < blockDim.x / 32 ? partial[t] : 0.0f);
    if (t == 0) y[blockIdx.x] = v;
  }
}

__global__ void block_vote_kernel(int* y) {
  const int t = int(threadIdx.x);
  const int count = __syncthreads_count(t % 3 == 0), every = __syncthreads_and(t >= 0),
            not_every = __syncthreads_and(t > 0), some = __syncthreads_or(t == 77),
            none = __syncthreads_or(t < 0);
  y[t] =
      count * 10000 + (every != 0) * 1000 + (not_every != 0) * 100 + (some != 0) * 10 + (none != 0);
}

/// A scan whose every round has two barriers; the block's threads are 3-dimensional.
__global__ void scan_kernel(int* y) {
  DYN_SHARED(int, row);
  const int n = int(blockDim.x * blockDim.y * blockDim.z);
  const int t = int((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x);
  row[t] = t + 1;
  __syncthreads();
  for (int d = 1; d < n; d *= 2) {
    const int other = t >= d ? row[t - d] : 0;
    __syncthreads();
    row[t] += other;
    __syncthreads();
  }
  y[int(blockIdx.x) * n + t] = row[t];
}

/// Thread 0 waits in a loop for the last one.
__global__ void spin_kernel(int* flag, int* y) {
  if (threadIdx.x == 0) {
    while (atomicAdd(flag, 0) == 0) __nanosleep(20);
    *y = 7;
  } else if (threadIdx.x == blockDim.x - 1) {
    atomicExch(flag, 1);
  }
}

struct Parameters {
  int n;
  float scale[3];
  const float* x;
};
__global__ void parameters_kernel(Parameters p, float* y) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (int(i) < p.n) y[i] = p.scale[i % 3] * p.x[i];
}

/// More dynamic shared memory than a kernel gets without asking.
__global__ void large_shared_kernel(int count, float* y) {
  DYN_SHARED(float, memory);
  for (int i = int(threadIdx.x); i < count; i += int(blockDim.x)) memory[i] = float(i);
  __syncthreads();
  if (threadIdx.x == 0) *y = memory[count - 1];
}

}  // namespace

TEST_CASE("launch: every thread has its own indices, in three dimensions") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<int> y(std::vector<int>(2 * 3 * 4 * 5 * 6 * 7));
    launch(indices_kernel, {2, 3, 4}, dim3(5, 6, 7), 0, y);
    const auto host = y.host();
    for (size_t i = 0; i < host.size(); ++i) REQUIRE(host[i] == int(i) + 1);
  });
}

TEST_CASE("shuffles: every width and distance, as PTX defines them") {
  if (!device_present()) return;
  OnDevice<int> y(64);
  for (const Kind kind : {from_index, up, down, xored})
    for (int width = 1; width <= 32; width *= 2)
      for (int delta = 0; delta <= 33; ++delta) {
        launch(shuffle_kernel, 1, 64, 0, kind, delta, width, y);
        const auto host = y.host();
        for (int t = 0; t < 64; ++t) {
          INFO("kind ", int(kind), " width ", width, " delta ", delta, " thread ", t);
          REQUIRE(host[size_t(t)] == 100 + ptx_source_lane(kind, t % 32, delta, width));
        }
      }
}

TEST_CASE("shuffles: values of 4 and 8 bytes") {
  if (!device_present()) return;
  OnDevice<double> d(32);
  OnDevice<float> f(32);
  OnDevice<long long> l(32);
  OnDevice<unsigned> u(32);
  launch(shuffle_types_kernel, 1, 32, 0, d, f, l, u);
  CHECK(d.host()[3] == 1.0 / 5);
  CHECK(d.host()[31] == 1.0 / 32);
  CHECK(f.host()[3] == 1.0f);
  CHECK(l.host()[6] == (1LL << 40) + 7);
  CHECK(u.host()[0] == 31);
}

TEST_CASE("votes and reductions of a warp") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<unsigned> y(64 * 8);
    launch(vote_kernel, 1, 64, 0, y);
    const auto host = y.host();
    for (unsigned t = 0; t < 64; ++t) {
      const unsigned* const mine = &host[t * 8];
      REQUIRE(mine[0] == 0x49249249u);
      REQUIRE(mine[1] == unsigned(t >= 32));
      REQUIRE(mine[2] == unsigned(t < 32));
      REQUIRE(mine[3] == 496);
      REQUIRE(int(mine[4]) == -5);
      REQUIRE(mine[5] == (t < 32 ? 31 : 63));
      REQUIRE(mine[6] == 0x11111111u << t % 4);
      REQUIRE(mine[7] == 0);
    }
  });
}

TEST_CASE("the halves of a warp may meet apart") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<int> y(64);
    launch(halves_kernel, 1, 64, 0, y);
    const auto host = y.host();
    for (int t = 0; t < 64; ++t)
      REQUIRE(host[size_t(t)] == (t % 32 >= 16 ? 16 : t < 32 ? 120 : 120 + 16 * 32));
  });
}

TEST_CASE("a block's sum, with shuffles in one warp only") {
  if (!device_present()) return;
  std::vector<float> x(3 * 256);
  std::iota(x.begin(), x.end(), 0.0f);
  OnDevice<float> dx(x), y(3);
  emu::for_each_schedule([&] {
    launch(block_sum_kernel, 3, 256, 0, dx, y);
    CHECK(y.host() == std::vector<float>{32640, 98176, 163712});
  });
}

TEST_CASE("barriers that vote") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<int> y(100);
    launch(block_vote_kernel, 1, 100, 0, y);
    CHECK(y.host() == std::vector<int>(100, 341010));
  });
}

TEST_CASE("a scan in dynamic shared memory, up to the largest block") {
  if (!device_present()) return;
  for (const dim3 block : {dim3(1), dim3(7, 3, 2), dim3(33, 5), dim3(16, 8, 8), dim3(4, 4, 64)}) {
    const int n = int(block.x * block.y * block.z);
    emu::for_each_schedule([&] {
      OnDevice<int> y(size_t(5 * n));
      launch(scan_kernel, 5, block, size_t(n) * sizeof(int), y);
      const auto host = y.host();
      for (int i = 0; i < 5 * n; ++i) REQUIRE(host[size_t(i)] == (i % n + 1) * (i % n + 2) / 2);
    });
  }
}

TEST_CASE("a thread may wait for another in a loop that sleeps") {
  if (!device_present()) return;
  emu::for_each_schedule([] {
    OnDevice<int> flag(std::vector<int>{0}), y(1);
    launch(spin_kernel, 1, 96, 0, flag, y);
    CHECK(y.host()[0] == 7);
  });
}

TEST_CASE("launch_over: any count, structs as parameters") {
  if (!device_present()) return;
  for (const int n : {0, 1, 255, 256, 257, 5000}) {
    std::vector<float> x(size_t(n) + 1, 2.0f);
    OnDevice<float> dx(x), y(x);
    launch_over(n, parameters_kernel, Parameters{n, {1, 2, 3}, dx}, y);
    const auto host = y.host();
    for (int i = 0; i < n; ++i) REQUIRE(host[size_t(i)] == 2.0f * float(i % 3 + 1));
    CHECK(host[size_t(n)] == 2.0f);
  }
  const auto negative = [] { launch_over(-1, indices_kernel, static_cast<int*>(nullptr)); };
  const std::string message = error_of(negative);
  CHECK(contains(message, "launch over -1 elements at "));
  CHECK(contains(message, "test_cuda_on_host_semantics.cu:"));
}

TEST_CASE("a block may have more than 48 KB of dynamic shared memory") {
  if (!device_present()) return;
  OnDevice<float> y(1);
  launch(large_shared_kernel, 1, 128, 100 * 1024, 25600, y);
  CHECK(y.host()[0] == 25599);
}
