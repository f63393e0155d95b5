// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). The value at (seed, counter) does not depend on device, thread or order, so
// the same seed gives the same dropout mask, split and simulated frame everywhere.
#pragma once
#include <cmath>
#include <cstdint>

#include "engine/host_device.h"

namespace hitsieve {

struct Philox4 {
  uint32_t v[4];
};

/// The 128 random bits at `counter` (64 bits) and `stream` (64 bits) under the key `seed`.
HS_HD inline Philox4 philox(uint64_t seed, uint64_t counter, uint64_t stream = 0) {
  uint32_t c[4] = {uint32_t(counter), uint32_t(counter >> 32), uint32_t(stream),
                   uint32_t(stream >> 32)};
  uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t(0xD2511F53u) * c[0], p1 = uint64_t(0xCD9E8D57u) * c[2];
    const uint32_t n0 = uint32_t(p1 >> 32) ^ c[1] ^ k0, n2 = uint32_t(p0 >> 32) ^ c[3] ^ k1;
    c[0] = n0, c[1] = uint32_t(p1), c[2] = n2, c[3] = uint32_t(p0);
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  return {{c[0], c[1], c[2], c[3]}};
}

/// 24 random bits to a float in [0, 1); 53 bits to a double in [0, 1).
HS_HD inline float unit_float(uint32_t bits) { return float(bits >> 8) * 0x1p-24f; }
HS_HD inline double unit_double(uint32_t high, uint32_t low) {
  return double((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

/// Streams of one seed, one use each: stream_of(use) + 0, 1, 2, ... for its epochs, layers, frames.
enum class StreamUse : uint64_t { weights, batches, embedding };
constexpr uint64_t stream_of(StreamUse use) { return (uint64_t(use) + 1) << 48; }

/// A sequence of draws for host code. Two generators with the same (seed, stream) agree; different
/// streams are independent (one a frame, one an epoch, ...).
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t bits() {
    if (left_ == 0) block_ = philox(seed_, counter_++, stream_), left_ = 4;
    return block_.v[4 - left_--];
  }
  double uniform() {
    const uint32_t high = bits();
    return unit_double(high, bits());
  }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// An unbiased integer in [0, n), n > 0.
  uint64_t below(uint64_t n);
  /// Standard normal, by Box and Muller.
  double normal();
  /// Poisson with mean >= 0: by inversion below 30, by PTRS (Hoermann 1993) above.
  double poisson(double mean);
  /// Exponential with mean 1.
  double exponential() { return -std::log1p(-uniform()); }

 private:
  uint64_t seed_, stream_, counter_ = 0;
  Philox4 block_{};
  int left_ = 0;
};

}  // namespace hitsieve
