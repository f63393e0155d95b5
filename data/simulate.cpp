#include "data/simulate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "data/simulate_shot.h"
#include "engine/check.h"
#include "engine/philox.h"

namespace hitsieve {
namespace {

constexpr int kSmallest = 724;      // labels count spots in the central 724 x 724
constexpr float kFaintest = 0.02f;  // photons below which a spot is not drawn

/// FNV-1a: gives each set its own random numbers.
uint64_t hash(const std::string& name) {
  uint64_t h = 0xCBF29CE484222325u;
  for (const char c : name) h = (h ^ uint8_t(c)) * 0x100000001B3u;
  return h;
}

/// Shares `frames` among the classes as published (largest remainder), in a random order.
std::vector<uint8_t> draw_labels(const SimulatedSet& set, int64_t frames, uint64_t seed) {
  const std::array<int64_t, 3> published{set.misses, set.maybes, set.hits};
  const int64_t total = published[0] + published[1] + published[2];
  check(total > 0, "simulate ", set.name, ": its class mix is empty");
  std::array<int64_t, 3> count{}, remainder{};
  for (int c = 0; c < 3; ++c) {
    count[c] = frames * published[c] / total;
    remainder[c] = frames * published[c] % total;
  }
  for (int64_t left = frames - (count[0] + count[1] + count[2]); left > 0; --left) {
    const auto largest = std::max_element(remainder.begin(), remainder.end());
    ++count[size_t(largest - remainder.begin())];
    *largest = -1;
  }
  std::vector<uint8_t> labels;
  for (int c = 0; c < 3; ++c) labels.insert(labels.end(), size_t(count[c]), uint8_t(c));
  Random random(seed, 0);
  for (size_t i = labels.size(); i > 1; --i) std::swap(labels[i - 1], labels[random.below(i)]);
  return labels;
}

template <class T>
std::vector<T> cropped(const std::vector<T>& window, int size, int margin) {
  if (margin == 0) return window;
  const int width = size + 2 * margin;
  std::vector<T> crop(size_t(size) * size);
  for (int y = 0; y < size; ++y)
    std::copy_n(window.begin() + int64_t(y + margin) * width + margin, size,
                crop.begin() + int64_t(y) * size);
  return crop;
}

uint64_t shot_stream(int64_t index) { return uint64_t(index + 1) << 8; }

}  // namespace

Simulator::Simulator(const SimulatedSet& set, int64_t frames, uint64_t seed, int size)
    : set_(set),
      size_(size),
      margin_(size + 2 <= set.detector.native ? 1 : 0),
      seed_(seed ^ hash(set.name)),
      detector_(set.detector, hash(set.detector.name), size + 2 * margin_) {
  check(frames > 0, "simulate ", set.name, ": ", frames, " frames wanted");
  check(size >= kSmallest, "simulate ", set.name, ": size ", size, " is below ", kSmallest,
        ", the square in which spots are counted");
  labels_ = draw_labels(set_, frames, seed_);
  const int window = detector_.size();
  const double distance = set.detector.distance_mm / set.detector.pixel_mm;
  radius_.resize(size_t(window) * window);
  light_.resize(radius_.size());
  for (int y = 0; y < window; ++y) {
    for (int x = 0; x < window; ++x) {
      const size_t i = size_t(y) * window + x;
      const double dx = x - detector_.beam_x(), dy = y - detector_.beam_y();
      radius_[i] = uint16_t(std::lround(std::hypot(dx, dy) * kProfileSteps));
      light_[i] = detector_.response()[i] * float(polarisation_factor(dx, dy, distance));
    }
  }
}

uint64_t Simulator::structure_seed() const { return hash(set_.crystal.protein); }

int Simulator::label(int64_t index) const {
  check(index >= 0 && index < frames(), "simulate ", set_.name, ": frame ", index, " of ",
        frames());
  return labels_[size_t(index)];
}

SimulatedShot Simulator::shot(int64_t index) const { return ShotBuilder(*this, index).build(); }

std::vector<float> Simulator::window_photons(const SimulatedShot& shot) const {
  std::vector<float> photons(radius_.size());
  for (size_t i = 0; i < photons.size(); ++i) photons[i] = shot.profile[radius_[i]] * light_[i];
  const int window = detector_.size();
  const std::vector<float>& response = detector_.response();
  for (const BraggSpot& spot : shot.spots) {
    if (spot.photons < kFaintest) continue;
    const SpotImage image = spot_image(spot.footprint, spot.x + margin_, spot.y + margin_);
    for (int row = 0; row < image.width; ++row) {
      const int y = image.y0 + row;
      if (y < 0 || y >= window) continue;
      for (int column = 0; column < image.width; ++column) {
        const int x = image.x0 + column;
        if (x < 0 || x >= window) continue;
        const size_t i = size_t(y) * window + x;
        photons[i] +=
            float(spot.photons) * image.weight[size_t(row) * image.width + column] * response[i];
      }
    }
  }
  return photons;
}

std::vector<float> Simulator::expected_photons(const SimulatedShot& shot) const {
  return cropped(window_photons(shot), size_, margin_);
}

SimulatedFrame Simulator::frame(int64_t index) const {
  const SimulatedShot drawn = shot(index);
  SimulatedFrame frame;
  frame.pixels =
      cropped(detector_.expose(window_photons(drawn), seed_, shot_stream(index)), size_, margin_);
  frame.type = set_.detector.type;
  frame.label = drawn.label;
  frame.n_spots = drawn.n_spots;
  frame.photon_energy_eV = drawn.photon_energy_eV;
  return frame;
}

std::vector<uint8_t> Simulator::mask() const { return cropped(detector_.mask(), size_, margin_); }

}  // namespace hitsieve
