// Kernels with a seeded race each, and correct ones, for ThreadSanitizer: `cuda_on_host_races NAME`
// runs one, and CTest looks for a report, or for none. No schedule shows some of these.
#include <cstdio>
#include <cstring>
#include <vector>

#include "engine/launch.cuh"
#include "engine/ptx.cuh"

using namespace hitsieve;

namespace {

constexpr int kThreads = 64, kBlocks = 3, kCount = kThreads * kBlocks;

template <bool correct>
__global__ void neighbour(const float* x, float* y) {
  SHARED(float, tile, [kThreads]);
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  tile[t] = x[i];
  if (correct) __syncthreads();
  y[i] = tile[(t + 1) % kThreads];
}

template <bool correct>
__global__ void overwrite(const float* x, float* y) {
  SHARED(float, tile, [kThreads]);
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  float sum = 0;
  for (int round = 0; round < 2; ++round) {
    tile[t] = x[i] + float(round);
    __syncthreads();
    sum += tile[kThreads - 1 - t];
    if (correct) __syncthreads();
  }
  y[i] = sum;
}

template <bool correct>
__global__ void lanes(const float* x, float* y) {
  SHARED(float, tile, [kThreads]);
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  tile[t] = x[i];
  if (correct) __syncwarp();
  y[i] = tile[t ^ 1];
}

/// A shuffle makes the lanes meet, but does not order their memory accesses.
template <bool correct>
__global__ void shuffled(const float* x, float* y) {
  SHARED(float, tile, [kThreads]);
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  tile[t] = x[i];
  const float other = __shfl_xor_sync(0xffffffffu, x[i], 1);
  if (correct) __syncwarp();
  y[i] = tile[t ^ 1] - other;
}

template <bool correct>
__global__ void count(const float*, float* y) {
  SHARED(float, sum, );
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  if (correct) {
    atomicAdd(&sum, 1.0f);
  } else {
    sum += 1;
  }
  __syncthreads();
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}

template <bool correct>
__global__ void blocks(const float* x, float* y) {
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  y[correct ? i : t] = x[i];
}

/// The last block to come adds up what the others wrote.
template <bool correct>
__global__ void ticket(const float* x, float* y, unsigned* tickets) {
  if (threadIdx.x != 0) return;
  y[1 + blockIdx.x] = x[blockIdx.x];
  if (correct) __threadfence();
  if (atomicAdd(tickets, 1u) != gridDim.x - 1) return;
  __threadfence();
  float sum = 0;
  for (unsigned b = 0; b < gridDim.x; ++b) sum += y[1 + b];
  y[0] = sum;
}

template <bool correct>
__global__ void copied(const float* x, float* y) {
  SHARED(float, tile, [kThreads]);
  const unsigned t = threadIdx.x, i = blockIdx.x * kThreads + t;
  cp_async<4>(&tile[t], x + i);
  cp_async_commit();
  cp_async_wait<0>();
  if (correct) __syncthreads();
  y[i] = tile[t ^ 1];
}

}  // namespace

int main(int argc, char** argv) {
  const char* const name = argc > 1 ? argv[1] : "";
  const bool correct = argc > 2 && std::strcmp(argv[2], "correct") == 0;
  std::vector<float> host(kCount, 1.0f);
  float *x, *y;
  unsigned* tickets;
  cuda_check(cudaMalloc(&x, kCount * sizeof(float)), "x");
  cuda_check(cudaMalloc(&y, kCount * sizeof(float)), "y");
  cuda_check(cudaMalloc(&tickets, sizeof(unsigned)), "tickets");
  cuda_check(cudaMemcpy(x, host.data(), kCount * sizeof(float), cudaMemcpyHostToDevice), "copy");
  cuda_check(cudaMemset(tickets, 0, sizeof(unsigned)), "tickets");
  bool found = false;
  const auto run = [&](const char* wanted, auto right, auto wrong, auto... more) {
    if (std::strcmp(name, wanted) != 0) return;
    found = true;
    for (int i = 0; i < 2; ++i) {  // the second launch comes after the first, all of it
      launch(correct ? right : wrong, kBlocks, kThreads, 0, x, y, more...);
      if (i == 0) cuda_check(cudaMemset(tickets, 0, sizeof(unsigned)), "tickets");
    }
  };
  run("neighbour", neighbour<true>, neighbour<false>);
  run("overwrite", overwrite<true>, overwrite<false>);
  run("lanes", lanes<true>, lanes<false>);
  run("shuffled", shuffled<true>, shuffled<false>);
  run("count", count<true>, count<false>);
  run("blocks", blocks<true>, blocks<false>);
  run("ticket", ticket<true>, ticket<false>, tickets);
  run("copied", copied<true>, copied<false>);
  cuda_check(cudaMemcpy(host.data(), y, kCount * sizeof(float), cudaMemcpyDeviceToHost), "copy");
  std::puts(found ? "done" : "usage: cuda_on_host_races NAME [correct]");
  return found ? 0 : 2;
}
