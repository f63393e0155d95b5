// Dropout (Srivastava et al. 2014): in training each element becomes 0 with probability p and is
// divided by 1 - p otherwise, so that inference needs no operation at all. The mask is a function
// of (seed, offset), the same on every device; backward draws it again instead of keeping it.
#pragma once
#include "engine/host_device.h"
#include "engine/philox.h"
#include "engine/tensor.h"

namespace hitsieve {

/// Element i takes number offset + i of the seed's sequence: for masks of their own, calls under
/// one seed move the offset on by x.count(). f32 or f64, any shape, 0 <= p < 1. `before`, one f64
/// element, if given, is added to the offset when the work is done, forward as well as backward, so
/// that a step can be recorded and replayed with other masks.
Tensor dropout(const Tensor& x, double p, uint64_t seed, uint64_t offset,
               const Tensor& before = {});

/// An element is kept if the upper 24 of its 32 random bits reach `threshold` (p in units of
/// 2^-24): whole numbers, hence the same mask for every element type.
struct DropoutMask {
  uint64_t seed, offset;
  uint32_t threshold;

  /// With `*before` added to the offset, if there is one.
  HS_HD DropoutMask after(const double* before) const {
    return {seed, before ? offset + uint64_t(*before) : offset, threshold};
  }
  /// The random bits of the four elements 4 block - offset, ...
  HS_HD Philox4 bits(uint64_t block) const { return philox(seed, block, 0x64726f706f7574); }
  HS_HD bool keeps(uint32_t random_bits) const { return random_bits >> 8 >= threshold; }
};

/// What a device brings: y = x * scale where mask.after(before) keeps, else 0. Also dx from dy.
template <class T>
struct DropoutKernels {
  void (*apply)(int64_t count, const DropoutMask& mask, const double* before, T scale, const T* x,
                T* y);
};

}  // namespace hitsieve
