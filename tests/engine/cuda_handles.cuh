// CUDA's handles as objects: made in the constructor, destroyed with the object, moved not copied.
#pragma once
#include <utility>

#include "engine/launch.cuh"

namespace hitsieve {

/// A stream that runs beside the default stream, not ordered with it.
class Stream {
 public:
  Stream() { cuda_check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "new stream"); }
  ~Stream() {
    if (stream_) cudaStreamDestroy(stream_);
  }
  Stream(Stream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  operator cudaStream_t() const { return stream_; }
  void synchronize() const { cuda_check(cudaStreamSynchronize(stream_), "wait for a stream"); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// Makes `stream` the calling thread's current stream while it lives.
class StreamScope {
 public:
  explicit StreamScope(cudaStream_t stream) : previous_(std::exchange(current_stream(), stream)) {}
  ~StreamScope() { current_stream() = previous_; }
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  cudaStream_t previous_;
};

/// A point in a stream's work.
class Event {
 public:
  Event() { cuda_check(cudaEventCreate(&event_), "new event"); }
  ~Event() {
    if (event_) cudaEventDestroy(event_);
  }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  operator cudaEvent_t() const { return event_; }
  void record() { cuda_check(cudaEventRecord(event_, current_stream()), "record an event"); }
  /// The host waits.
  void synchronize() const { cuda_check(cudaEventSynchronize(event_), "wait for an event"); }
  /// The current stream's later work waits.
  void wait() const { cuda_check(cudaStreamWaitEvent(current_stream(), event_, 0), "wait"); }
  /// Milliseconds from `begin` to this, both reached.
  float since(const Event& begin) const {
    float milliseconds = 0;
    cuda_check(cudaEventElapsedTime(&milliseconds, begin.event_, event_), "time between events");
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace hitsieve
