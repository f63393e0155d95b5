// Kernels that read or write past the end of something, for AddressSanitizer:
// `cuda_on_host_overflows NAME` runs one, and CTest looks for a report; with `correct` there must
// be none.
#include <cstdio>
#include <cstring>

#include "engine/launch.cuh"

using namespace hitsieve;

namespace {

constexpr int kThreads = 64;

__global__ void static_shared(int past, float* y) {
  SHARED(float, before, [kThreads]);
  SHARED(float, tile, [kThreads]);
  before[threadIdx.x] = tile[threadIdx.x] = 1;
  __syncthreads();
  y[threadIdx.x] = tile[int(threadIdx.x) + past] + before[threadIdx.x];
}

__global__ void dynamic_shared(int past, float* y) {
  DYN_SHARED(float, row);
  row[int(threadIdx.x) + past] = 1;
  __syncthreads();
  y[threadIdx.x] = row[threadIdx.x];
}

__global__ void global_memory(int past, float* y) { y[int(threadIdx.x) + past] = 1; }

__global__ void local_array(int past, float* y) {
  float local[8];
  for (int i = 0; i < 8; ++i) local[i] = float(i);
  __syncthreads();  // the stack is left and entered again in between
  y[threadIdx.x] = local[7 + past];
}

/// Shared memory of the last launch, which was larger.
__global__ void stale_shared(int past, float* y) {
  DYN_SHARED(float, row);
  row[threadIdx.x] = 1;
  if (past) y[threadIdx.x] = row[threadIdx.x + kThreads];
}

/// The pointer is checked at the launch; the memory is freed while the kernel waits in its stream.
__global__ void freed_memory(int, float* y) { y[threadIdx.x] = 1; }

}  // namespace

int main(int argc, char** argv) {
  const char* const name = argc > 1 ? argv[1] : "";
  const int past = argc > 2 && std::strcmp(argv[2], "correct") == 0 ? 0 : 1;
  float* y;
  cuda_check(cudaMalloc(&y, kThreads * sizeof(float)), "y");
  bool found = false;
  const auto run = [&](const char* wanted, void (*kernel)(int, float*), size_t shared) {
    if (std::strcmp(name, wanted) != 0) return;
    found = true;
    launch(kernel, 2, kThreads, shared, 0, y);
    launch(kernel, 2, kThreads, shared ? kThreads * sizeof(float) : 0, past, y);
  };
  run("static_shared", static_shared, 0);
  run("dynamic_shared", dynamic_shared, kThreads * sizeof(float));
  run("global_memory", global_memory, 0);
  run("local_array", local_array, 0);
  run("stale_shared", stale_shared, 2 * kThreads * sizeof(float));
  if (std::strcmp(name, "freed_memory") == 0) {
    found = true;
    emu::set_async(true);
    cudaStream_t other;
    cuda_check(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), "stream");
    launch(freed_memory, 1, kThreads, 0, 0, y);
    if (past) cuda_check(cudaFreeAsync(y, other), "y");
    cuda_check(cudaStreamSynchronize(other), "wait");
  }
  cuda_check(cudaDeviceSynchronize(), "wait");
  std::puts(found ? "done" : "usage: cuda_on_host_overflows NAME [correct]");
  return found ? 0 : 2;
}
