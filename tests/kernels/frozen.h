// What the tests of the frozen networks share: random weights, and the end of the network by its
// definition, in double.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/frozen.h"
#include "tests/kernels/operation.h"

namespace hitsieve::test {

/// Weights in their plain form, one entry a block, then one a layer, and in the packed one.
struct RandomWeights {
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
    const auto values = [&](int count, double scale) {
      std::vector<float> drawn(size_t(count), 0.0f);
      for (float& v : drawn) v = float(scale * random_.normal());
      return drawn;
    };
    weight.push_back(values(K * terms, 1 / std::sqrt(terms)));
    bias.push_back(values(K, 0.3));
  }

  Random random_{5};
};

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
