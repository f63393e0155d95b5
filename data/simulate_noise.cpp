#include "data/simulate_noise.h"

#include <array>
#include <cmath>
#include <vector>

namespace hitsieve {
namespace {

constexpr int kCells = 4096, kTail = 24;  // kTail cells at each end are evaluated exactly

std::vector<float> quantile_table(int cells, double offset) {
  std::vector<float> table(cells + 1);
  for (int i = 0; i <= cells; ++i) {
    const double p = (i + offset) / cells;
    table[i] = p > 0 && p < 1 ? float(normal_quantile(p)) : 0;
  }
  return table;
}

float quantile_of_bits(uint32_t bits) {
  static const std::vector<float> table = quantile_table(kCells, 0);
  const uint32_t cell = bits >> 20;
  if (cell < kTail || cell >= kCells - kTail)
    return float(normal_quantile((double(bits) + 0.5) * 0x1p-32));
  const float fraction = float(bits & 0xFFFFF) * 0x1p-20f;
  return table[cell] + fraction * (table[cell + 1] - table[cell]);
}

float poisson_by_inversion(float mean, uint32_t bits) {
  static const auto reciprocal = [] {
    std::array<float, 128> r{};
    for (int i = 1; i < 128; ++i) r[i] = 1.0f / float(i);
    return r;
  }();
  float left = (float(bits) + 0.5f) * 0x1p-32f, p = std::exp(-mean);
  int k = 0;
  while (left > p && k < 127) {
    left -= p;
    p *= mean * reciprocal[++k];
  }
  return float(k);
}

}  // namespace

double normal_quantile(double probability) {
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                                 -2.759285104469687e+02, 1.383577518672690e+02,
                                 -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                                 -1.556989798598866e+02, 6.680131188771972e+01,
                                 -1.328068155288572e+01};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                                 -2.400758277161838e+00, -2.549732539343734e+00,
                                 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
                                 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double low = 0.02425;
  if (probability > 1 - low) return -normal_quantile(1 - probability);
  if (probability < low) {
    const double t = std::sqrt(-2 * std::log(probability));
    return (((((c[0] * t + c[1]) * t + c[2]) * t + c[3]) * t + c[4]) * t + c[5]) /
           ((((d[0] * t + d[1]) * t + d[2]) * t + d[3]) * t + 1);
  }
  const double t = probability - 0.5, r = t * t;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * t /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

float poisson_variate(float mean, uint32_t bits) {
  if (mean <= 0) return 0;
  if (mean < 12) return poisson_by_inversion(mean, bits);
  const float z = quantile_of_bits(bits), root = std::sqrt(mean);
  const float k = mean + root * z + (z * z - 1) * (1.0f / 6) + (z - z * z * z) / (72 * root);
  return std::max(0.0f, std::floor(k + 0.5f));
}

float coarse_normal(uint16_t bits) {
  static const std::vector<float> table = quantile_table(1 << 16, 0.5);
  return table[bits];
}

}  // namespace hitsieve
