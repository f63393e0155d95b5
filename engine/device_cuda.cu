#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "engine/check.h"
#include "engine/launch.cuh"
#include "engine/work_stream.h"

namespace hitsieve {
namespace {

#if HITSIEVE_NVCC
/// A pool of memory of the current device that keeps what is freed: the device's own one gives it
/// back to the driver whenever somebody waits for a stream, and its settings belong to the program
/// around us. Lives until the process ends.
cudaMemPool_t memory_pool() {
  static std::mutex mutex;
  static std::map<int, cudaMemPool_t> pools;
  int device = 0;
  cuda_check(cudaGetDevice(&device), "current device");
  const std::lock_guard lock(mutex);
  const auto found = pools.find(device);
  if (found != pools.end()) return found->second;
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {.type = cudaMemLocationTypeDevice, .id = device};
  cudaMemPool_t pool = nullptr;
  cuda_check(cudaMemPoolCreate(&pool, &properties), "create a pool of memory");
  uint64_t kept = std::numeric_limits<uint64_t>::max();
  cuda_check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept),
             "keep a pool's memory");
  return pools[device] = pool;
}

cudaError_t allocate_from_pool(void** memory, size_t bytes) {
  return cudaMallocFromPoolAsync(memory, bytes, memory_pool(), current_stream());
}
#else
cudaError_t allocate_from_pool(void** memory, size_t bytes) {
  return cudaMallocAsync(memory, bytes, current_stream());
}
#endif

void check_memory(cudaError_t error, size_t bytes, const char* where) {
  if (error == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    throw OutOfMemory(text("out of memory: ", bytes, " bytes asked for on ", where));
  }
  cuda_check(error, "allocate ", bytes, " bytes on ", where);
}

void* allocate(size_t bytes) {
  void* memory = nullptr;
  check_memory(allocate_from_pool(&memory, bytes ? bytes : 1), bytes, "the GPU");
  return memory;
}

void release(void* memory) { (void)cudaFreeAsync(memory, current_stream()); }

void copy(void* to, const void* from, size_t bytes) {
  cuda_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, current_stream()), "copy");
}

void copy_in(void* to, const void* host, size_t bytes) {
  cuda_check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, current_stream()), "copy_in");
  cuda_check(cudaStreamSynchronize(current_stream()), "copy_in");  // `host` may go away
}

void copy_out(void* host, const void* from, size_t bytes) {
  cuda_check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, current_stream()),
             "copy_out");
  cuda_check(cudaStreamSynchronize(current_stream()), "copy_out");
}

template <class T>
__global__ void fill_kernel(T* y, T value, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] = value;
}

template <class T>
__global__ void add_kernel(T* y, const T* x, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) y[i] += x[i];
}

template <class T>
void fill(T* y, T value, int64_t count) {
  if (count) launch_over(count, fill_kernel<T>, y, value, count);
}

template <class T>
void add(T* y, const T* x, int64_t count) {
  if (count) launch_over(count, add_kernel<T>, y, x, count);
}

void synchronize() { cuda_check(cudaStreamSynchronize(current_stream()), "synchronize"); }

void* create_stream() {
  cudaStream_t stream = nullptr;
  cuda_check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "new stream");
  return stream;
}

void destroy_stream(void* stream) { (void)cudaStreamDestroy(static_cast<cudaStream_t>(stream)); }

void* exchange_stream(void* stream) {
  return std::exchange(current_stream(), static_cast<cudaStream_t>(stream));
}

void* allocate_host(size_t bytes) {
  void* memory = nullptr;
  check_memory(cudaMallocHost(&memory, bytes ? bytes : 1), bytes, "the host, for a GPU to fetch");
  return memory;
}

void release_host(void* memory) { (void)cudaFreeHost(memory); }

void copy_in_background(void* to, const void* host, size_t bytes) {
  cuda_check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, current_stream()), "copy in");
}

void copy_out_background(void* host, const void* from, size_t bytes) {
  cuda_check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, current_stream()),
             "copy out");
}

void* create_mark() {
  cudaEvent_t event = nullptr;
  cuda_check(cudaEventCreate(&event), "new event");
  return event;
}

void destroy_mark(void* mark) { (void)cudaEventDestroy(static_cast<cudaEvent_t>(mark)); }

void set_mark(void* mark) {
  cuda_check(cudaEventRecord(static_cast<cudaEvent_t>(mark), current_stream()), "record an event");
}

double seconds_between(void* mark, void* later) {
  float milliseconds = 0;
  cuda_check(cudaEventElapsedTime(&milliseconds, static_cast<cudaEvent_t>(mark),
                                  static_cast<cudaEvent_t>(later)),
             "time between events");
  return 1e-3 * double(milliseconds);
}

/// The name of GPU 0, or "" when none answers. Asked once.
const char* gpu_name() {
  static const cudaDeviceProp properties = [] {
    cudaDeviceProp found{};
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0 ||
        cudaGetDeviceProperties(&found, 0) != cudaSuccess)
      found.name[0] = 0;
    (void)cudaGetLastError();
    return found;
  }();
  return properties.name;
}

}  // namespace

#if HITSIEVE_NVCC
cudaError_t allow_shared(const void* kernel, size_t bytes) {
  static std::mutex mutex;
  static std::map<std::pair<int, const void*>, size_t> allowed;
  int device = 0;
  if (const cudaError_t error = cudaGetDevice(&device)) return error;
  const std::lock_guard lock(mutex);
  size_t& most = allowed[{device, kernel}];
  if (bytes <= most) return cudaSuccess;
  const cudaError_t error =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(bytes));
  if (error == cudaSuccess) most = bytes;
  return error;
}
#endif

template <>
const DeviceOps On<DeviceOps>::cuda{allocate,    release,     copy,         copy_in,
                                    copy_out,    fill<float>, fill<double>, add<float>,
                                    add<double>, synchronize};

template <>
const StreamOps On<StreamOps>::cuda{
    create_stream, destroy_stream,     exchange_stream,     allocate_host,
    release_host,  copy_in_background, copy_out_background, create_mark,
    destroy_mark,  set_mark,           seconds_between};

bool available(Device device) { return device == Device::cpu || gpu_name()[0] != 0; }

const char* description(Device device) {
  if (device == Device::cpu) return "cpu";
  return gpu_name()[0] ? gpu_name() : "no GPU answers, or its driver is older than this build";
}

}  // namespace hitsieve
