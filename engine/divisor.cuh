// Division of indices by a size that the host knows and the compiler does not: an addition and
// the high half of a product in a kernel, where `/` takes some twenty instructions.
#pragma once
#include <cstdint>

#include "engine/host_device.h"
#include "engine/launch.cuh"

namespace hitsieve {

class Divisor {
 public:
  HS_HD explicit Divisor(int size = 1) : size_(size), share_(~uint32_t(0) / uint32_t(size)) {}

  HS_HD int size() const { return size_; }
  /// index / size(), for 0 <= index, (index + 1) * size() <= 2^32.
  __device__ int quotient(int index) const { return int(__umulhi(unsigned(index) + 1, share_)); }
  HS_HD int rest(int index, int quotient) const { return index - quotient * size_; }

 private:
  int size_;
  uint32_t share_;  // of 2^32, rounded down, and always less: index + 1 makes up for it
};

}  // namespace hitsieve
