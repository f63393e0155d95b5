#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/check.h"
#include "engine/device.h"

namespace hitsieve {
namespace {

constexpr size_t alignment = 64;  // a cache line, and the widest vector

void* allocate(size_t bytes) {
  void* memory = std::aligned_alloc(alignment, (bytes / alignment + 1) * alignment);
  check(memory != nullptr, "out of memory: ", bytes, " bytes asked for");
  return memory;
}

void release(void* memory) { std::free(memory); }

void copy(void* to, const void* from, size_t bytes) {
  if (bytes) std::memcpy(to, from, bytes);
}

template <class T>
void fill(T* y, T value, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = value;
}

template <class T>
void add(T* y, const T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] += x[i];
}

void synchronize() {}

}  // namespace

template <>
const DeviceOps On<DeviceOps>::cpu{allocate,    release,      copy,       copy,        copy,
                                   fill<float>, fill<double>, add<float>, add<double>, synchronize};

#if !HITSIEVE_HAS_CUDA
bool available(Device device) { return device == Device::cpu; }
const char* description(Device device) {
  return device == Device::cpu ? "cpu" : "this build has no CUDA (see HITSIEVE_CUDA in README.md)";
}
#endif

}  // namespace hitsieve
