#include "kernels/frozen.h"

#include <algorithm>

#include "engine/check.h"
#include "engine/simd.h"
#include "kernels/vector.h"

namespace hitsieve {
namespace {

/// y (K) = x (C) * weight (C, K) + bias, with ReLU unless it is the last layer.
HS_SIMD void run_layer(int C, int K, const float* x, const float* weight, bool last, float* y) {
  std::copy_n(weight + int64_t(C) * K, K, y);
  for (int c = 0; c < C; ++c)
    for (int k = 0; k < K; ++k) y[k] += x[c] * weight[c * K + k];
  if (!last)
    for (int k = 0; k < K; ++k) y[k] = std::max(y[k], 0.0f);
}

HS_SIMD void read_out(const FrozenEnd& end, int channels, int area, const float* x,
                      float* features) {
  if (end.readout == FrozenReadout::flatten) {
    std::copy_n(x, int64_t(channels) * area, features);
    return;
  }
  for (int k = 0; k < channels; ++k, x += area)
    features[k] = sum_terms<float>(
                      area, [&](int64_t i, Vector<float>& v) { load(v, x + i); },
                      [&](int64_t i) { return x[i]; }) /
                  float(area);
}

}  // namespace

void pack_channels(int K, int terms, const float* weight, const float* bias,
                   std::vector<float>& packed) {
  const int padded = frozen_groups(K) * frozen_group;
  for (int k0 = 0; k0 < padded; k0 += frozen_group)
    for (int i = 0; i < terms; ++i)
      for (int k = k0; k < k0 + frozen_group; ++k)
        packed.push_back(k < K ? weight[k * terms + i] : 0.0f);
  for (int k = 0; k < padded; ++k) packed.push_back(k < K ? bias[k] : 0.0f);
}

void pack_layer(int C, int K, const float* weight, const float* bias, std::vector<float>& packed) {
  for (int c = 0; c < C; ++c)
    for (int k = 0; k < K; ++k) packed.push_back(weight[k * C + c]);
  packed.insert(packed.end(), bias, bias + K);
}

int FrozenEnd::widest() const { return *std::max_element(width, width + layers + 1); }

int64_t FrozenEnd::weights() const {
  int64_t total = 0;
  for (int i = 0; i < layers; ++i) total += packed_layer(width[i], width[i + 1]);
  return total;
}

void check_cpu_precision(Precision precision) {
  check(precision == Precision::float32, "frozen network: ", precision,
        " is computed on a GPU's tensor cores, the CPU has float32 alone");
}

void run_frozen_end(const FrozenEnd& end, int channels, int area, const float* x,
                    const float* weights, float* memory, float* logits) {
  float* features[2] = {memory, memory + end.widest()};
  read_out(end, channels, area, x, features[0]);
  for (int i = 0; i < end.layers; ++i) {
    const int C = end.width[i], K = end.width[i + 1];
    const bool last = i + 1 == end.layers;
    run_layer(C, K, features[i % 2], weights, last, last ? logits : features[(i + 1) % 2]);
    weights += packed_layer(C, K);
  }
}

}  // namespace hitsieve
