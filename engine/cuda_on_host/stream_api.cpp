// Streams and events of the runtime interface.
#include "engine/check.h"
#include "engine/cuda_on_host/graph.h"
#include "engine/cuda_on_host/launch.h"
#include "engine/cuda_on_host/memory.h"
#include "engine/cuda_on_host/runtime.h"
#include "engine/cuda_on_host/streams.h"

namespace emu = hitsieve::emu;
using emu::Streams;
using Lock = std::lock_guard<std::recursive_mutex>;

void hitsieve::emu::launch(Grid grid, Stream* stream) {
  const Lock lock(runtime_mutex());
  grid.schedule = schedule();
  check_sizes(grid);
  Streams::instance().enqueue(stream, [grid = std::move(grid)] { run_grid(grid); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  const Lock lock(emu::runtime_mutex());
  *stream = Streams::instance().create(flags != cudaStreamNonBlocking);
  return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, 0); }

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(emu::runtime_mutex());
  Streams::instance().destroy(stream);
  return cudaSuccess;
}

// A query of unfinished work says so, and finishes it: a loop of queries comes to an end.
cudaError_t cudaStreamQuery(cudaStream_t handle) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  emu::Stream& stream = Streams::instance().get(handle);
  const bool ready = stream.done == stream.enqueued;
  Streams::instance().synchronize(stream);
  return ready ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (event->stream)
    Streams::instance().get(stream).next_after.push_back({event->stream, event->count});
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, void (*function)(void*), void* data) {
  const Lock lock(emu::runtime_mutex());
  Streams::instance().enqueue(stream, [=] { function(data); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new emu::Event;
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Lock lock(emu::runtime_mutex());
  if (event->stream) Streams::instance().run({event->stream, event->count});
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  emu::Stream& stream = Streams::instance().get(handle);
  event->stream = &stream;
  event->count = stream.enqueued + 1;
  Streams::instance().enqueue(handle, [event] { event->time = std::chrono::steady_clock::now(); });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (event->stream) Streams::instance().run({event->stream, event->count});
  emu::DeviceMemory::instance().hide();
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const Lock lock(emu::runtime_mutex());
  if (const cudaError_t refused = emu::refused_in_capture()) return refused;
  if (!event->stream || event->stream->done >= event->count) return cudaSuccess;
  Streams::instance().run({event->stream, event->count});
  return cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  const Lock lock(emu::runtime_mutex());
  if (!begin->stream || !end->stream) return cudaErrorInvalidResourceHandle;
  if (begin->stream->done < begin->count || end->stream->done < end->count)
    return cudaErrorNotReady;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}
