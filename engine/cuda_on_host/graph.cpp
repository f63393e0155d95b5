#include "engine/cuda_on_host/graph.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/check.h"
#include "engine/cuda_on_host/memory.h"
#include "engine/cuda_on_host/schedule.h"
#include "engine/cuda_on_host/streams.h"

namespace hitsieve::emu {
namespace {

std::atomic<int64_t> launches = 0;
thread_local Stream* captured = nullptr;  // by this thread

}  // namespace

int64_t graph_launches() { return launches; }

GraphWork::~GraphWork() {
  const std::lock_guard lock(runtime_mutex());
  for (const Allocation& one : allocations_)  // the others are whoever's kept them
    if (one.freed) DeviceMemory::instance().release(one.memory);
}

void* GraphWork::allocate(size_t bytes) {
  void* const p = DeviceMemory::instance().allocate(bytes);
  if (!p) return nullptr;
  allocations_.push_back({p, false});
  add([p] { DeviceMemory::instance().renew(p); });
  return p;
}

bool GraphWork::free(void* p) {
  const auto found =
      std::find_if(allocations_.begin(), allocations_.end(),
                   [&](const Allocation& one) { return one.memory == p && !one.freed; });
  if (found == allocations_.end()) return false;
  found->freed = true;
  DeviceMemory::instance().rest(p);
  add([p] { DeviceMemory::instance().rest(p); });
  return true;
}

size_t GraphWork::kept() const {
  return size_t(std::count_if(allocations_.begin(), allocations_.end(),
                              [](const Allocation& one) { return !one.freed; }));
}

void GraphWork::run() const {
  for (const auto& node : nodes_) node();
}

cudaError_t refused_in_capture() {
  if (!captured) return cudaSuccess;
  captured->capture_spoilt = true;
  return failed(cudaErrorStreamCaptureUnsupported);
}

}  // namespace hitsieve::emu

namespace emu = hitsieve::emu;
using emu::Streams;
using hitsieve::check;
using Lock = std::lock_guard<std::recursive_mutex>;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode) {
  const Lock lock(emu::runtime_mutex());
  emu::Stream& stream = Streams::instance().get(handle);
  if (!handle) return emu::failed(cudaErrorStreamCaptureUnsupported);
  check(!stream.blocking, "the emulator captures streams made with cudaStreamNonBlocking alone");
  if (stream.capture || emu::captured) return emu::failed(cudaErrorIllegalState);
  stream.capture = std::make_shared<emu::GraphWork>();
  stream.capture_spoilt = false;
  emu::captured = handle;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  const Lock lock(emu::runtime_mutex());
  emu::Stream& stream = Streams::instance().get(handle);
  *graph = nullptr;
  if (!stream.capture || emu::captured != handle) return emu::failed(cudaErrorIllegalState);
  const auto work = std::exchange(stream.capture, nullptr);
  emu::captured = nullptr;
  if (stream.capture_spoilt) return emu::failed(cudaErrorStreamCaptureInvalidated);
  *graph = new emu::Graph{work};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  const size_t kept = graph->work->kept();
  check(kept == 0, "cudaGraphInstantiate: the graph does not free ", kept,
        " of the allocations in it, and could be launched once only");
  *exec = new emu::GraphExec{graph->work};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  check(exec, "cudaGraphLaunch: no graph");
  ++emu::launches;
  Streams::instance().enqueue(stream, [work = exec->work] { work->run(); });
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  const Lock lock(emu::runtime_mutex());
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const Lock lock(emu::runtime_mutex());
  delete graph;
  return cudaSuccess;
}
