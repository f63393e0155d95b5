// From raw pixels to the vector: the fused operation for every pixel type, with and without a mask,
// for frames with bright pixels everywhere and for other windows; the chain of separate operations;
// and on the CPU thirty plain lines. Items are frames.
#include <algorithm>
#include <cmath>

#include "benchmarks/raw.h"
#include "kernels/raw_to_vector.h"
#include "kernels/rwd.h"

namespace hitsieve::bench {
namespace {

constexpr LcnOptions as_screened{.floor_factor = 6};

Call fused(Memory& m, const RawFrames& raw, const LcnOptions& options) {
  float* vectors = m.zeros<float>(raw.N * length);
  auto* statistics = m.zeros<FrameStatistics>(raw.N);
  const Device device = m.device;
  return {[=] { raw_to_vector(raw, options, device, vectors, statistics); },
          bytes_of(raw) + f32(raw.N * length), 0, double(raw.N)};
}

template <class T>
bool of_type(const std::string& type) {
  for (const bool masked : {false, true})
    measure(text("raw_to_vector/", type, masked ? "/masked" : ""),
            [=](Memory& m) -> Call { return fused(m, raw_frames_in<T>(m, masked), as_screened); });
  return true;
}

bool wild() {
  return measure("raw_to_vector/uint16/wild",
                 [](Memory& m) -> Call { return fused(m, wild_frames_in(m), as_screened); });
}

bool other_window(const std::string& name, const LcnOptions& options) {
  return measure("raw_to_vector/" + name, [=](Memory& m) -> Call {
    return fused(m, raw_frames_in<uint16_t>(m, true), options);
  });
}

bool chain() {
  return measure("raw_to_vector/chain", [](Memory& m) -> Call {
    const Tensor raw = SimulatedFrames(8).pixels<uint16_t>().to(m.device);
    return {[=] { rwd(lcn(gcn(raw), as_screened)); }, 2 * double(raw.count()), 0, 8};
  });
}

/// What one would write first: no mask, float32, sums that run down the columns.
void plain_vector(const uint16_t* p, float* vector) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < side * side; ++i) sum += p[i], squares += double(p[i]) * p[i];
  const float mean = float(sum / (side * side));
  const float variance = float(squares / (side * side) - double(mean) * mean);
  std::vector<float> s(side), q(side);
  for (int64_t h = 0; h < side; ++h) {
    for (int64_t w = 0; w < side; ++w) {
      const float x = p[h * side + w] - mean;
      s[size_t(w)] += x, q[size_t(w)] += x * x;
      if (h < 5) continue;
      const float old = p[(h - 5) * side + w] - mean;
      s[size_t(w)] -= old, q[size_t(w)] -= old * old;
    }
    if (h < 4) continue;
    float top = -1e30f, bottom = 1e30f;
    for (int64_t w = 0; w + 4 < side; ++w) {
      float a = 0, b = 0;
      for (int64_t k = 0; k < 5; ++k) a += s[size_t(w + k)], b += q[size_t(w + k)];
      const float m = a / 25, v = std::max(b / 25 - m * m, variance);
      const float y = (p[(h - 2) * side + w + 2] - mean - m) / std::sqrt(v);
      top = std::max(top, y), bottom = std::min(bottom, y);
    }
    vector[h - 4] = top - bottom;
  }
}

bool thirty_plain_lines() {
  register_call("raw_to_vector/thirty_plain_lines", Device::cpu, Library::none, [](Memory& m) {
    const RawFrames raw = raw_frames_in<uint16_t>(m, false);
    float* vector = m.zeros<float>(length);
    return Call{[=] {
                  for (int64_t n = 0; n < raw.N; ++n) plain_vector(raw.row<uint16_t>(n, 0), vector);
                },
                bytes_of(raw), 0, double(raw.N)};
  });
  return true;
}

[[maybe_unused]] const bool registered =
    thirty_plain_lines() && of_type<uint16_t>("uint16") && of_type<int16_t>("int16") &&
    of_type<int32_t>("int32") && of_type<float>("float32") && wild() &&
    other_window("gaussian", {.kind = Window::gaussian}) &&
    other_window("mean_floor", {.floor = Floor::mean_deviation}) && chain();

}  // namespace
}  // namespace hitsieve::bench
