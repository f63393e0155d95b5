// Where bytes live and what the engine itself asks of a device. What an operation asks of a device
// is a struct of function pointers too (see kernels/). Each device defines its On<Ops>::cpu or
// On<Ops>::cuda, a missing entry is a compile error, and pick() chooses between them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>

#include "engine/library.h"

namespace hitsieve {

enum class Device : uint8_t { cpu, cuda };

inline std::ostream& operator<<(std::ostream& out, Device device) {
  return out << (device == Device::cpu ? "cpu" : "cuda");
}

struct DeviceOps {
  void* (*allocate)(size_t bytes);  ///< uninitialised, 64-byte aligned; throws when out of memory
  void (*release)(void* memory);
  void (*copy)(void* to, const void* from, size_t bytes);  ///< both on this device
  void (*copy_in)(void* to, const void* host, size_t bytes);
  void (*copy_out)(void* host, const void* from,
                   size_t bytes);  ///< returns when the bytes are there
  void (*fill_f32)(float* y, float value, int64_t count);
  void (*fill_f64)(double* y, double value, int64_t count);
  void (*add_f32)(float* y, const float* x, int64_t count);  ///< y += x
  void (*add_f64)(double* y, const double* x, int64_t count);
  void (*synchronize)();  ///< returns when all work given to the device so far is done
};

/// Whether tensors can live on this device: cpu always; cuda when this build has CUDA (or its
/// emulation on the host) and a GPU answers.
bool available(Device device);

/// "cpu", or the GPU's name, or "emulated on the host".
const char* description(Device device);

template <class Ops>
struct On {
  static const Ops cpu, cuda, library;
};

/// On<Ops>::cpu or On<Ops>::cuda, or in place of the latter On<Ops>::library where the calling
/// thread uses that (library.h). A build without CUDA has only the first; no tensor can be on cuda
/// there.
template <class Ops>
const Ops& pick([[maybe_unused]] Device device) {
#if HITSIEVE_HAS_CUDA
  if constexpr (built_with(library_of<Ops>))
    if (device == Device::cuda && uses(library_of<Ops>)) return On<Ops>::library;
  if (device == Device::cuda) return On<Ops>::cuda;
#endif
  return On<Ops>::cpu;
}

}  // namespace hitsieve
