#include "engine/check.h"
#include "engine/launch.cuh"
#include "engine/repeated_work.h"

namespace hitsieve {
namespace {

/// A stream of its own, as the default stream cannot be captured.
class Capture {
 public:
  Capture() {
    cuda_check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "new stream");
    before_ = std::exchange(current_stream(), stream_);
    begun_ = cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  }
  ~Capture() {
    if (cudaGraph_t graph = nullptr; begun_ == cudaSuccess) {  // the work has thrown
      (void)cudaStreamEndCapture(stream_, &graph);
      if (graph) (void)cudaGraphDestroy(graph);
    }
    (void)cudaGetLastError();  // every call is looked at; what failed has been thrown
    current_stream() = before_;
    (void)cudaStreamDestroy(stream_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  cudaGraphExec_t record(const std::function<void()>& work) {
    cuda_check(begun_, "record a graph");
    work();
    cudaGraph_t graph = nullptr;
    begun_ = cudaErrorIllegalState;  // no longer
    cuda_check(cudaStreamEndCapture(stream_, &graph), "record a graph");
    cudaGraphExec_t exec = nullptr;
    const cudaError_t error = cudaGraphInstantiate(&exec, graph, 0);
    (void)cudaGraphDestroy(graph);
    cuda_check(error, "record a graph");
    return exec;
  }

 private:
  cudaStream_t stream_ = nullptr, before_ = nullptr;
  cudaError_t begun_ = cudaErrorIllegalState;
};

void* record(const std::function<void()>& work) {
  if (launches_wait()) return nullptr;
  return Capture().record(work);
}

void launch_graph(void* graph) {
  cuda_check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), current_stream()),
             "launch a graph");
}

void destroy(void* graph) { (void)cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph)); }

}  // namespace

template <>
const GraphOps On<GraphOps>::cuda{record, launch_graph, destroy};

}  // namespace hitsieve
