// Internal to the frozen networks on CUDA: both in tf32 and bf16, by warps that multiply on tensor
// cores (engine/mma.cuh) in the form of frozen_product.h; and what they share with float32.
#pragma once
#include "kernels/frozen_net1d.h"
#include "kernels/frozen_net2d.h"

namespace hitsieve {

/// The forward functions (frozen_net1d.h, frozen_net2d.h) of tf32 and bf16.
void frozen_net1d_by_products(const FrozenNet1dSizes& sizes, Precision precision, int64_t N,
                              const float* x, const float* weights, float* logits);
void frozen_net2d_by_products(const FrozenNet2dSizes& sizes, Precision precision, int64_t N,
                              const int16_t* images, const float* weights, float* logits);

/// x (N, K, pooled, pooled) of the last block -> logits.
void end_of_images(const FrozenNet2dSizes& sizes, int64_t N, const float* x, const float* weights,
                   float* logits);
inline constexpr int64_t images_together = 128;  ///< whose activations are in memory at once

}  // namespace hitsieve
