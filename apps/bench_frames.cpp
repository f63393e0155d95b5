#include "apps/bench_frames.h"

#include <algorithm>

#include "data/frame_reader.h"
#include "data/prepare.h"
#include "data/simulate.h"
#include "engine/parallel.h"

namespace hitsieve {

FramesInMemory FramesInMemory::of_side(int64_t wanted, int64_t N) const {
  FramesInMemory frames{.type = type, .side = wanted, .range = range};
  const int64_t first = std::max<int64_t>(0, (side - wanted) / 2);  // of a larger one the middle
  const int64_t size = int64_t(size_of(type));
  Bytes frame(size_t(wanted * wanted * size));
  std::vector<uint8_t> mask(size_t(wanted * wanted));
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t y = 0; y < wanted; ++y)
      for (int64_t x = 0, length = 0; x < wanted; x += length) {
        const int64_t column = (first + x) % side, to = y * wanted + x;
        const int64_t from = (n % count * side + (first + y) % side) * side + column;
        length = std::min(side - column, wanted - x);
        std::copy_n(pixels.begin() + from * size, length * size, frame.begin() + to * size);
        std::copy_n(bad.begin() + from, length, mask.begin() + to);
      }
    frames.add(frame.data(), mask.data());
  }
  return frames;
}

bool FramesInMemory::have_one_mask() const {
  const auto one = std::ptrdiff_t(side * side);
  for (int64_t n = 1; n < count; ++n)
    if (!std::equal(bad.begin(), bad.begin() + one, bad.begin() + n * one)) return false;
  return true;
}

FramesInMemory simulated_frames(int64_t side) {
  const Simulator simulator(simulated_set("LN84"), most_in_memory, 1, int(side));
  const std::vector<uint8_t> mask = simulator.mask();
  std::vector<std::vector<uint16_t>> made(most_in_memory);
  parallel_for(most_in_memory, 1, [&](int64_t i, int64_t) {
    const std::vector<int32_t> frame = simulator.frame(i).pixels;
    made[size_t(i)].assign(frame.begin(), frame.end());
  });
  FramesInMemory frames{.side = side};
  for (const auto& frame : made) frames.add(frame.data(), mask.data());
  return frames;
}

FramesInMemory first_frames(const FrameSet& set, int64_t side) {
  FramesInMemory frames{.side = side};
  FrameReader reader(set, {.crop = side, .ahead = 4});
  for (ReadFrame read; frames.count < most_in_memory && reader.next(read);) {
    const Frame& frame = read.frame;
    if (frames.count == 0) frames.type = frame.type, frames.range = raw_frames(frame).range;
    if (frame.type == frames.type) frames.add(frame.pixels.data(), frame.bad());
  }
  return frames;
}

}  // namespace hitsieve
