// Emulated device memory: what is filled, reused and hidden. The accesses that end the program run
// in a child process.
#include <cmath>
#include <csignal>
#include <cstdlib>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/cuda_on_host/memory.h"
#include "tests/engine/cuda_on_host.cuh"

using namespace hitsieve;

namespace {

__global__ void touch_kernel(float* y) { *y = 1; }

__global__ void deep_kernel(int n, float* y) {
  volatile float local[100000];
  for (int i = 0; i < n; ++i) local[i] = float(i);
  *y = local[n - 1];
}

struct Death {
  bool died = false;
  std::string message{};
};

/// What fn writes to stderr in a child process, and whether it dies there.
template <class F>
Death death_of(F fn) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    for (const int signal : {SIGSEGV, SIGABRT}) std::signal(signal, SIG_DFL);  // not doctest's
    emu::install_fault_messages();
    fn();
    _exit(0);
  }
  close(ends[1]);
  Death death;
  char buffer[512];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    death.message.append(buffer, size_t(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  death.died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  return death;
}

float read_on_host(const float* y) { return *const_cast<const volatile float*>(y); }

}  // namespace

TEST_CASE("the host cannot touch device memory") {
  OnDevice<float> y(std::vector<float>(1000, 2.0f));
  const Death read = death_of([&] { read_on_host(y); });
  CHECK(read.died);
  CHECK(contains(read.message, "the host accessed device memory; copy it with cudaMemcpy"));
  launch(touch_kernel, 1, 1, 0, y);
  cuda_check(cudaDeviceSynchronize(), "wait");
  CHECK(death_of([&] { read_on_host(y); }).died);
  OnDevice<float> fresh(10);
  CHECK(death_of([&] { read_on_host(fresh); }).died);
}

TEST_CASE("the protection can be turned off") {
  OnDevice<float> y(std::vector<float>(10, 2.0f));
  emu::set_memory_protection(false);
  CHECK(read_on_host(y + 9) == 2.0f);
  emu::set_memory_protection(true);
  CHECK(y.host()[9] == 2.0f);
  CHECK(death_of([&] { read_on_host(y); }).died);
}

TEST_CASE("local arrays larger than a CUDA thread's stack end the program with a message") {
  OnDevice<float> y(1);
  const Death death = death_of([&] { launch(deep_kernel, 1, 1, 0, 100000, y); });
  CHECK(death.died);
  CHECK(contains(death.message, "the local arrays of a CUDA thread overflowed its stack"));
}

TEST_CASE("freed memory is found again, and starts as NaN again") {
  size_t free_before, free_after, total;
  cuda_check(cudaMemGetInfo(&free_before, &total), "info");
  float* previous = nullptr;
  for (int round = 0; round < 50; ++round) {
    OnDevice<float> a(1000), b(500);
    CHECK(std::isnan(a.host()[999]));
    cuda_check(cudaMemset(a, 0, a.bytes()), "fill");
    if (round > 0) CHECK(static_cast<float*>(a) == previous);
    previous = a;
  }
  cuda_check(cudaMemGetInfo(&free_after, &total), "info");
  CHECK(free_after == free_before);
}

TEST_CASE("memory runs out with an error, not with a crash") {
  void* p = nullptr;
  CHECK(cudaMalloc(&p, size_t(1) << 50) == cudaErrorMemoryAllocation);
  CHECK(p == nullptr);
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaSuccess);
  CHECK(contains(error_of([&] { cuda_check(cudaMalloc(&p, size_t(1) << 50), "weights"); }),
                 "weights: out of memory (cudaErrorMemoryAllocation)"));
  cudaGetLastError();
}

TEST_CASE("page-locked host memory is for both sides") {
  float* shared;
  cuda_check(cudaHostAlloc(reinterpret_cast<void**>(&shared), 4, cudaHostAllocDefault), "pinned");
  launch(touch_kernel, 1, 1, 0, shared);
  cuda_check(cudaDeviceSynchronize(), "wait");
  CHECK(*shared == 1);
  cuda_check(cudaFreeHost(shared), "pinned");
  CHECK(contains(error_of([&] { cudaFreeHost(shared); }), "which is no allocation of"));
}
