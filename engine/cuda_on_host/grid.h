// A kernel launch, as the emulator sees it, and what running CUDA threads ask of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/cuda_on_host/schedule.h"
#include "engine/cuda_on_host/types.h"

namespace hitsieve::emu {

constexpr int kMaxThreads = 1024;              // in a block
constexpr size_t kMaxStaticShared = 48 << 10;  // bytes in a block
constexpr size_t kMaxShared = 227 << 10;       // static and dynamic together
constexpr unsigned kMaxGridX = 0x7fffffff, kMaxGridYZ = 65535, kMaxBlockZ = 64;

/// A place in the sources at which CUDA threads wait for each other.
struct Site {
  const char* what;
  const char* file;
  int line;
};

struct Grid {
  std::function<void()> thread;  // the kernel with its arguments, for one CUDA thread
  dim3 blocks, threads;
  size_t dynamic_shared = 0;
  const char* file = "";  // of the launch
  int line = 0;
  Schedule schedule{};
};
std::string describe(const Grid& grid);

/// Throws if the sizes are not possible on a GPU.
void check_sizes(const Grid& grid);

/// Runs all blocks, on several OS threads, now.
void run_grid(const Grid& grid);

/// Throws unless the kernel's argument number `index` points to memory a GPU can reach.
void check_pointer_argument(const void* pointer, int index, const char* file, int line);

// Called by CUDA threads.

enum class Vote { none, count, all, any };
/// __syncthreads and its voting forms: returns when all threads of the block wait here.
int barrier(const Site& site, Vote vote = Vote::none, bool predicate = false);

/// Brings `payload` and waits for all lanes of `mask` at the same site; the last one calls
/// combine(mask, payloads) with every lane's payload (null: lane not in the mask).
using Combine = void (*)(uint32_t mask, void* const payload[32]);
void warp_collective(const Site& site, uint32_t mask, void* payload, Combine combine,
                     bool orders_memory = false);

/// Lets the other threads of the block go on.
void yield();
void fence();

/// The block's array for one SHARED declaration, which `key` stands for; the dynamic shared memory.
void* shared_array(const void* key, size_t bytes, size_t align, const char* name);
void* dynamic_shared();

int lane();
[[noreturn]] void trap(const char* file, int line);

}  // namespace hitsieve::emu
