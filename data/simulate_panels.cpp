// The two panel layouts: which pixel of the native frame lies on which sensor.
#include <algorithm>
#include <array>

#include "data/simulate_detector.h"
#include "engine/philox.h"

namespace hitsieve {
namespace {

constexpr int kAsicFast = 194, kAsicSlow = 185, kAsicGap = 3;  // pixels of a CSPAD 2x1
constexpr int kSensorGap = 25, kBlockPitch = 432;

/// The 32 ASIC rectangles of one quadrant relative to the frame's centre, as x0 y0 x1 y1. A
/// quadrant is 2 x 2 blocks of two parallel 2x1 sensors, alternately lying and standing.
struct Box {
  int x0, y0, x1, y1;
};

std::array<Box, 16> cspad_quadrant(int quadrant) {
  std::array<Box, 16> boxes{};
  int n = 0;
  for (int block = 0; block < 4; ++block) {
    const int bx = -30 + block % 2 * kBlockPitch, by = -867 + block / 2 * kBlockPitch;
    const bool standing = block == 1 || block == 2;
    for (int sensor = 0; sensor < 2; ++sensor) {
      // Sensors are placed by hand: off the drawing by a pixel or two.
      const Philox4 bits = philox(0xC59AD, uint64_t(quadrant * 8 + block * 2 + sensor));
      const int dx = int(bits.v[0] % 5) - 2, dy = int(bits.v[1] % 5) - 2;
      for (int asic = 0; asic < 2; ++asic) {
        const int along = asic * (kAsicFast + kAsicGap), across = sensor * (kAsicSlow + kSensorGap);
        Box box{bx + dx, by + dy, 0, 0};
        box.x0 += standing ? across : along, box.y0 += standing ? along : across;
        box.x1 = box.x0 + (standing ? kAsicSlow : kAsicFast);
        box.y1 = box.y0 + (standing ? kAsicFast : kAsicSlow);
        boxes[n++] = box;
      }
    }
  }
  return boxes;
}

Box quarter_turn(const Box& b) { return {1 - b.y1, b.x0, 1 - b.y0, b.x1}; }

}  // namespace

void Detector::lay_panels() {
  const int centre = model_.native / 2 - offset_;
  if (model_.panels == Panels::rayonix) {
    const int module = model_.native / 4;
    for (int y = 0; y < size_; ++y) {
      for (int x = 0; x < size_; ++x) {
        const int index = (y + offset_) / module * 4 + (x + offset_) / module;
        panel_[size_t(y) * size_ + x] = int16_t(index);
        const float step = float(philox(0x3A70, uint64_t(index)).v[0]) * 0x1p-32f - 0.5f;
        response_[size_t(y) * size_ + x] = 1 + 0.012f * step;
      }
    }
    return;
  }
  for (int quadrant = 0; quadrant < 4; ++quadrant) {
    int asic = quadrant * 16;
    for (Box box : cspad_quadrant(quadrant)) {
      for (int turn = 0; turn < quadrant; ++turn) box = quarter_turn(box);
      for (int y = std::max(0, centre + box.y0); y < std::min(size_, centre + box.y1); ++y)
        for (int x = std::max(0, centre + box.x0); x < std::min(size_, centre + box.x1); ++x)
          panel_[size_t(y) * size_ + x] = int16_t(asic);
      ++asic;
    }
  }
}

}  // namespace hitsieve
