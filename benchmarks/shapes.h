// The shapes that everything is measured on: those of the two networks and of a frame, derived from
// the networks' own definitions. Batches are a training's on the CPU, where a core's work is looked
// at, and on a GPU such as fill it.
#pragma once
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/pool2d.h"
#include "nets/train.h"

namespace hitsieve::bench {

inline constexpr int64_t side = 724, length = 720;  ///< of a frame; of a vector, and of an image

inline int64_t frames(Device device) { return device == Device::cpu ? 8 : 256; }
inline int64_t images(Device device) { return device == Device::cpu ? 16 : 64; }
inline int64_t vectors(Device device) { return device == Device::cpu ? 256 : 4096; }

/// A block of a network. What a vector's layer sees is an image of one row.
struct Layer {
  std::string name;  ///< its input: "4x181x181"
  Conv2dSizes conv;
  Pool2dSizes pool;  ///< of what the convolution gives; a window of 1 is none
  int64_t convolved() const { return conv.N * conv.K * conv.output_area(); }
};

inline std::vector<Layer> layers_of(const ConvNetOptions& net, int64_t N) {
  std::vector<Layer> layers;
  const bool square = net.dimensions == 2;
  int64_t C = 1, L = net.length;
  for (const BlockOptions& b : net.blocks) {
    const int64_t padding = (b.kernel - 1) / 2, K = b.channels, H = square ? L : 1;
    const Conv2dSizes conv =
        square ? Conv2dSizes{N, C, L, L, K, b.kernel, b.kernel, b.stride, padding}
               : Conv2dSizes{N, C, 1, L, K, 1, b.kernel, {1, b.stride}, {0, padding}};
    const PoolAxis x{b.convolved(L), b.pooled(L, net.dimensions), b.pool, b.pool_stride,
                     b.pool_padding()};
    layers.push_back(
        {text(C, 'x', H, 'x', L), conv, {N * K, square ? x : PoolAxis{1, 1, 1, 1, 0}, x}});
    C = K, L = x.windows;
  }
  return layers;
}

/// Of both networks, the images' first.
inline std::vector<Layer> all_layers(Device device) {
  std::vector<Layer> layers = layers_of(cnn_network(), images(device));
  const std::vector<Layer> more = layers_of(rwd_network(), vectors(device));
  layers.insert(layers.end(), more.begin(), more.end());
  return layers;
}

}  // namespace hitsieve::bench
