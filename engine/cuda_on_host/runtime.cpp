// Devices, memory and copies of the runtime interface.
#include "engine/cuda_on_host/runtime.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/check.h"
#include "engine/cuda_on_host/graph.h"
#include "engine/cuda_on_host/grid.h"
#include "engine/cuda_on_host/memory.h"
#include "engine/cuda_on_host/schedule.h"
#include "engine/cuda_on_host/streams.h"
#include "engine/parallel.h"

namespace emu = hitsieve::emu;
using emu::DeviceMemory;
using emu::Streams;
using Lock = std::lock_guard<std::recursive_mutex>;

namespace {

thread_local cudaError_t last_error = cudaSuccess;
std::atomic<int64_t> waits = 0;

cudaError_t result(bool ok, cudaError_t error) { return ok ? cudaSuccess : emu::failed(error); }

const char* name_of(cudaMemcpyKind kind) {
  constexpr const char* names[] = {"cudaMemcpyHostToHost", "cudaMemcpyHostToDevice",
                                   "cudaMemcpyDeviceToHost", "cudaMemcpyDeviceToDevice"};
  return names[kind];
}

/// Throws unless [p, p + bytes) is where `device` says, and inside one allocation.
void check_range(const char* call, const void* p, size_t bytes, bool device) {
  const DeviceMemory& memory = DeviceMemory::instance();
  hitsieve::check(memory.contains(p) == device, call, ": ", p, " is ",
                  device ? "no device memory" : "device memory");
  if (!device) return;
  const size_t left = memory.bytes_left(p);
  hitsieve::check(left > 0, call, ": ", p, " is freed device memory");
  hitsieve::check(bytes <= left, call, ": ", bytes, " bytes at ", p, ", where only ", left,
                  " are left of the allocation");
}

void check_copy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (kind == cudaMemcpyDefault) {
    const DeviceMemory& memory = DeviceMemory::instance();
    const bool to_device = memory.contains(to), from_device = memory.contains(from);
    kind = cudaMemcpyKind(int(to_device) + 2 * int(from_device));
  }
  check_range(name_of(kind), to, bytes,
              kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice);
  check_range(name_of(kind), from, bytes,
              kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice);
}

void enqueue_copy(void* to, const void* from, size_t bytes, cudaStream_t stream) {
  Streams::instance().enqueue(stream, [=] { std::memmove(to, from, bytes); });
}

cudaError_t allocated(void** p, size_t bytes) {
  if (bytes == 0) return *p = nullptr, cudaSuccess;
  *p = DeviceMemory::instance().allocate(bytes);
  return result(*p, cudaErrorMemoryAllocation);
}

void wait_and_hide(cudaStream_t stream) {
  ++waits;
  Streams::instance().synchronize(Streams::instance().get(stream));
  DeviceMemory::instance().hide();
}

}  // namespace

int64_t emu::host_waits() { return waits; }

cudaError_t emu::failed(cudaError_t error) { return last_error = error; }

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorIllegalState:
      return "cudaErrorIllegalState";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
  }
  return "unknown error";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorIllegalState:
      return "the operation cannot be performed in the present state";
    case cudaErrorNotReady:
      return "device not ready";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
  }
  return "unknown error";
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }

cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
cudaError_t cudaGetDevice(int* device) { return *device = 0, cudaSuccess; }
cudaError_t cudaSetDevice(int device) { return result(device == 0, cudaErrorInvalidDevice); }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return result(false, cudaErrorInvalidDevice);
  *properties = {"CUDA on the host (emulator)",
                 DeviceMemory::instance().capacity(),
                 emu::kMaxStaticShared,
                 emu::kMaxShared,
                 9,
                 0,
                 hitsieve::threads(),
                 warpSize,
                 emu::kMaxThreads};
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  cudaDeviceProp p;
  if (const cudaError_t error = cudaGetDeviceProperties(&p, device)) return error;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      return *value = p.maxThreadsPerBlock, cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      return *value = int(p.sharedMemPerBlock), cudaSuccess;
    case cudaDevAttrWarpSize:
      return *value = p.warpSize, cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      return *value = p.multiProcessorCount, cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      return *value = p.major, cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      return *value = p.minor, cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      return *value = int(p.sharedMemPerBlockOptin), cudaSuccess;
  }
  return result(false, cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const Lock lock(emu::runtime_mutex());
  *total = DeviceMemory::instance().capacity();
  *free = *total - DeviceMemory::instance().in_use();
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  ++waits;
  Streams::instance().synchronize_all();
  DeviceMemory::instance().hide();
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** p, size_t bytes) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  return allocated(p, bytes);
}
cudaError_t cudaMallocAsync(void** p, size_t bytes, cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  if (const auto& capture = Streams::instance().get(stream).capture)
    return result(*p = capture->allocate(bytes), cudaErrorMemoryAllocation);
  return allocated(p, bytes);
}

cudaError_t cudaFree(void* p) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (!p) return cudaSuccess;
  cudaDeviceSynchronize();
  DeviceMemory::instance().release(p);
  return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* p, cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  if (!p) return cudaSuccess;
  if (const auto& capture = Streams::instance().get(stream).capture) {
    if (capture->free(p)) return cudaSuccess;
    emu::refused_in_capture();  // memory from outside: the capture is spoilt
    return result(false, cudaErrorInvalidValue);
  }
  Streams::instance().enqueue(stream, [p] { DeviceMemory::instance().release(p); });
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** p, size_t bytes, unsigned) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  *p = DeviceMemory::instance().allocate_host(bytes);
  return result(*p, cudaErrorMemoryAllocation);
}
cudaError_t cudaMallocHost(void** p, size_t bytes) { return cudaHostAlloc(p, bytes, 0); }
cudaError_t cudaFreeHost(void* p) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (!p) return cudaSuccess;
  cudaDeviceSynchronize();
  DeviceMemory::instance().release_host(p);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (bytes == 0) return cudaSuccess;
  check_copy(to, from, bytes, kind);
  enqueue_copy(to, from, bytes, nullptr);
  wait_and_hide(nullptr);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  if (bytes == 0) return cudaSuccess;
  check_copy(to, from, bytes, kind);
  enqueue_copy(to, from, bytes, stream);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* p, int value, size_t bytes, cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  if (bytes == 0) return cudaSuccess;
  check_range("cudaMemset", p, bytes, true);
  Streams::instance().enqueue(stream, [=] { std::memset(p, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemset(void* p, int value, size_t bytes) {
  return cudaMemsetAsync(p, value, bytes, nullptr);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  wait_and_hide(stream);
  return cudaSuccess;
}
