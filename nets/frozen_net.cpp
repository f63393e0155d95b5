#include "nets/frozen_net.h"

#include <vector>

#include "kernels/raw_to_image.h"

namespace hitsieve {
namespace {

/// Appends a block's weight, times `scale`, and bias.
template <class Block>
void pack(const Block& block, const ConvLayer& conv, Precision precision, float scale,
          std::vector<float>& packed) {
  std::vector<float> weight = conv.weight.values<float>();
  const std::vector<float> bias = conv.bias.values<float>();
  for (float& w : weight) w *= scale;
  if (precision == Precision::float32)
    pack_channels(block.K, int(conv.weight.shape().row()), weight.data(), bias.data(), packed);
  else
    pack_product(block.precision(precision), block.product(), weight.data(), bias.data(), packed);
}

/// Of a 1D network.
FrozenNet1dSizes pack_blocks1d(const ConvNet& network, Precision precision,
                               std::vector<float>& packed) {
  FrozenNet1dSizes sizes;
  int channels = 1, length = int(network.options().length);
  for (const BlockOptions& block : network.options().blocks) {
    check(block.stride == 1 && block.pool_stride == block.pool, "screener: a 1D block of stride ",
          block.stride, " that pools ", block.pool, " by ", block.pool_stride,
          ", expected stride 1 and windows side by side");
    const FrozenBlock frozen{channels, length, int(block.channels), int(block.kernel),
                             int(block.pool)};
    pack(frozen, network.blocks()[size_t(sizes.blocks)].conv, precision, 1, packed);
    sizes.block[sizes.blocks++] = frozen;
    channels = frozen.K, length = frozen.pooled();
  }
  return sizes;
}

/// Of a 2D network; its first block takes pixels as they are stored.
FrozenNet2dSizes pack_blocks2d(const ConvNet& network, Precision precision,
                               std::vector<float>& packed) {
  FrozenNet2dSizes sizes;
  int channels = 1, side = int(network.options().length);
  for (const BlockOptions& block : network.options().blocks) {
    const FrozenBlock2d frozen{channels,
                               side,
                               int(block.channels),
                               int(block.kernel),
                               int(block.stride),
                               int(block.pool),
                               int(block.pool_stride),
                               int(block.pool_padding())};
    pack(frozen, network.blocks()[size_t(sizes.blocks)].conv, precision,
         sizes.blocks == 0 ? 1 / image_steps : 1, packed);
    sizes.block[sizes.blocks++] = frozen;
    channels = frozen.K, side = frozen.pooled();
  }
  return sizes;
}

FrozenEnd pack_end(const ConvNet& network, std::vector<float>& packed) {
  const ConvNetOptions& options = network.options();
  FrozenEnd end;
  end.readout = options.readout == Readout::flatten ? FrozenReadout::flatten : FrozenReadout::mean;
  end.width[0] = int(options.features());
  for (const LinearLayer& layer : network.classifier()) {
    const int C = int(layer.weight.shape()[1]), K = int(layer.weight.shape()[0]);
    const auto weight = layer.weight.values<float>(), bias = layer.bias.values<float>();
    pack_layer(C, K, weight.data(), bias.data(), packed);
    end.width[++end.layers] = K;
  }
  return end;
}

}  // namespace

FrozenNet::FrozenNet(const ConvNet& network, Device device, Precision precision)
    : options_(network.options()), device_(device), precision_(precision) {
  if (device == Device::cpu) check_cpu_precision(precision);
  const ConvNet folded = network.folded();
  const int64_t most = std::min(FrozenNet1dSizes::max_blocks, FrozenNet2dSizes::max_blocks);
  check(!options_.blocks.empty() && std::ssize(options_.blocks) <= most &&
            std::ssize(folded.classifier()) <= FrozenEnd::most_layers,
        "screener: a network of ", options_.blocks.size(), " blocks and ",
        folded.classifier().size(), " fully connected layers, expected 1 to ", most,
        " blocks and at most ", FrozenEnd::most_layers, " layers");
  std::vector<float> packed;
  if (images())
    of_images_ = pack_blocks2d(folded, precision, packed);
  else
    of_vectors_ = pack_blocks1d(folded, precision, packed);
  (images() ? of_images_.end : of_vectors_.end) = pack_end(folded, packed);
  packed_ = Tensor::of<float>({std::ssize(packed)}, packed, device);
}

void FrozenNet::run_vectors(int64_t N, const float* x, float* logits) const {
  pick<FrozenNet1dKernels>(device_).forward(of_vectors_, precision_, N, x, packed_.data<float>(),
                                            logits);
}

void FrozenNet::run_images(int64_t N, const int16_t* images, float* logits) const {
  pick<FrozenNet2dKernels>(device_).forward(of_images_, precision_, N, images,
                                            packed_.data<float>(), logits);
}

}  // namespace hitsieve
