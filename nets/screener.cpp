#include "nets/screener.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/baseline_scale.h"
#include "kernels/noise_scale.h"
#include "kernels/raw_to_image.h"
#include "nets/frozen_net.h"

namespace hitsieve {
namespace {

/// This thread's memory for a batch; it grows to the largest and stays.
struct Buffers {
  std::vector<std::byte> x;  // what the network takes
  std::vector<float> logits;
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

  /// All of it: `x` has room for what the network takes (bytes_of_input), on the device as all
  /// else.
  void run(const RawFrames& frames, void* x, FrameStatistics* statistics, float* logits) const;
  int64_t bytes_of_input(int64_t N) const {
    return network.options().input(N).count() *
           int64_t(network.images() ? sizeof(int16_t) : sizeof(float));
  }
  /// The network alone, on x as run() makes it; vectors are scaled in place.
  void run_network(int64_t N, void* x, float* logits) const;

  void copy_and_screen_on_cuda(const RawFrames& frames, Buffers& buffers) const;
  void screen_on_cuda(const RawFrames& frames, Buffers& buffers) const;
  void enqueue(const RawFrames& frames, FrameStatistics* statistics, float* logits) const;
};

Screener::Screener(const Model& model, Device device, Precision precision)
    : state_(new State{model.preprocessing, model.calibration, model.threshold, device,
                       FrozenNet(model.network, device, precision)}) {
  check(state_->length() == model.preprocessing.length(), "screener: the network takes ",
        state_->length(), " elements a side, the preprocessing makes ",
        model.preprocessing.length());
}

Screener::~Screener() = default;
int64_t Screener::crop() const { return state_->preprocessing.crop; }
Device Screener::device() const { return state_->device; }
int64_t Screener::outputs() const { return state_->network.outputs(); }
double Screener::threshold() const { return state_->threshold; }
float Screener::score(float log_odds) const { return state_->calibration.score(log_odds); }

void Screener::State::run_network(int64_t N, void* x, float* logits) const {
  if (network.images()) return network.run_images(N, static_cast<const int16_t*>(x), logits);
  auto* vectors = static_cast<float*>(x);
  pick<BaselineScaleKernels>(device).forward(
      baseline_sizes("screener", N, length(), preprocessing.baseline), vectors, vectors);
  network.run_vectors(N, vectors, logits);
}

void Screener::State::run(const RawFrames& frames, void* x, FrameStatistics* statistics,
                          float* logits) const {
  if (network.images()) {
    auto* images = static_cast<int16_t*>(x);
    raw_to_image(frames, preprocessing.lcn, device, images, statistics);
    pick<NoiseScaleKernels>(device).scale(
        noise_sizes("screener", frames.N, length(), length(), preprocessing.noise), images);
  } else {
    raw_to_vector(frames, preprocessing.lcn, device, static_cast<float*>(x), statistics);
  }
  run_network(frames.N, x, logits);
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
  const Tensor logits({frames.N, network.outputs()}, DType::f32, device);
  enqueue(frames, static_cast<FrameStatistics*>(memory.bytes()), logits.data<float>());
  ops.copy_out(buffers.statistics.data(), memory.bytes(), size_t(statistics_bytes));
  ops.copy_out(buffers.logits.data(), logits.bytes(), size_t(logits.count()) * sizeof(float));
}

void Screener::State::enqueue(const RawFrames& frames, FrameStatistics* statistics,
                              float* logits) const {
  const Tensor x({bytes_of_input(frames.N)}, DType::u8, device);
  run(frames, x.bytes(), statistics, logits);
}

void Screener::enqueue(const RawFrames& frames, FrameStatistics* statistics, float* logits) const {
  check_size(frames);
  state_->enqueue(frames, statistics, logits);
}

void Screener::decide(std::span<const FrameStatistics> statistics, std::span<const float> logits,
                      std::span<Decision> decisions) const {
  const size_t count = size_t(outputs());
  check(statistics.size() == decisions.size() && logits.size() == count * decisions.size(),
        "screener: ", statistics.size(), " statistics and ", logits.size(), " logits, room for ",
        decisions.size(), " decisions");
  for (size_t n = 0; n < decisions.size(); ++n) {
    Decision& d = decisions[n];
    d.statistics = statistics[n];
    d.score = d.usable() ? score(hitsieve::log_odds(logits.subspan(n * count, count)))
                         : std::numeric_limits<float>::quiet_NaN();
    d.hit = d.usable() && double(d.score) >= threshold();
  }
}

void Screener::check_size(const RawFrames& frames) const {
  check(frames.H == crop() && frames.W == crop(), "screener: frames of ", frames.H, " x ", frames.W,
        " pixels, the model wants ", crop(), " x ", crop());
}

void Screener::screen(const RawFrames& frames, std::span<Decision> decisions, Device where) const {
  const State& s = *state_;
  check_size(frames);
  check(std::ssize(decisions) == frames.N, "screener: ", frames.N, " frames, room for ",
        decisions.size(), " decisions");
  check(where == Device::cpu || where == s.device, "screener: it is on the ", s.device,
        ", the frames are on the ", where);
  if (frames.N == 0) return;
  thread_local Buffers buffers;
  const size_t N = size_t(frames.N), logits = N * size_t(outputs());
  buffers.logits.resize(std::max(buffers.logits.size(), logits));
  buffers.statistics.resize(std::max(buffers.statistics.size(), N));
  if (s.device == Device::cpu) {
    buffers.x.resize(std::max(buffers.x.size(), size_t(s.bytes_of_input(frames.N))));
    s.run(frames, buffers.x.data(), buffers.statistics.data(), buffers.logits.data());
  } else if (where == Device::cpu)
    s.copy_and_screen_on_cuda(frames, buffers);
  else
    s.screen_on_cuda(frames, buffers);
  decide({buffers.statistics.data(), N}, {buffers.logits.data(), logits}, decisions);
}

std::vector<float> Screener::log_odds(const Tensor& x) const {
  const State& s = *state_;
  const bool images = s.network.images();
  const Shape input = s.network.options().input(x.shape().rank() > 0 ? x.shape()[0] : 0);
  check(x.shape() == input && x.dtype() == (images ? DType::i16 : DType::f32), "screener: frames ",
        x.dtype(), " ", x.shape(), ", expected ", images ? "int16 " : "float32 ", input);
  const int64_t N = x.shape()[0];
  const Tensor logits({N, s.network.outputs()}, DType::f32, s.device);
  const Tensor there = images ? x.to(s.device) : x.to(s.device).clone();  // vectors are scaled
  s.run_network(N, there.bytes(), logits.data<float>());
  const std::vector<float> rows = logits.values<float>();
  const size_t outputs = size_t(s.network.outputs());
  std::vector<float> z;
  for (size_t at = 0; at < rows.size(); at += outputs)
    z.push_back(hitsieve::log_odds(std::span(rows).subspan(at, outputs)));
  return z;
}

}  // namespace hitsieve
