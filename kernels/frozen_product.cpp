#include "kernels/frozen_product.h"

#include <bit>

namespace hitsieve {
namespace {

/// To nearest, halves away from zero, as the kernels round activations; finite numbers.
uint32_t tf32_bits(float x) { return (std::bit_cast<uint32_t>(x) + 0x1000) & 0xffffe000u; }

/// To nearest, halves to even.
uint32_t bf16_bits(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/// Element k of the window's `row`, for column n.
float element(const FrozenProduct& p, const float* weight, int row, int k, int n) {
  const int channel = n % p.y_channels, output = n / p.y_channels;
  const int at = k - p.lead, c = at % channels_last(p.C);
  const int tap = at / channels_last(p.C) - output * p.stride;
  const bool there = at >= 0 && c < p.C && tap >= 0 && tap < p.taps && channel < p.K;
  return there && output < p.along
             ? weight[((int64_t(channel) * p.C + c) * p.rows + row) * p.taps + tap]
             : 0.0f;
}

}  // namespace

void pack_product(Precision precision, const FrozenProduct& p, const float* weight,
                  const float* bias, std::vector<float>& packed) {
  const int depth = depth_of(precision), steps = p.steps(depth);
  for (int tile = 0; tile < p.tiles(); ++tile)
    for (int i = 0; i < p.rows * steps; ++i)
      for (int word = 0; word < 64; ++word) {
        const int n = tile * 8 + word / 8, row = i / steps;
        const auto at = [&](int k) { return element(p, weight, row, i % steps * depth + k, n); };
        const int k = word % 8 * depth / 8;
        packed.push_back(std::bit_cast<float>(precision == Precision::tf32
                                                  ? tf32_bits(at(k))
                                                  : bf16_bits(at(k)) | bf16_bits(at(k + 1)) << 16));
      }
  for (int k = 0; k < p.y_channels; ++k) packed.push_back(k < p.K ? bias[k] : 0.0f);
}

}  // namespace hitsieve
