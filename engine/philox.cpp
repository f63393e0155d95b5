#include "engine/philox.h"

#include <numbers>

namespace hitsieve {

uint64_t Random::below(uint64_t n) {
  const uint64_t reject_under = (0 - n) % n;  // 2^64 mod n: the values below make it unbiased
  for (;;) {
    const uint64_t high = bits(), value = high << 32 | bits();
    if (value >= reject_under) return value % n;
  }
}

double Random::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::poisson(double mean) {
  if (mean <= 0) return 0;
  if (mean < 30) {
    double p = std::exp(-mean), left = uniform();
    int k = 0;
    while (left > p && p > 0) left -= p, p *= mean / ++k;
    return k;
  }
  // PTRS: transformed rejection with squeeze.
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = uniform() - 0.5, v = uniform(), us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <=
        k * std::log(mean) - mean - std::lgamma(k + 1))
      return k;
  }
}

}  // namespace hitsieve
