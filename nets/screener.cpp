#include "nets/screener.h"

#include <cmath>
#include <limits>

#include "kernels/baseline_scale.h"
#include "kernels/frozen_net1d.h"

namespace hitsieve {
namespace {

/// A convolution with the batch norm behind it, as one: weight' = weight g, bias' = (bias - mean) g
/// + shift, with g = scale / sqrt(variance + epsilon) of the output channel.
void fold(const ConvNet::Block& block, std::vector<float>& weight, std::vector<float>& bias) {
  weight = block.conv.weight.values<float>(), bias = block.conv.bias.values<float>();
  const auto scale = block.norm.weight.values<float>(), shift = block.norm.bias.values<float>();
  const auto mean = block.norm.mean.values<float>(), variance = block.norm.variance.values<float>();
  const size_t K = bias.size(), row = weight.size() / K;
  for (size_t k = 0; k < K; ++k) {
    const double g = double(scale[k]) / std::sqrt(double(variance[k]) + block.norm.epsilon);
    for (size_t i = k * row; i < (k + 1) * row; ++i) weight[i] = float(double(weight[i]) * g);
    bias[k] = float((double(bias[k]) - double(mean[k])) * g + double(shift[k]));
  }
}

/// The sizes and packed weights of a network frozen for inference.
FrozenNet1dSizes freeze(const ConvNet& network, std::vector<float>& packed) {
  const ConvNetOptions& options = network.options();
  FrozenNet1dSizes sizes;
  check(std::ssize(options.blocks) <= FrozenNet1dSizes::max_blocks &&
            std::ssize(network.classifier()) <= FrozenNet1dSizes::max_layers,
        "screener: a network of ", options.blocks.size(), " blocks and ",
        network.classifier().size(), " fully connected layers is too deep");
  sizes.readout =
      options.readout == Readout::flatten ? FrozenReadout::flatten : FrozenReadout::mean;
  int channels = 1, length = int(options.length);
  for (size_t i = 0; i < options.blocks.size(); ++i) {
    const BlockOptions& block = options.blocks[i];
    const FrozenBlock frozen{channels, length, int(block.channels), int(block.kernel),
                             int(block.pool)};
    std::vector<float> weight, bias;
    fold(network.blocks()[i], weight, bias);
    pack_block(frozen, weight.data(), bias.data(), packed);
    sizes.block[sizes.blocks++] = frozen;
    channels = frozen.K, length = frozen.pooled();
  }
  sizes.width[0] = int(options.features());
  for (const LinearLayer& layer : network.classifier()) {
    const int C = int(layer.weight.shape()[1]), K = int(layer.weight.shape()[0]);
    const auto weight = layer.weight.values<float>(), bias = layer.bias.values<float>();
    pack_layer(C, K, weight.data(), bias.data(), packed);
    sizes.width[++sizes.layers] = K;
  }
  return sizes;
}

/// This thread's memory for a batch; it grows to the largest and stays.
struct Buffers {
  std::vector<float> vectors, logits;
  std::vector<FrameStatistics> statistics;
};

}  // namespace

struct Screener::State {
  Preprocessing preprocessing;
  Calibration calibration;
  double threshold;
  Device device;
  FrozenNet1dSizes sizes;
  Tensor weights;

  /// vectors (N, length), scaled in place -> logits (N, outputs), both where the weights are.
  void run(int64_t N, float* vectors, float* logits) const {
    pick<BaselineScaleKernels>(device).forward(
        baseline_sizes("screener", N, sizes.length(), preprocessing.baseline), vectors, vectors);
    pick<FrozenNet1dKernels>(device).forward(sizes, N, vectors, weights.data<float>(), logits);
  }

  void screen_on_cpu(const RawFrames& frames, Buffers& buffers) const {
    raw_to_vector(frames, preprocessing.lcn, Device::cpu, buffers.vectors.data(),
                  buffers.statistics.data());
    run(frames.N, buffers.vectors.data(), buffers.logits.data());
  }
  void screen_on_cuda(const RawFrames& frames, Buffers& buffers) const;
};

Screener::Screener(const Model& model, Device device) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.preprocessing = model.preprocessing, s.calibration = model.calibration;
  s.threshold = model.threshold, s.device = device;
  const int64_t length = model.preprocessing.length();
  check(model.network.options().length == length, "screener: the network takes vectors of ",
        model.network.options().length, ", the preprocessing makes ", length);
  std::vector<float> packed;
  s.sizes = freeze(model.network, packed);
  s.weights = Tensor::of<float>({std::ssize(packed)}, packed, device);
}

