// What the tests of the frozen networks share: random weights, and the end of the network by its
// definition, in double.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/frozen.h"
#include "kernels/frozen_product.h"
#include "tests/kernels/operation.h"

namespace hitsieve::test {

/// Weights in their plain form, one entry a block, then one a layer, and in the packed one. whole:
/// all -1, 0 or 1, of which few terms are not 0, so that sums are exact in any precision.
struct RandomWeights {
  bool whole = false;
  std::vector<std::vector<float>> weight, bias;
  std::vector<float> packed;

  void add_channels(int K, int terms, float scale = 1) {
    draw(K, terms);
    std::vector<float> scaled = weight.back();
    for (float& w : scaled) w *= scale;
    pack_channels(K, terms, scaled.data(), bias.back().data(), packed);
  }
  void add_layer(FrozenEnd& end, int outputs) {
    const int inputs = end.width[end.layers];
    end.width[++end.layers] = outputs;
    draw(outputs, inputs);
    pack_layer(inputs, outputs, weight.back().data(), bias.back().data(), packed);
  }

 private:
  void draw(int K, int terms) {
    const double rare = terms < 20 ? 0.8 : 1.5;
    const auto values = [&](int count, double scale) {
      std::vector<float> drawn(size_t(count), 0.0f);
      for (float& v : drawn) {
        const double x = random_.normal();
        v = whole ? float((x > rare) - (x < -rare)) : float(scale * x);
      }
      return drawn;
    };
    weight.push_back(values(K * terms, 1 / std::sqrt(terms)));
    bias.push_back(values(K, 0.3));
  }

  Random random_{5};
};

/// The same for tensor cores: `blocks` of `sizes`, the first one's weight times `scale`, then the
/// layers.
template <class Sizes>
std::vector<float> packed_products(const RandomWeights& weights, const Sizes& sizes,
                                   Precision precision, float scale = 1) {
  std::vector<float> packed;
  for (size_t i = 0; i < size_t(sizes.blocks); ++i) {
    std::vector<float> weight = weights.weight[i];
    for (float& w : weight) w *= i == 0 ? scale : 1;
    const auto& block = sizes.block[i];
    pack_product(block.precision(precision), block.product(), weight.data(), weights.bias[i].data(),
                 packed);
  }
  for (int i = 0; i < sizes.end.layers; ++i)
    pack_layer(sizes.end.width[i], sizes.end.width[i + 1],
               weights.weight[size_t(sizes.blocks + i)].data(),
               weights.bias[size_t(sizes.blocks + i)].data(), packed);
  CHECK(sizes.weights(precision) == std::ssize(packed));
  return packed;
}

inline double largest(const std::vector<float>& x) {
  double most = 0;
  for (float v : x) most = std::max(most, std::abs(double(v)));
  return most;
}
inline double largest_difference(const std::vector<float>& x, const std::vector<float>& y) {
  REQUIRE(x.size() == y.size());
  double most = 0;
  for (size_t i = 0; i < x.size(); ++i)
    most = std::max(most, std::abs(double(x[i]) - double(y[i])));
  return most;
}

/// A share of the largest logit that a result in this precision may be off by, of random networks.
inline double allowed(Precision precision) { return precision == Precision::tf32 ? 1e-3 : 1e-2; }

/// x: `channels` rows of the last block's output; the layers' weights follow those of `blocks`.
inline std::vector<double> end_by_definition(const FrozenEnd& end, const RandomWeights& weights,
                                             int blocks, int channels, std::vector<double> x) {
  if (end.readout == FrozenReadout::mean) {
    const size_t area = x.size() / size_t(channels);
    std::vector<double> mean(size_t(channels), 0.0);
    for (size_t i = 0; i < x.size(); ++i) mean[i / area] += x[i] / double(area);
    x = mean;
  }
  for (int i = 0; i < end.layers; ++i) {
    const size_t which = size_t(blocks + i), C = x.size();
    std::vector<double> y;
    for (int k = 0; k < end.width[i + 1]; ++k) {
      double sum = weights.bias[which][size_t(k)];
      for (size_t c = 0; c < C; ++c) sum += double(weights.weight[which][size_t(k) * C + c]) * x[c];
      y.push_back(i + 1 == end.layers ? sum : std::max(sum, 0.0));
    }
    x = y;
  }
  return x;
}

}  // namespace hitsieve::test
