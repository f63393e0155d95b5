#include "nets/frozen_net.h"

#include <vector>

namespace hitsieve {

FrozenNet::FrozenNet(const ConvNet& network, Device device)
    : network_(network.folded()), device_(device) {
  if (!images()) pack();
  network_.visit([&](const std::string&, Tensor& tensor, Role) { tensor = tensor.to(device); });
}

/// The sizes and packed weights of a 1D network.
void FrozenNet::pack() {
  check(std::ssize(options().blocks) <= FrozenNet1dSizes::max_blocks &&
            std::ssize(network_.classifier()) <= FrozenNet1dSizes::max_layers,
        "screener: a network of ", options().blocks.size(), " blocks and ",
        network_.classifier().size(), " fully connected layers is too deep");
  sizes_.readout =
      options().readout == Readout::flatten ? FrozenReadout::flatten : FrozenReadout::mean;
  std::vector<float> packed;
  int channels = 1, length = int(options().length);
  for (size_t i = 0; i < options().blocks.size(); ++i) {
    const BlockOptions& block = options().blocks[i];
    check(block.stride == 1 && block.pool_stride == block.pool, "screener: a 1D block of stride ",
          block.stride, " that pools ", block.pool, " by ", block.pool_stride,
          ", expected stride 1 and windows side by side");
    const FrozenBlock frozen{channels, length, int(block.channels), int(block.kernel),
                             int(block.pool)};
    const ConvLayer& conv = network_.blocks()[i].conv;
    const auto weight = conv.weight.values<float>(), bias = conv.bias.values<float>();
    pack_block(frozen, weight.data(), bias.data(), packed);
    sizes_.block[sizes_.blocks++] = frozen;
    channels = frozen.K, length = frozen.pooled();
  }
  sizes_.width[0] = int(options().features());
  for (const LinearLayer& layer : network_.classifier()) {
    const int C = int(layer.weight.shape()[1]), K = int(layer.weight.shape()[0]);
    const auto weight = layer.weight.values<float>(), bias = layer.bias.values<float>();
    pack_layer(C, K, weight.data(), bias.data(), packed);
    sizes_.width[++sizes_.layers] = K;
  }
  packed_ = Tensor::of<float>({std::ssize(packed)}, packed, device_);
}

void FrozenNet::run_vectors(int64_t N, const float* x, float* logits) const {
  pick<FrozenNet1dKernels>(device_).forward(sizes_, N, x, packed_.data<float>(), logits);
}

Tensor FrozenNet::run_images(const Tensor& x) const {
  Mode inference;
  return network_(x, inference);
}

}  // namespace hitsieve
