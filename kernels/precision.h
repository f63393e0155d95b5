// What a frozen network's convolutions multiply in. Sums are float32 always, and so are the fully
// connected layers.
//
// Logits of random networks move by up to 0.0009 (tf32) and 0.006 (bf16) of the largest, as
// `test_kernels -tc='*stay close to float32'` prints and bounds; benchmarks/precision.sh shows what
// becomes of the decisions of a trained one. So float32 is what decides unless one asks.
#pragma once
#include <cstdint>
#include <ostream>

namespace hitsieve {

enum class Precision : uint8_t {
  float32,
  tf32,  ///< CUDA: weights and activations rounded to 10 bits of mantissa, on tensor cores
  bf16,  ///< CUDA: to 7 bits; what has no channels yet, a vector, is taken in tf32
};

constexpr const char* name_of(Precision precision) {
  constexpr const char* names[] = {"float32", "tf32", "bf16"};
  return names[int(precision)];
}
inline std::ostream& operator<<(std::ostream& out, Precision precision) {
  return out << name_of(precision);
}

}  // namespace hitsieve
