// Streams and events, and what a missing synchronisation looks like.
#include <doctest/doctest.h>

#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

__global__ void fill_kernel(int n, int value, int* y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = value;
}
__global__ void add_kernel(int n, const int* x, int* y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] += x[i];
}

constexpr int kCount = 300;

/// One page-locked int.
struct Pinned {
  Pinned() { cuda_check(cudaMallocHost(&value, sizeof(int)), "pinned"), *value = -1; }
  ~Pinned() { cudaFreeHost(value); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  int* value = nullptr;
};

void copy_last(int* to, const int* y) {
  cuda_check(
      cudaMemcpyAsync(to, y + kCount - 1, sizeof(int), cudaMemcpyDeviceToHost, current_stream()),
      "copy");
}

/// Runs the test body with streams that do their work at once, and with streams that defer it.
template <class F>
void at_once_and_deferred(F body) {
  const emu::ScheduleScope restore;
  for (const bool deferred : {false, true}) {
    emu::set_async(deferred);
    body();
  }
}

}  // namespace

TEST_CASE("a stream does its work in order") {
  if (!device_present()) return;
  at_once_and_deferred([] {
    Stream stream;
    const StreamScope scope(stream);
    OnDevice<int> x(kCount), y(kCount);
    Pinned out;
    launch_over(kCount, fill_kernel, kCount, 3, x);
    launch_over(kCount, fill_kernel, kCount, 4, y);
    launch_over(kCount, add_kernel, kCount, x, y);
    copy_last(out.value, y);
    stream.synchronize();
    CHECK(*out.value == 7);
  });
}

TEST_CASE("an event orders two streams, and times") {
  if (!device_present()) return;
  at_once_and_deferred([] {
    Stream first, second;
    OnDevice<int> x(kCount), y(std::vector<int>(kCount, 1));
    Event begin, done;
    Pinned out;
    {
      const StreamScope scope(first);
      begin.record();
      launch_over(kCount, fill_kernel, kCount, 5, x);
      done.record();
    }
    {
      const StreamScope scope(second);
      done.wait();
      launch_over(kCount, add_kernel, kCount, x, y);
      copy_last(out.value, y);
    }
    second.synchronize();
    CHECK(*out.value == 6);
    CHECK(done.since(begin) >= 0);
  });
}

TEST_CASE("the default stream waits for the blocking ones, and they for it") {
  if (!device_present()) return;
  at_once_and_deferred([] {
    cudaStream_t stream;
    cuda_check(cudaStreamCreate(&stream), "stream");
    OnDevice<int> x(kCount), y(std::vector<int>(kCount, 0));
    Pinned out;
    {
      const StreamScope scope(stream);
      launch_over(kCount, fill_kernel, kCount, 5, x);
    }
    launch_over(kCount, add_kernel, kCount, x, y);
    {
      const StreamScope scope(stream);
      launch_over(kCount, add_kernel, kCount, x, y);
      copy_last(out.value, y);
    }
    cuda_check(cudaStreamSynchronize(stream), "wait");
    CHECK(*out.value == 10);
    cuda_check(cudaStreamDestroy(stream), "stream");
  });
}

TEST_CASE("memory is allocated and freed in stream order; queries come to an end") {
  if (!device_present()) return;
  at_once_and_deferred([] {
    Stream stream;
    const StreamScope scope(stream);
    Pinned out;
    for (int round = 0; round < 3; ++round) {
      int* y;
      cuda_check(cudaMallocAsync(&y, kCount * sizeof(int), stream), "y");
      launch_over(kCount, fill_kernel, kCount, round, y);
      copy_last(out.value, y);
      cuda_check(cudaFreeAsync(y, stream), "y");
    }
    while (cudaStreamQuery(stream) == cudaErrorNotReady) {
    }
    CHECK(*out.value == 2);
  });
}

#ifdef HITSIEVE_EMULATOR

namespace {
__global__ void diverges() {
  if (threadIdx.x == 0) __syncthreads();
}
}  // namespace

TEST_CASE("deferred: what nobody waited for is not there") {
  const emu::ScheduleScope restore;
  emu::set_async(true);
  Stream stream, other;
  OnDevice<int> y(kCount);
  Pinned out;
  {
    const StreamScope scope(stream);
    launch_over(kCount, fill_kernel, kCount, 3, y);
    copy_last(out.value, y);
  }
  other.synchronize();
  CHECK(*out.value == -1);
  stream.synchronize();
  CHECK(*out.value == 3);
}

TEST_CASE("deferred: without the event the other stream's work is missing") {
  const emu::ScheduleScope restore;
  emu::set_async(true);
  Stream first, second;
  OnDevice<int> y(std::vector<int>(kCount, 0));
  Pinned out;
  {
    const StreamScope scope(first);
    launch_over(kCount, fill_kernel, kCount, 5, y);
  }
  {
    const StreamScope scope(second);
    copy_last(out.value, y);
  }
  second.synchronize();
  CHECK(*out.value == 0);
}

TEST_CASE("deferred: a host buffer that changes too early is seen") {
  const emu::ScheduleScope restore;
  emu::set_async(true);
  std::vector<int> host(kCount, 1);
  OnDevice<int> y(host);
  cuda_check(cudaMemcpyAsync(y, host.data(), y.bytes(), cudaMemcpyHostToDevice, nullptr), "copy");
  host.assign(kCount, 2);
  CHECK(y.host()[0] == 2);
}

TEST_CASE("deferred: a kernel's bug is thrown where the host waits, once") {
  const emu::ScheduleScope restore;
  emu::set_async(true);
  launch(diverges, 1, 32, 0);
  CHECK(contains(error_of([] { cudaDeviceSynchronize(); }), "divergent barrier"));
  CHECK(cudaDeviceSynchronize() == cudaSuccess);
}

TEST_CASE("a destroyed stream is refused") {
  cudaStream_t stream;
  cuda_check(cudaStreamCreate(&stream), "stream");
  cuda_check(cudaStreamDestroy(stream), "stream");
  const StreamScope scope(stream);
  CHECK(contains(error_of([] { launch(diverges, 1, 32, 0); }), "stream used after"));
}

#endif
