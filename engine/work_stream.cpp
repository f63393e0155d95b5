#include "engine/work_stream.h"

#include <utility>

#include "engine/check.h"

namespace hitsieve {

WorkStream::WorkStream(Device device) : device_(device) {
  check(available(device), device, ": ", description(device));
  stream_ = pick<StreamOps>(device).create();
}

WorkStream::~WorkStream() { pick<StreamOps>(device_).destroy(stream_); }

void WorkStream::wait() const {
  const OnStream here(*this);
  pick<DeviceOps>(device_).synchronize();
}

OnStream::OnStream(const WorkStream& stream)
    : device_(stream.device_), before_(pick<StreamOps>(device_).exchange(stream.stream_)) {}

OnStream::~OnStream() { pick<StreamOps>(device_).exchange(before_); }

HostBuffer::~HostBuffer() { pick<StreamOps>(device_).release_host(memory_); }

void* HostBuffer::reserve(size_t bytes) {
  if (bytes > bytes_) {
    const StreamOps& ops = pick<StreamOps>(device_);
    ops.release_host(std::exchange(memory_, nullptr));
    bytes_ = 0;
    memory_ = ops.allocate_host(bytes);
    bytes_ = bytes;
  }
  return memory_;
}

}  // namespace hitsieve
