// Raw frames for the operations on them, and a mask of bad pixels and gaps.
#pragma once
#include "benchmarks/bench.h"
#include "data/simulate.h"
#include "kernels/gcn.h"
#include "tests/kernels/detector_frames.h"

namespace hitsieve::bench {

/// As users have them: simulated in the likeness of LN84, and the mask of their detector.
struct SimulatedFrames {
  Simulator simulator;
  explicit SimulatedFrames(int64_t N) : simulator(simulated_set("LN84"), N, 1, side) {}

  template <class T>
  Tensor pixels() const {
    std::vector<T> all;
    for (int64_t n = 0; n < simulator.frames(); ++n)
      for (const int32_t pixel : simulator.frame(n).pixels) all.push_back(T(pixel));
    return Tensor::of<T>({simulator.frames(), side, side}, all);
  }
  Tensor mask() const { return Tensor::of<uint8_t>({side, side}, simulator.mask()); }
};

/// As many as frames() says: `some` over and over, as their memory counts, not their pixels.
inline RawFrames raw_frames_of(Memory& m, const Tensor& some, const Tensor& mask) {
  const int64_t N = frames(m.device);
  const Tensor all({N, side, side}, some.dtype(), m.device), here = some.to(m.device);
  const size_t bytes = size_t(some.count()) * size_of(some.dtype());
  const int64_t times = N / some.shape()[0];
  for (int64_t i = 0; i < times; ++i)
    pick<DeviceOps>(m.device).copy(static_cast<char*>(all.bytes()) + size_t(i) * bytes,
                                   here.bytes(), bytes);
  m.keep(all);
  const Tensor bad = mask ? mask.to(m.device) : mask;
  if (bad) m.keep(bad);
  return raw_frames("bench", all, bad, {});
}

template <class T>
RawFrames raw_frames_in(Memory& m, bool masked) {
  const SimulatedFrames frames(8);
  return raw_frames_of(m, frames.pixels<T>(), masked ? frames.mask() : Tensor());
}

/// Bright pixels everywhere, so that hardly a window has calm pixels alone.
inline RawFrames wild_frames_in(Memory& m) {
  return raw_frames_of(m, test::detector_frames<uint16_t>(8, side, side, 1), {});
}

/// Of frames read once.
inline double bytes_of(const RawFrames& raw) {
  return double(raw.N * raw.H * raw.W) * double(size_of(raw.type)) +
         (raw.mask ? double(raw.H * raw.W) : 0);
}

}  // namespace hitsieve::bench
