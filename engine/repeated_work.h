// Work that a device does again and again, the same each time but for what is in its memory: a
// training's step. To start its kernels one by one costs the host more time than a GPU needs for
// small ones, so a CUDA device is told them once, as a CUDA graph, and then starts it as a whole.
#pragma once
#include <functional>

#include "engine/device.h"

namespace hitsieve {

/// What a device brings.
struct GraphOps {
  /// What `work` asks of the device, not done but recorded; null where the device does not record.
  void* (*record)(const std::function<void()>& work);
  void (*launch)(void* graph);  ///< on the calling thread's stream
  void (*destroy)(void* graph);
};

/// The first call does the work, the second records it, and from then on a call, that one too,
/// starts what was recorded; the results are the same bits. On the CPU every call does the work.
///
/// What the host does within the work is done the first two times only, so everything that changes
/// from call to call has to lie in the device's memory. The work frees the device memory that it
/// allocates, which keeps its addresses and is no one else's while this lives, and frees no other;
/// other memory that it uses has to outlive this. It waits for nothing: Error otherwise.
class RepeatedWork {
 public:
  explicit RepeatedWork(Device device) : device_(device) {}
  ~RepeatedWork();
  RepeatedWork(const RepeatedWork&) = delete;
  RepeatedWork& operator=(const RepeatedWork&) = delete;

  /// Always the same work. Nothing is recorded, and the work is done as by any other call, where
  /// `record` is false; while the thread uses cuDNN (library.h), which may choose otherwise in a
  /// capture (cuBLAS can be captured); in a NotRecorded; and with HITSIEVE_CUDA_SYNC=1.
  void operator()(const std::function<void()>& work, bool record = true);

 private:
  Device device_;
  int64_t calls_ = 0;
  void* graph_ = nullptr;
};

/// While it lives, the calling thread records and replays nothing: to compare, or to find a fault.
class NotRecorded {
 public:
  NotRecorded();
  ~NotRecorded();
  NotRecorded(const NotRecorded&) = delete;
  NotRecorded& operator=(const NotRecorded&) = delete;

 private:
  bool before_;
};

}  // namespace hitsieve
