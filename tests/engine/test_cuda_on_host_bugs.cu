// Bugs in kernels that the emulator must find, and what it says about each.
#include <cmath>

#include <doctest/doctest.h>

#include "engine/ptx.cuh"
#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

constexpr unsigned kAll = 0xffffffffu;

constexpr int skips_barrier_line = __LINE__ + 2;
__global__ void skips_barrier() {
  if (threadIdx.x >= 24) __syncthreads();
}
__global__ void returns_early(int n) {
  if (int(threadIdx.x) >= n) return;
  __syncthreads();
}
__global__ void loops_apart() {
  for (unsigned i = 0; i <= threadIdx.x / 32; ++i) __syncthreads();
}
__global__ void two_barriers() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}
__global__ void shuffles_in_a_branch(int* y) {
  if (threadIdx.x < 8) *y = __shfl_xor_sync(kAll, int(threadIdx.x), 1);
}
__global__ void lane_outside_its_mask(int* y) {
  *y = int(__ballot_sync(threadIdx.x < 16 ? kAll : 0x0000ffffu, 1));
}
__global__ void shuffles_apart(int* y) {
  if (threadIdx.x < 16) {
    *y = __shfl_xor_sync(kAll, 1, 1);
  } else {
    *y = __shfl_down_sync(kAll, 1, 1);
  }
}
__global__ void masks_apart(int* y) { *y = __any_sync(threadIdx.x < 16 ? kAll : 0xffff0000u, 1); }
__global__ void lanes_that_are_not_there(int* y) {
  const int any = __any_sync(kAll, 1);
  if (threadIdx.x == 0) *y = any;
}
__global__ void bad_width(int* y) { *y = __shfl_sync(kAll, 1, 0, 12); }
__global__ void reads_absent_lane(float* y) {
  if (threadIdx.x < 16) y[threadIdx.x] = __shfl_down_sync(0x0000ffffu, 1.0f, 8);
}
__global__ void traps() {
  if (blockIdx.x == 2 && threadIdx.x == 5) __trap();
}
__global__ void too_much_static_shared(float* y) {
  SHARED(float, first, [6000]);
  SHARED(float, second, [6500]);
  second[0] = first[0] = *y;
}
__global__ void static_and_dynamic_shared(float* y) {
  SHARED(float, more, [1024]);
  more[0] = *y;
}
__global__ void nothing() {}
__global__ void takes_pointer(const float*, int*) {}
__global__ void misaligned_copy(const float* x) {
  SHARED(float, tile, [8]);
  cp_async<16>(tile + 1, x);
}

std::string run(void (*kernel)(), unsigned threads = 64) {
  return error_of([&] { launch(kernel, 3, threads, 0); });
}
std::string run(void (*kernel)(int*), unsigned threads = 32) {
  OnDevice<int> y(1);
  return error_of([&] { launch(kernel, 1, threads, 0, y); });
}

/// What a kernel leaves in its one output, under each schedule.
template <class T, class... Args>
std::vector<std::vector<T>> outcomes(void (*kernel)(T*, Args...), size_t count, int blocks,
                                     Args... args) {
  std::vector<std::vector<T>> all;
  emu::for_each_schedule([&] {
    OnDevice<T> y(std::vector<T>(count, T(0)));
    launch(kernel, blocks, 64, 0, static_cast<T*>(y), args...);
    all.push_back(y.host());
  });
  return all;
}
template <class T>
bool differ(const std::vector<std::vector<T>>& all) {
  for (const auto& one : all)
    if (one != all[0]) return true;
  return false;
}

}  // namespace

namespace seeded {

__global__ void missing_barrier(int* y) {
  SHARED(int, tile, [64]);
  const unsigned t = threadIdx.x;
  tile[t] = int(t);
  y[t] = tile[(t + 32) % 64];
}
__global__ void everyone_writes(int* y) { *y = int(threadIdx.x); }
__global__ void every_block_writes(int* y) { *y = int(blockIdx.x); }
__global__ void last_two_write(int* y) {
  if (threadIdx.x + 2 >= blockDim.x) *y = int(threadIdx.x);
}

}  // namespace seeded

// The races above are wanted: ThreadSanitizer, which finds them too, is to be silent about them.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:seeded::"; }

namespace {

__global__ void missing_wait(float* y, const float* x) {
  SHARED(float, tile, [64]);
  cp_async<4>(&tile[threadIdx.x], x + threadIdx.x);
  cp_async_commit();
  __syncthreads();
  y[threadIdx.x] = tile[threadIdx.x];
}
__global__ void uninitialised(float* y, const float* x) {
  SHARED(float, tile, [64]);
  y[2 * threadIdx.x] = tile[threadIdx.x];
  y[2 * threadIdx.x + 1] = x[threadIdx.x];
}

}  // namespace

TEST_CASE("a barrier that some threads do not reach") {
  const std::string skipped = run(skips_barrier);
  CHECK(contains(skipped,
                 "divergent barrier (deadlock on a GPU): 40 thread(s) wait at "
                 "__syncthreads at "));
  CHECK(contains(skipped, text("test_cuda_on_host_bugs.cu:", skips_barrier_line,
                               " (first: block (0,0,0) thread (24,0,0))")));
  CHECK(contains(skipped, "24 thread(s) have exited"));
  CHECK(contains(skipped, "<<<(3,1,1), (64,1,1), 0>>>"));
  const std::string early = error_of([] { launch(returns_early, 1, 64, 0, 40); });
  CHECK(contains(early, "40 thread(s) wait at __syncthreads"));
  CHECK(contains(run(loops_apart), "32 thread(s) wait at __syncthreads"));
}