Screener::~Screener() = default;
int64_t Screener::crop() const { return state_->preprocessing.crop; }
double Screener::threshold() const { return state_->threshold; }
float Screener::score(float log_odds) const { return state_->calibration.score(log_odds); }

/// Copies the frames as they lie, with what is between their rows, and the results back.
void Screener::State::screen_on_cuda(const RawFrames& frames, Buffers& buffers) const {
  const DeviceOps& ops = pick<DeviceOps>(device);
  auto copy = [&](const void* from, int64_t bytes) {
    Tensor there({bytes}, DType::u8, device);
    ops.copy_in(there.bytes(), from, size_t(bytes));
    return there;
  };
  const int64_t pixels =
      (frames.N - 1) * frames.frame_stride + (frames.H - 1) * frames.row_stride + frames.W;
  const int64_t mask_bytes = (frames.N - 1) * frames.mask_frame_stride +
                             (frames.H - 1) * frames.mask_row_stride + frames.W;
  RawFrames there = frames;
  const Tensor raw = copy(frames.pixels, pixels * int64_t(size_of(frames.type)));
  there.pixels = raw.bytes();
  Tensor mask;
  if (frames.mask) mask = copy(frames.mask, mask_bytes), there.mask = mask.data<uint8_t>();
  const Tensor vectors({frames.N, sizes.length()}, DType::f32, device);
  const Tensor logits({frames.N, sizes.outputs()}, DType::f32, device);
  const int64_t statistics_bytes = frames.N * int64_t(sizeof(FrameStatistics));
  const Tensor statistics({statistics_bytes}, DType::u8, device);
  raw_to_vector(there, preprocessing.lcn, device, vectors.data<float>(),
                static_cast<FrameStatistics*>(statistics.bytes()));
  run(frames.N, vectors.data<float>(), logits.data<float>());
  ops.copy_out(buffers.statistics.data(), statistics.bytes(), size_t(statistics_bytes));
  ops.copy_out(buffers.logits.data(), logits.bytes(), size_t(logits.count()) * sizeof(float));
}

void Screener::screen(const RawFrames& frames, std::span<Decision> decisions) const {
  const State& s = *state_;
  check(frames.H == crop() && frames.W == crop(), "screener: frames of ", frames.H, " x ", frames.W,
        " pixels, the model wants ", crop(), " x ", crop());
  check(std::ssize(decisions) == frames.N, "screener: ", frames.N, " frames, room for ",
        decisions.size(), " decisions");
  if (frames.N == 0) return;
  thread_local Buffers buffers;
  const size_t N = size_t(frames.N), outputs = size_t(s.sizes.outputs());
  buffers.vectors.resize(N * size_t(s.sizes.length()));
  buffers.logits.resize(N * outputs);
  buffers.statistics.resize(N);
  if (s.device == Device::cpu)
    s.screen_on_cpu(frames, buffers);
  else
    s.screen_on_cuda(frames, buffers);
  for (size_t n = 0; n < N; ++n) {
    Decision& d = decisions[n];
    d.statistics = buffers.statistics[n];
    const auto logits = std::span<const float>(buffers.logits).subspan(n * outputs, outputs);
    d.score =
        d.usable() ? score(hitsieve::log_odds(logits)) : std::numeric_limits<float>::quiet_NaN();
    d.hit = d.usable() && double(d.score) >= s.threshold;
  }
}

std::vector<float> Screener::log_odds(const Tensor& vectors) const {
  const State& s = *state_;
  check(vectors.shape().rank() == 2 && vectors.shape()[1] == s.sizes.length(),
        "screener: vectors have shape ", vectors.shape(), ", expected (N, ", s.sizes.length(), ")");
  const int64_t N = vectors.shape()[0];
  const Tensor scaled = vectors.to(s.device).clone();
  const Tensor logits({N, s.sizes.outputs()}, DType::f32, s.device);
  s.run(N, scaled.data<float>(), logits.data<float>());
  const std::vector<float> values = logits.values<float>();
  std::vector<float> z;
  for (size_t at = 0; at < values.size(); at += size_t(s.sizes.outputs()))
    z.push_back(hitsieve::log_odds(std::span(values).subspan(at, size_t(s.sizes.outputs()))));
  return z;
}

}  // namespace hitsieve
