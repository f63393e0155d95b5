// Graphs: work that is recorded from a stream, and what must not be asked for meanwhile.
#include <doctest/doctest.h>

#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

__global__ void fill_kernel(int n, const int* value, int* y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = *value;
}
__global__ void add_kernel(int n, const int* x, int* y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] += x[i];
}

constexpr int kCount = 300;

/// What a stream is asked for by `work`, as a graph that can be launched.
class Recorded {
 public:
  template <class F>
  explicit Recorded(F work) {
    Stream stream;
    const StreamScope scope(stream);
    cuda_check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin");
    work();
    cudaGraph_t graph = nullptr;
    cuda_check(cudaStreamEndCapture(stream, &graph), "end");
    cuda_check(cudaGraphInstantiate(&exec_, graph, 0), "instantiate");
    cuda_check(cudaGraphDestroy(graph), "destroy");
  }
  ~Recorded() { cudaGraphExecDestroy(exec_); }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  void launch() const { cuda_check(cudaGraphLaunch(exec_, current_stream()), "launch"); }

 private:
  cudaGraphExec_t exec_ = nullptr;
};

}  // namespace

TEST_CASE("graph: what is recorded is done at each launch, and not before") {
  if (!device_present()) return;
  const emu::ScheduleScope restore;
  for (const bool deferred : {false, true}) {
    emu::set_async(deferred);
    OnDevice<int> x(std::vector<int>(kCount, 2)), y(std::vector<int>(kCount, 1));
    const Recorded add([&] { launch_over(kCount, add_kernel, kCount, x, y); });
    CHECK(y.host() == std::vector<int>(kCount, 1));
    add.launch(), add.launch();
    CHECK(y.host() == std::vector<int>(kCount, 5));
    Stream stream;
    {
      const StreamScope scope(stream);
      add.launch();
      stream.synchronize();
    }
    CHECK(y.host() == std::vector<int>(kCount, 7));
  }
}

TEST_CASE("graph: memory allocated in it is its own, launch after launch") {
  if (!device_present()) return;
  const emu::ScheduleScope restore;
  for (const bool deferred : {false, true}) {
    emu::set_async(deferred);
    OnDevice<int> value(std::vector<int>{3}), y(std::vector<int>(kCount, 0));
    const Recorded add([&] {
      int *a, *b;
      cuda_check(cudaMallocAsync(&a, kCount * sizeof(int), current_stream()), "a");
      launch_over(kCount, fill_kernel, kCount, value, a);
      cuda_check(cudaMallocAsync(&b, kCount * sizeof(int), current_stream()), "b");
      cuda_check(
          cudaMemcpyAsync(b, a, kCount * sizeof(int), cudaMemcpyDeviceToDevice, current_stream()),
          "copy");
      cuda_check(cudaFreeAsync(a, current_stream()), "a");
      launch_over(kCount, add_kernel, kCount, b, y);
      cuda_check(cudaFreeAsync(b, current_stream()), "b");
    });
    OnDevice<int> other(std::vector<int>(kCount, 9));
    add.launch();
    const int four = 4;  // read by the kernels when they run
    cuda_check(cudaMemcpy(value, &four, sizeof four, cudaMemcpyHostToDevice), "value");
    add.launch();
    CHECK(y.host() == std::vector<int>(kCount, 7));
    CHECK(other.host() == std::vector<int>(kCount, 9));
  }
}

TEST_CASE("graph: to wait while it is recorded is an error, and spoils it") {
  if (!device_present()) return;
  Stream stream;
  const StreamScope scope(stream);
  OnDevice<int> x(std::vector<int>(kCount, 2)), y(std::vector<int>(kCount, 1));
  cuda_check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin");
  launch_over(kCount, add_kernel, kCount, x, y);
  CHECK(contains(error_of([&] { cuda_check(cudaStreamSynchronize(stream), "wait"); }),
                 "wait: operation not permitted when stream is capturing"));
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
  CHECK(graph == nullptr);
  (void)cudaGetLastError();
  stream.synchronize();  // no longer an error
  CHECK(y.host() == std::vector<int>(kCount, 1));
}

#ifdef HITSIEVE_EMULATOR

TEST_CASE("graph: its memory lives as long as it does") {
  const auto in_use = [] {
    size_t free = 0, total = 0;
    cuda_check(cudaMemGetInfo(&free, &total), "memory");
    return total - free;
  };
  const size_t before = in_use();
  {
    const Recorded nothing([&] {
      void* p;
      cuda_check(cudaMallocAsync(&p, 5000, current_stream()), "p");
      cuda_check(cudaFreeAsync(p, current_stream()), "p");
    });
    CHECK(in_use() >= before + 5000);
  }
  CHECK(in_use() == before);
}

TEST_CASE("graph: memory used after it was freed, freed from outside, or kept is an error") {
  OnDevice<int> y(kCount);
  int *x = nullptr, *outside = nullptr;
  const size_t bytes = kCount * sizeof(int);
  cuda_check(cudaMallocAsync(&outside, bytes, nullptr), "outside");
  const auto recording = [&](auto work) {
    return error_of([&] {
      Stream stream;
      const StreamScope scope(stream);
      cuda_check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin");
      const std::string error = error_of(work);
      cudaGraph_t graph = nullptr;
      const cudaError_t end = cudaStreamEndCapture(stream, &graph);
      (void)cudaGetLastError();
      cudaGraphExec_t exec = nullptr;
      const std::string kept = error_of([&] {
        if (graph) cudaGraphInstantiate(&exec, graph, 0);
      });
      cudaGraphDestroy(graph);
      cudaGraphExecDestroy(exec);
      check(error.empty(), error);
      cuda_check(end, "end");
      check(kept.empty(), kept);
    });
  };
  CHECK(contains(recording([&] {
                   cuda_check(cudaMallocAsync(&x, bytes, current_stream()), "x");
                   cuda_check(cudaFreeAsync(x, current_stream()), "x");
                   launch_over(kCount, add_kernel, kCount, x, y);
                 }),
                 "is freed device memory"));
  CHECK(
      contains(recording([&] { cuda_check(cudaFreeAsync(outside, current_stream()), "outside"); }),
               "outside: invalid argument"));
  CHECK(contains(recording([&] { cuda_check(cudaMallocAsync(&x, bytes, current_stream()), "x"); }),
                 "does not free 1 of the allocations"));
  cuda_check(cudaFreeAsync(x, nullptr), "x");  // whoever kept it has it still
  cuda_check(cudaFreeAsync(outside, nullptr), "outside");
}

TEST_CASE("graph: every call that may wait is refused while one is recorded") {
  OnDevice<int> y(kCount);
  int host = 0;
  void* p = nullptr;
  const auto refused = [&](auto call) {
    Stream stream;
    cuda_check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin");
    CHECK(call(stream) == cudaErrorStreamCaptureUnsupported);
    cudaGraph_t graph = nullptr;
    CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
    (void)cudaGetLastError();
  };
  refused([](cudaStream_t stream) { return cudaStreamQuery(stream); });
  refused([](cudaStream_t) { return cudaDeviceSynchronize(); });
  refused([&](cudaStream_t) { return cudaMalloc(&p, 8); });
  refused([&](cudaStream_t) { return cudaMallocHost(&p, 8); });
  refused([&](cudaStream_t) { return cudaMemcpy(&host, y, 4, cudaMemcpyDeviceToHost); });
  CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal) ==
        cudaErrorStreamCaptureUnsupported);
  (void)cudaGetLastError();
}

#endif
