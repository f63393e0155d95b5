// Sums over the GPUs of several processes by NVIDIA's NCCL, where this build has it.
#pragma once
#include <functional>
#include <memory>

#include "engine/tensor.h"

namespace hitsieve {

inline constexpr bool built_with_nccl = HITSIEVE_HAS_NCCL;

class Nccl {
 public:
  virtual ~Nccl() = default;
  /// x = its sum over all, on the current stream; f32 or f64 on CUDA.
  virtual void sum(const Tensor& x) const = 0;
};

/// Called in all processes at once; `share` gives the bytes of process 0 to all.
std::unique_ptr<Nccl> make_nccl(int rank, int count,
                                const std::function<void(void* bytes, size_t count)>& share);

}  // namespace hitsieve
