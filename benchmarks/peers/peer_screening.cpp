// Raw frames to scores, and the bandwidths that they are set against.
#include <algorithm>
#include <deque>
#include <memory>

#include "benchmarks/peers/peer.h"
#include "nets/screening_stream.h"

namespace hitsieve::peer {
namespace {

constexpr int batches_from_host = 48, copies_on_gpu = 8;

std::vector<float> scores(const std::vector<Decision>& decisions) {
  std::vector<float> all;
  for (const Decision& decision : decisions) all.push_back(decision.score);
  return all;
}

/// Three batches on their way at once.
struct Streams {
  explicit Streams(Device device) : screener(Model({}, network("1d")), device), pixels(device) {
    for (int i = 0; i < 3; ++i) streams.emplace_back(screener);
  }
  Screener screener;
  HostBuffer pixels;
  std::deque<ScreeningStream> streams;
  std::vector<Decision> decisions;
};

}  // namespace

Work screen(const Place& place) {
  const auto screener = std::make_shared<Screener>(Model({}, network("1d")), place.device);
  // On a GPU so many that its caches do not hold them, and that a call's start is no matter.
  const int copies = place.device == Device::cuda ? copies_on_gpu : 1;
  const Tensor frames = read<uint16_t>(place, "frames.u16", {side, side}, copies);
  const auto decisions = std::make_shared<std::vector<Decision>>(frames.shape()[0]);
  const auto run = [=] {
    screener->screen(raw_frames("peer", frames, {}, {}), *decisions, place.device);
  };
  return {run, frames.shape()[0], [=] { return scores(*decisions); }};
}

Work screen_from_host(const Place& place) {
  const Tensor frames = read<uint16_t>({place.folder, Device::cpu}, "frames.u16", {side, side});
  const auto s = std::make_shared<Streams>(place.device);
  RawFrames raw = raw_frames("peer", frames, {}, {});
  auto* pixels = s->pixels.of<uint16_t>(size_t(frames.count()));
  std::copy_n(frames.data<uint16_t>(), frames.count(), pixels);
  raw.pixels = pixels;
  s->decisions.resize(size_t(raw.N));
  const auto receive = [=](ScreeningStream& stream) {
    if (stream.sent() > 0) stream.receive(s->decisions);
  };
  const auto run = [=] {  // so many that the first and the last take no part
    for (int i = 0; i < batches_from_host; ++i) {
      ScreeningStream& stream = s->streams[size_t(i) % s->streams.size()];
      receive(stream);
      stream.send_pinned(raw);
    }
    for (ScreeningStream& stream : s->streams) receive(stream);
  };
  return {run, batches_from_host * raw.N, [=] { return scores(s->decisions); }};
}

/// Bytes copied from host memory that the device fetches from, for the bandwidth of that way.
Work copy_in(const Place& place) {
  const int64_t bytes = int64_t(1) << 28;
  const auto host = std::make_shared<HostBuffer>(place.device);
  std::fill_n(host->of<uint8_t>(size_t(bytes)), bytes, uint8_t(1));
  const Tensor to({bytes}, DType::u8, place.device);
  return {
      [=] { pick<StreamOps>(place.device).copy_in(to.bytes(), host->reserve(0), size_t(bytes)); },
      bytes, [] { return std::vector<float>(); }};
}

/// Bytes copied within the device's memory, for its measured bandwidth: items are bytes moved, read
/// and written.
Work copy(const Place& place) {
  const int64_t count = int64_t(1) << (place.device == Device::cpu ? 26 : 28);
  const Tensor from = Tensor::zeros({count}, DType::f32, place.device);
  const Tensor to = Tensor::zeros({count}, DType::f32, place.device);
  return {[=] { to.copy_from(from); }, 2 * count * int64_t(sizeof(float)),
          [] { return std::vector<float>(); }};
}

}  // namespace hitsieve::peer
