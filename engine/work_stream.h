// Work that a device does while the host goes on: a stream, host memory that the device copies from
// and to by itself, and marks that say how long it took. On the CPU all is done at once.
#pragma once
#include "engine/device.h"

namespace hitsieve {

/// What a device brings. Copies go on the current stream, in order, and return at once; host memory
/// must stay as it is until the stream was waited for.
struct StreamOps {
  void* (*create)();
  void (*destroy)(void* stream);
  void* (*exchange)(void* stream);  ///< makes it the calling thread's; gives the one before
  void* (*allocate_host)(size_t bytes);
  void (*release_host)(void* memory);
  void (*copy_in)(void* to, const void* host, size_t bytes);
  void (*copy_out)(void* host, const void* from, size_t bytes);
  void* (*create_mark)();
  void (*destroy_mark)(void* mark);
  void (*set_mark)(void* mark);
  double (*seconds_between)(void* mark, void* later);
};

class WorkStream {
 public:
  explicit WorkStream(Device device);
  ~WorkStream();
  WorkStream(const WorkStream&) = delete;
  WorkStream& operator=(const WorkStream&) = delete;

  Device device() const { return device_; }
  void wait() const;  ///< until all work on it is done; reports errors of that work

 private:
  friend class OnStream;
  Device device_;
  void* stream_;
};

/// While it lives, what the calling thread asks of the stream's device goes on that stream.
class OnStream {
 public:
  explicit OnStream(const WorkStream& stream);
  ~OnStream();
  OnStream(const OnStream&) = delete;
  OnStream& operator=(const OnStream&) = delete;

 private:
  Device device_;
  void* before_;
};

/// A moment of a stream, by the device's clock: when it was through with all that it had been given
/// before. Neither setting one nor asking makes anything wait.
class StreamMark {
 public:
  explicit StreamMark(Device device)
      : device_(device), mark_(pick<StreamOps>(device).create_mark()) {}
  ~StreamMark() { pick<StreamOps>(device_).destroy_mark(mark_); }
  StreamMark(const StreamMark&) = delete;
  StreamMark& operator=(const StreamMark&) = delete;

  void set() { pick<StreamOps>(device_).set_mark(mark_); }  ///< on the current stream
  /// Of two that were set, on streams that have been waited for since.
  double seconds_since(const StreamMark& before) const {
    return pick<StreamOps>(device_).seconds_between(before.mark_, mark_);
  }

 private:
  Device device_;
  void* mark_;
};

/// Host memory for copies to and from the device in the background. Grows, never shrinks.
class HostBuffer {
 public:
  explicit HostBuffer(Device device) : device_(device) {}
  ~HostBuffer();
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;

  /// At least `bytes`; what was in it is lost when it grows.
  void* reserve(size_t bytes);
  template <class T>
  T* of(size_t count) {
    return static_cast<T*>(reserve(count * sizeof(T)));
  }

 private:
  Device device_;
  void* memory_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace hitsieve
