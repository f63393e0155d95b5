// Graphs of the runtime interface: what is put on a stream while it is captured is not done but
// recorded, to be done as a whole any number of times. As on a GPU, memory that is allocated in a
// capture has its addresses for as long as the graph lives, and what waits is an error.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "engine/cuda_on_host/runtime.h"

namespace hitsieve::emu {

/// What was recorded. Shared by the graph, what was made of it, and launches that are not done.
class GraphWork {
 public:
  GraphWork() = default;
  ~GraphWork();
  GraphWork(const GraphWork&) = delete;
  GraphWork& operator=(const GraphWork&) = delete;

  void add(std::function<void()> node) { nodes_.push_back(std::move(node)); }
  void* allocate(size_t bytes);  // null: no room
  bool free(void* p);            // false: not allocated here, or freed before
  size_t kept() const;           // allocations that it does not free
  void run() const;

 private:
  struct Allocation {
    void* memory;
    bool freed;
  };
  std::vector<std::function<void()>> nodes_{};
  std::vector<Allocation> allocations_{};
};

struct Graph {
  std::shared_ptr<const GraphWork> work;
};
struct GraphExec {
  std::shared_ptr<const GraphWork> work;
};

/// For calls that wait or may wait: an error if the calling thread captures a stream, whose capture
/// is then spoilt. As in cudaStreamCaptureModeThreadLocal, whatever the mode.
cudaError_t refused_in_capture();
/// The error, which is also kept for cudaGetLastError.
cudaError_t failed(cudaError_t error);

}  // namespace hitsieve::emu

using cudaGraph_t = hitsieve::emu::Graph*;
using cudaGraphExec_t = hitsieve::emu::GraphExec*;
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal = 0,
  cudaStreamCaptureModeThreadLocal = 1,
  cudaStreamCaptureModeRelaxed = 2,
};

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
