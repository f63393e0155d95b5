// Fast counter-based noise for whole frames: the value at a pixel depends on (seed, stream, the
// pixel's index) alone, so a crop of a frame has the same noise as the whole frame there.
//
// Poisson below a mean of 12: inversion, exact to the 2^-32 of its uniform number. Above: the
// normal quantile with the skewness and kurtosis terms of Cornish and Fisher, rounded to the
// nearest integer; its distribution function is within 1e-3 of the Poisson one everywhere.
#pragma once
#include <cstdint>

namespace hitsieve {

/// The standard normal quantile of probability in (0, 1), to 1e-9 (Acklam's approximation).
double normal_quantile(double probability);

/// A Poisson variate of the given mean >= 0 from 32 uniform bits.
float poisson_variate(float mean, uint32_t bits);

/// Standard normal variate from 16 uniform bits; it reaches to 4.3.
float coarse_normal(uint16_t bits);

}  // namespace hitsieve
