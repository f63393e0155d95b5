// The only way a CUDA kernel starts, and the only header that asks which compiler reads it: nvcc,
// or the C++ compiler with the emulator in engine/cuda_on_host (HITSIEVE_EMULATOR). .cu files
// include this for everything CUDA, and use
//   SHARED(float, tile, [18][19]);   shared memory of fixed size;  SHARED(float, total, ); a scalar
//   DYN_SHARED(float, row);          float* to the launch's shared_bytes
//   launch(kernel, grid, block, shared_bytes, args...), launch_over(count, kernel, args...)
// All work goes on the calling thread's current stream. Errors are thrown as hitsieve::Error.
#pragma once
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/check.h"

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define HITSIEVE_NVCC 1
#define SHARED(type, name, ...) __shared__ type name __VA_ARGS__
#define DYN_SHARED(type, name)                                              \
  extern __shared__ __align__(128) unsigned char hitsieve_dynamic_shared[]; \
  type* const name = reinterpret_cast<type*>(hitsieve_dynamic_shared)
#elif defined(HITSIEVE_EMULATOR)
#include "engine/cuda_on_host/cuda.h"
#define HITSIEVE_NVCC 0
#define SHARED(type, name, ...) HITSIEVE_EMU_SHARED(type, name, __VA_ARGS__)
#define DYN_SHARED(type, name) HITSIEVE_EMU_DYN_SHARED(type, name)
#else
#error "engine/launch.cuh is for nvcc, or for the C++ compiler with HITSIEVE_EMULATOR defined"
#endif
#include "engine/launch_size.cuh"

namespace hitsieve {

/// Throws unless `error` is cudaSuccess; `what` says what was tried. CUDA keeps the error of a call
/// for the next cudaGetLastError, of a launch that has nothing to do with it: it is taken back.
template <class... What>
void cuda_check(cudaError_t error, const What&... what) {
  if (error != cudaSuccess) (void)cudaGetLastError();
  check(error == cudaSuccess, what..., ": ", cudaGetErrorString(error), " (",
        cudaGetErrorName(error), ')');
}

/// The stream of the calling thread's launches and copies; set by OnStream (work_stream.h).
inline cudaStream_t& current_stream() {
  thread_local cudaStream_t stream = nullptr;
  return stream;
}

/// HITSIEVE_CUDA_SYNC=1: launch() waits for the kernel, so that an error inside it is reported
/// there.
inline bool launches_wait() {
  static const char* const sync = std::getenv("HITSIEVE_CUDA_SYNC");
  return sync && std::strcmp(sync, "0") != 0;
}

/// Lets launches of `kernel` on the current device have that much dynamic shared memory, and never
/// less than before, as another thread may be about to launch it.
cudaError_t allow_shared(const void* kernel, size_t bytes);

/// Runs `kernel` on the current stream.
template <class... P, class... A>
void launch(void (*kernel)(P...), LaunchGrid grid, dim3 block, size_t shared_bytes, A&&... args) {
  static_assert(sizeof...(P) == sizeof...(A), "the kernel has another number of parameters");
  static_assert((std::is_trivially_copyable_v<P> && ...), "kernel parameters are copied as bytes");
  const auto config = [&] {
    return text("kernel launched at ", grid.file, ':', grid.line, " <<<(", grid.blocks.x, ',',
                grid.blocks.y, ',', grid.blocks.z, "), (", block.x, ',', block.y, ',', block.z,
                "), ", shared_bytes, ">>>");
  };
#if HITSIEVE_NVCC
  if (shared_bytes > 32 * 1024)  // with a kernel's own they are to be 48 KB without being asked for
    if (const cudaError_t error = allow_shared(reinterpret_cast<const void*>(kernel), shared_bytes))
      cuda_check(error, config());
  kernel<<<grid.blocks, block, shared_bytes, current_stream()>>>(std::forward<A>(args)...);
#else
  int index = 0;
  [[maybe_unused]] const auto converted = [&]<class To>(const To& argument) {
    emu::check_argument(argument, index++, grid.file, grid.line);
    return argument;
  };
  emu::launch({.thread = [kernel, ... a = converted.template operator()<P>(args)] { kernel(a...); },
               .blocks = grid.blocks,
               .threads = block,
               .dynamic_shared = shared_bytes,
               .file = grid.file,
               .line = grid.line},
              current_stream());
#endif
  if (const cudaError_t error = cudaGetLastError()) cuda_check(error, config());
  if (launches_wait())
    if (const cudaError_t error = cudaStreamSynchronize(current_stream()))
      cuda_check(error, config());
}

/// Runs `kernel` with at least one thread an element, in blocks of 256; the kernel must skip the
/// threads from `count` on, which it is to be given among args. Does nothing for a count of 0.
template <class... P, class... A>
void launch_over(LaunchCount count, void (*kernel)(P...), A&&... args) {
  check(count.count >= 0, "launch over ", count.count, " elements at ", count.file, ':',
        count.line);
  if (count.count == 0) return;
  const LaunchGrid grid((count.count - 1) / 256 + 1, count.file, count.line);
  launch(kernel, grid, 256, 0, std::forward<A>(args)...);
}

}  // namespace hitsieve