TEST_CASE("different barriers in the two branches") {
  const std::string message = run(two_barriers);
  CHECK(contains(message, "divergent barrier: block (0,0,0) thread (32,0,0) is at __syncthreads"));
  CHECK(contains(message, "while 32 thread(s) of its block wait at __syncthreads"));
}

TEST_CASE("warp operations of lanes that do not meet") {
  const std::string branch = run(shuffles_in_a_branch);
  CHECK(contains(branch,
                 "divergent warp operation (deadlock on a GPU): 8 thread(s) wait at "
                 "__shfl_xor_sync at "));
  CHECK(contains(branch, "for mask 0xffffffff"));
  CHECK(contains(run(lane_outside_its_mask), "which leaves out its own lane 16"));
  const std::string apart = run(shuffles_apart);
  CHECK(contains(apart, "thread (16,0,0) is at __shfl_down_sync"));
  CHECK(contains(apart, "while lanes 0xffff of its warp wait at __shfl_xor_sync"));
  CHECK(contains(run(masks_apart), "for mask 0xffff0000 while lanes 0xffff"));
  CHECK(contains(run(lanes_that_are_not_there, 40), "its warp has only 8 lanes"));
  CHECK(contains(run(bad_width), "width 12 is not a power of two"));
}

TEST_CASE("a shuffle from a lane that takes no part gives NaN") {
  OnDevice<float> y(32);
  launch(reads_absent_lane, 1, 32, 0, y);
  CHECK(y.host()[7] == 1.0f);
  CHECK(std::isnan(y.host()[8]));
}

TEST_CASE("impossible launches") {
  CHECK(contains(error_of([] { launch(nothing, 1, 1025, 0); }), "block of more than 1024 threads"));
  CHECK(contains(error_of([] { launch(nothing, 1, dim3(1, 1, 65), 0); }), "64 in z"));
  CHECK(contains(error_of([] { launch(nothing, dim3(0), 32, 0); }), "empty grid"));
  CHECK(contains(error_of([] { launch(nothing, {1, 70000}, 32, 0); }), "grid of (1,70000,1)"));
  CHECK(contains(error_of([] { launch(nothing, 1, 0, 0); }), "empty block"));
  CHECK(contains(error_of([] { launch(nothing, 1, 32, 228 << 10); }), "dynamic shared memory"));
  OnDevice<float> y(1);
  CHECK(contains(error_of([&] { launch(too_much_static_shared, 1, 32, 0, y); }),
                 "static shared memory of 50000 bytes with array 'second'"));
  CHECK(contains(error_of([&] { launch(static_and_dynamic_shared, 1, 32, 225 << 10, y); }),
                 "shared memory of 234496 bytes"));
}

TEST_CASE("a trap says where, and the next launch works") {
  const std::string message = run(traps);
  CHECK(contains(message, "block (2,0,0) thread (5,0,0) called __trap at "));
  CHECK(run(nothing) == "");
  CHECK(contains(error_of([] { __syncthreads(); }), "__syncthreads is used outside of a kernel"));
}

TEST_CASE("wrong pointers in launches and copies") {
  float host = 0;
  OnDevice<float> x(10);
  CHECK(contains(error_of([&] { launch(takes_pointer, 1, 1, 0, &host, nullptr); }),
                 "argument 0 of the kernel launched at "));
  int number = 0;
  CHECK(contains(error_of([&] { launch(takes_pointer, 1, 1, 0, x, &number); }), "host pointer"));
  float* freed;
  cuda_check(cudaMalloc(&freed, 4), "x");
  cuda_check(cudaFree(freed), "x");
  CHECK(contains(error_of([&] { launch(takes_pointer, 1, 1, 0, freed, nullptr); }), "freed"));
  CHECK(contains(error_of([&] { cudaFree(freed); }), "which is no allocation in use"));
  CHECK(contains(error_of([&] { cudaMemcpy(&host, x, 4, cudaMemcpyHostToDevice); }),
                 "cudaMemcpyHostToDevice"));
  CHECK(contains(error_of([&] { cudaMemcpy(x, &host, 4, cudaMemcpyDeviceToHost); }),
                 "cudaMemcpyDeviceToHost"));
  std::vector<float> many(11);
  CHECK(contains(error_of([&] { cudaMemcpy(x, many.data(), 44, cudaMemcpyHostToDevice); }),
                 "44 bytes at "));
  CHECK(contains(error_of([&] { cudaMemset(x + 5, 0, 24); }), "only 20 are left"));
  CHECK(contains(error_of([&] { launch(misaligned_copy, 1, 1, 0, x); }), "is not aligned to 16"));
}

TEST_CASE("races show as results that depend on the schedule") {
  CHECK(differ(outcomes(seeded::missing_barrier, 64, 1)));
  CHECK(differ(outcomes(seeded::everyone_writes, 1, 1)));
  CHECK(differ(outcomes(seeded::last_two_write, 1, 1)));
  CHECK(differ(outcomes(seeded::every_block_writes, 1, 40)));
}

TEST_CASE("memory that nobody wrote is NaN, and so is a copy not waited for") {
  OnDevice<float> x(64);
  for (const auto& y : outcomes<float, const float*>(uninitialised, 128, 1, x))
    for (const float v : y) REQUIRE(std::isnan(v));
  OnDevice<float> ones(std::vector<float>(64, 1.0f));
  CHECK(std::isnan(outcomes<float, const float*>(missing_wait, 64, 1, ones)[0][0]));
}
