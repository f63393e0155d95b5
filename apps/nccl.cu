#include <nccl.h>

#include "apps/nccl.h"
#include "engine/launch.cuh"

namespace hitsieve {
namespace {

void nccl_check(ncclResult_t result, const char* what) {
  check(result == ncclSuccess, "NCCL, ", what, ": ", ncclGetErrorString(result));
}

class NcclOfProcesses : public Nccl {
 public:
  NcclOfProcesses(int rank, int count, const ncclUniqueId& id) {
    nccl_check(ncclCommInitRank(&communicator_, count, id, rank),
               "start (each process needs a GPU of its own)");
  }
  ~NcclOfProcesses() override { (void)ncclCommDestroy(communicator_); }
  NcclOfProcesses(const NcclOfProcesses&) = delete;
  NcclOfProcesses& operator=(const NcclOfProcesses&) = delete;

  void sum(const Tensor& x) const override {
    const ncclDataType_t type = x.dtype() == DType::f32 ? ncclFloat32 : ncclFloat64;
    nccl_check(ncclAllReduce(x.bytes(), x.bytes(), size_t(x.count()), type, ncclSum, communicator_,
                             current_stream()),
               "sum");
  }

 private:
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<Nccl> make_nccl(int rank, int count,
                                const std::function<void(void* bytes, size_t count)>& share) {
  ncclUniqueId id{};
  if (rank == 0) nccl_check(ncclGetUniqueId(&id), "start");
  share(&id, sizeof id);
  return std::make_unique<NcclOfProcesses>(rank, count, id);
}

}  // namespace hitsieve
