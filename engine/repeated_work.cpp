#include "engine/repeated_work.h"

#include <utility>

namespace hitsieve {
namespace {

thread_local bool nothing_is_recorded = false;

void* record_none(const std::function<void()>&) { return nullptr; }
void launch_none(void*) {}
void destroy_none(void*) {}

}  // namespace

template <>
const GraphOps On<GraphOps>::cpu{record_none, launch_none, destroy_none};

RepeatedWork::~RepeatedWork() {
  if (graph_) pick<GraphOps>(device_).destroy(graph_);
}

void RepeatedWork::operator()(const std::function<void()>& work, bool record) {
  if (!record || nothing_is_recorded || uses(Library::cudnn)) return work();
  const GraphOps& ops = pick<GraphOps>(device_);
  // The first call is none: libraries and kernels are loaded then, which may wait.
  if (!graph_ && calls_++ > 0) graph_ = ops.record(work);
  if (graph_)
    ops.launch(graph_);
  else
    work();
}

NotRecorded::NotRecorded() : before_(std::exchange(nothing_is_recorded, true)) {}
NotRecorded::~NotRecorded() { nothing_is_recorded = before_; }

}  // namespace hitsieve
