#include "nets/screener.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/baseline_scale.h"
#include "kernels/raw_to_image.h"
#include "nets/frozen_net.h"

namespace hitsieve {
namespace {

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
  FrozenNet network;

  int64_t length() const { return network.options().length; }

  /// vectors (N, length), scaled in place -> logits (N, outputs), both on the device.
  void run_vectors(int64_t N, float* vectors, float* logits) const {
    pick<BaselineScaleKernels>(device).forward(
        baseline_sizes("screener", N, length(), preprocessing.baseline), vectors, vectors);
    network.run_vectors(N, vectors, logits);
  }
  /// images (N, length, length) i16 on the device, scaled by their noise -> logits (N, outputs)
  void run_images(const Tensor& images, float* logits) const {
    network.run_images(images.shape()[0], images.data<int16_t>(), logits);
  }

  void screen_on_cpu(const RawFrames& frames, Buffers& buffers) const;
  void copy_and_screen_on_cuda(const RawFrames& frames, Buffers& buffers) const;
  void screen_on_cuda(const RawFrames& frames, Buffers& buffers) const;
};

Screener::Screener(const Model& model, Device device)
    : state_(new State{model.preprocessing, model.calibration, model.threshold, device,
                       FrozenNet(model.network, device)}) {
  check(state_->length() == model.preprocessing.length(), "screener: the network takes ",
        state_->length(), " elements a side, the preprocessing makes ",
        model.preprocessing.length());
}

Screener::~Screener() = default;
int64_t Screener::crop() const { return state_->preprocessing.crop; }
double Screener::threshold() const { return state_->threshold; }
float Screener::score(float log_odds) const { return state_->calibration.score(log_odds); }

void Screener::State::screen_on_cpu(const RawFrames& frames, Buffers& buffers) const {
  const LcnOptions& lcn = preprocessing.lcn;
  if (!network.images()) {
    buffers.vectors.resize(size_t(frames.N * length()));
    raw_to_vector(frames, lcn, Device::cpu, buffers.vectors.data(), buffers.statistics.data());
    return run_vectors(frames.N, buffers.vectors.data(), buffers.logits.data());
  }
  const Tensor images({frames.N, length(), length()}, DType::i16);
  raw_to_image(frames, lcn, Device::cpu, images.data<int16_t>(), buffers.statistics.data());
  noise_scale(images, preprocessing.noise);
  run_images(images, buffers.logits.data());
}

/// Copies the frames as they lie, with what is between their rows.
void Screener::State::copy_and_screen_on_cuda(const RawFrames& frames, Buffers& buffers) const {
  auto copy = [&](const void* from, int64_t bytes) {
    Tensor there({bytes}, DType::u8, device);
    pick<DeviceOps>(device).copy_in(there.bytes(), from, size_t(bytes));
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
  screen_on_cuda(there, buffers);
}

/// Frames on the device; copies the results back.
void Screener::State::screen_on_cuda(const RawFrames& frames, Buffers& buffers) const {
  const DeviceOps& ops = pick<DeviceOps>(device);
  const int64_t statistics_bytes = frames.N * int64_t(sizeof(FrameStatistics));
  const Tensor memory({statistics_bytes}, DType::u8, device);
  auto* statistics = static_cast<FrameStatistics*>(memory.bytes());
  const Tensor logits({frames.N, network.outputs()}, DType::f32, device);
  if (network.images()) {
    const Tensor images({frames.N, length(), length()}, DType::i16, device);
    raw_to_image(frames, preprocessing.lcn, device, images.data<int16_t>(), statistics);
    noise_scale(images, preprocessing.noise);
    run_images(images, logits.data<float>());
  } else {
    const Tensor vectors({frames.N, length()}, DType::f32, device);
    raw_to_vector(frames, preprocessing.lcn, device, vectors.data<float>(), statistics);
    run_vectors(frames.N, vectors.data<float>(), logits.data<float>());
  }
  ops.copy_out(buffers.statistics.data(), memory.bytes(), size_t(statistics_bytes));
  ops.copy_out(buffers.logits.data(), logits.bytes(), size_t(logits.count()) * sizeof(float));
}

void Screener::screen(const RawFrames& frames, std::span<Decision> decisions, Device where) const {
  const State& s = *state_;
  check(frames.H == crop() && frames.W == crop(), "screener: frames of ", frames.H, " x ", frames.W,
        " pixels, the model wants ", crop(), " x ", crop());
  check(std::ssize(decisions) == frames.N, "screener: ", frames.N, " frames, room for ",
        decisions.size(), " decisions");
  check(where == Device::cpu || where == s.device, "screener: it is on the ", s.device,
        ", the frames are on the ", where);
  if (frames.N == 0) return;
  thread_local Buffers buffers;
  const size_t N = size_t(frames.N), outputs = size_t(s.network.outputs());
  buffers.logits.resize(N * outputs);
  buffers.statistics.resize(N);
  if (s.device == Device::cpu)
    s.screen_on_cpu(frames, buffers);
  else if (where == Device::cpu)
    s.copy_and_screen_on_cuda(frames, buffers);
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

std::vector<float> Screener::log_odds(const Tensor& x) const {
  const State& s = *state_;
  const bool images = s.network.images();
  const Shape input = s.network.options().input(x.shape().rank() > 0 ? x.shape()[0] : 0);
  check(x.shape() == input && x.dtype() == (images ? DType::i16 : DType::f32), "screener: frames ",
        x.dtype(), " ", x.shape(), ", expected ", images ? "int16 " : "float32 ", input);
  const int64_t N = x.shape()[0];
  const Tensor logits({N, s.network.outputs()}, DType::f32, s.device);
  if (images) {
    s.run_images(x.to(s.device), logits.data<float>());
  } else {
    const Tensor scaled = x.to(s.device).clone();
    s.run_vectors(N, scaled.data<float>(), logits.data<float>());
  }
  const std::vector<float> rows = logits.values<float>();
  const size_t outputs = size_t(s.network.outputs());
  std::vector<float> z;
  for (size_t at = 0; at < rows.size(); at += outputs)
    z.push_back(hitsieve::log_odds(std::span(rows).subspan(at, outputs)));
  return z;
}

}  // namespace hitsieve
