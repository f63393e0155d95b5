// Batch norm in training where every process has a part of the batch: as batch_norm of all parts
// one after another gives, up to rounding.
#pragma once
#include "engine/communicator.h"
#include "kernels/batch_norm.h"

namespace hitsieve {

/// As batch_norm in training, x being this process's part, of at least two values a channel. The
/// gradients of weight and bias are this part's: who wants all sums them over the processes.
Tensor batch_norm_together(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           const Tensor& running_mean, const Tensor& running_var,
                           const BatchNormOptions& options, const Communicator& together);

}  // namespace hitsieve
