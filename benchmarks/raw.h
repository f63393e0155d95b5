// Raw frames for the operations on them: as from a detector, with a mask of bad pixels and gaps.
#pragma once
#include "benchmarks/bench.h"
#include "kernels/gcn.h"
#include "tests/kernels/detector_frames.h"

namespace hitsieve::bench {

template <class T>
RawFrames raw_frames_in(Memory& m, bool masked, int64_t N) {
  const Tensor raw = test::detector_frames<T>(std::min<int64_t>(N, 8), side, side, 1).to(m.device);
  Tensor all = raw;
  if (N > raw.shape()[0]) {  // the same frames over and over: their memory counts, not their pixels
    all = Tensor({N, side, side}, raw.dtype(), m.device);
    const size_t bytes = size_t(raw.count()) * sizeof(T);
    for (int64_t i = 0; i < N / raw.shape()[0]; ++i)
      pick<DeviceOps>(m.device).copy(static_cast<char*>(all.bytes()) + size_t(i) * bytes,
                                     raw.bytes(), bytes);
  }
  m.keep(all);
  Tensor mask;
  if (masked) m.keep(mask = test::random_mask({side, side}, 2, 0.003, true).to(m.device));
  return raw_frames("bench", all, mask, {});
}

template <class T>
RawFrames raw_frames_in(Memory& m, bool masked) {
  return raw_frames_in<T>(m, masked, frames(m.device));
}

/// Of frames read once.
inline double bytes_of(const RawFrames& raw) {
  return double(raw.N * raw.H * raw.W) * double(size_of(raw.type)) +
         (raw.mask ? double(raw.H * raw.W) : 0);
}

}  // namespace hitsieve::bench
