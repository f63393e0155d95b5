// From expected photons to pixel values: the random part of the detector.
#include <algorithm>
#include <cmath>

#include "data/simulate_detector.h"
#include "data/simulate_noise.h"
#include "engine/check.h"
#include "engine/philox.h"

namespace hitsieve {
namespace {

constexpr int kGroup = 8;           // native pixels that share three Philox blocks
constexpr int kBlocksPerGroup = 3;  // two for the photons, one for the readout
constexpr int kMaxPanels = 64;

// What the random numbers of one shot are for: added to the shot's stream.
enum Topic : uint64_t { kPixelNoise = 240, kZingers, kCommonMode, kDefectNoise };

uint64_t group_counter(int native, int y, int group) {
  return (uint64_t(y) * uint64_t(native / kGroup + 1) + uint64_t(group)) * kBlocksPerGroup;
}

uint16_t half_word(const Philox4& bits, int i) {
  return uint16_t(i % 2 == 0 ? bits.v[i / 2] : bits.v[i / 2] >> 16);
}

}  // namespace

std::vector<float> Detector::count_photons(const std::vector<float>& photons, uint64_t seed,
                                           uint64_t stream) const {
  std::vector<float> counts(photons.size());
  for (int y = 0; y < size_; ++y) {
    const float* mean = photons.data() + size_t(y) * size_;
    float* count = counts.data() + size_t(y) * size_;
    const int last = offset_ + size_;
    for (int group = offset_ / kGroup; group * kGroup < last; ++group) {
      const uint64_t counter = group_counter(model_.native, y + offset_, group);
      const Philox4 bits[2] = {philox(seed, counter, stream + kPixelNoise),
                               philox(seed, counter + 1, stream + kPixelNoise)};
      const int begin = std::max(group * kGroup, offset_);
      const int end = std::min((group + 1) * kGroup, last);
      for (int x = begin; x < end; ++x) {
        const int i = x - group * kGroup;
        count[x - offset_] = poisson_variate(mean[x - offset_], bits[i / 4].v[i % 4]);
      }
    }
  }
  return counts;
}

/// Separable [k 1 k] / (1 + 2k); what leaves the window is reflected back at its edge.
void Detector::spread_light(std::vector<float>& counts) const {
  if (model_.spread <= 0) return;
  const float side = float(model_.spread / (1 + 2 * model_.spread));
  const float centre = 1 - 2 * side;
  std::vector<float> rows(counts.size());
  const int n = size_;
  for (int y = 0; y < n; ++y) {
    const float* in = counts.data() + size_t(y) * n;
    float* out = rows.data() + size_t(y) * n;
    for (int x = 1; x + 1 < n; ++x) out[x] = centre * in[x] + side * (in[x - 1] + in[x + 1]);
    out[0] = (centre + side) * in[0] + side * in[1];
    out[n - 1] = (centre + side) * in[n - 1] + side * in[n - 2];
  }
  for (int y = 0; y < n; ++y) {
    const float* in = rows.data() + size_t(y) * n;
    const float* above = rows.data() + size_t(std::max(0, y - 1)) * n;
    const float* below = rows.data() + size_t(std::min(n - 1, y + 1)) * n;
    float* out = counts.data() + size_t(y) * n;
    for (int x = 0; x < n; ++x) out[x] = centre * in[x] + side * (above[x] + below[x]);
  }
}

/// Cosmic rays and decays in the sensor or taper: one pixel or two, not spread, anywhere.
void Detector::add_zingers(std::vector<float>& adu, uint64_t seed, uint64_t stream) const {
  Random random(seed, stream + kZingers);
  const double pixels = double(model_.native) * model_.native;
  const double noise = photon_adu_ * noise_photons(20);
  for (int n = int(random.poisson(model_.zingers_per_mpx * pixels / 1e6)); n > 0; --n) {
    const int x = int(random.below(uint64_t(model_.native))) - offset_;
    const int y = int(random.below(uint64_t(model_.native))) - offset_;
    const double level = noise * std::exp(random.uniform(std::log(8), std::log(400)));
    const double second = random.uniform() < 0.35 ? random.uniform(0.3, 1) : 0;
    const bool down = random.uniform() < 0.5;
    const auto hit = [&](int px, int py, double value) {
      if (px >= 0 && py >= 0 && px < size_ && py < size_)
        adu[size_t(py) * size_ + px] += float(value);
    };
    hit(x, y, level);
    hit(x + !down, y + down, level * second);
  }
}

std::vector<int32_t> Detector::expose(const std::vector<float>& photons, uint64_t seed,
                                      uint64_t stream) const {
  check(photons.size() == mask_.size(), "simulate: ", photons.size(), " expected pixels for ",
        mask_.size());
  std::vector<float> adu = count_photons(photons, seed, stream);
  spread_light(adu);
  for (float& value : adu) value *= float(photon_adu_);
  add_zingers(adu, seed, stream);

  float base[kMaxPanels];
  Random common(seed, stream + kCommonMode);
  for (float& b : base) b = float(model_.pedestal + model_.common_mode * common.normal());
  const float low = model_.type == DType::u16 ? 0.0f : -32768.0f;
  const float high = float(model_.full_scale);
  std::vector<int32_t> pixels(adu.size(), 0);
  for (int y = 0; y < size_; ++y) {
    for (int group = offset_ / kGroup; group * kGroup < offset_ + size_; ++group) {
      const uint64_t counter = group_counter(model_.native, y + offset_, group) + 2;
      const Philox4 bits = philox(seed, counter, stream + kPixelNoise);
      const int begin = std::max(group * kGroup, offset_);
      const int end = std::min((group + 1) * kGroup, offset_ + size_);
      for (int x = begin; x < end; ++x) {
        const size_t i = size_t(y) * size_ + (x - offset_);
        if (panel_[i] < 0) continue;
        const float noise = coarse_normal(half_word(bits, x - group * kGroup));
        const float value = adu[i] + base[panel_[i]] + float(model_.readout) * noise;
        pixels[i] = int32_t(std::floor(std::clamp(value, low, high) + 0.5f));
      }
    }
  }
  show_defects(pixels, seed, stream);
  return pixels;
}

void Detector::show_defects(std::vector<int32_t>& pixels, uint64_t seed, uint64_t stream) const {
  for (const Defect& defect : defects_) {
    int32_t& pixel = pixels[size_t(defect.y) * size_ + defect.x];
    const uint64_t native = uint64_t(defect.y + offset_) * model_.native + defect.x + offset_;
    Random random(seed ^ native * 0x9E3779B97F4A7C15u, stream + kDefectNoise);
    const double level = defect.level * (1 + 0.08 * random.normal());
    if (defect.kind == Defect::Kind::dead) pixel = 0;
    if (defect.kind == Defect::Kind::hot) pixel += int32_t(level);
    if (defect.kind == Defect::Kind::flicker && random.uniform() < 0.3) pixel += int32_t(level);
    pixel = std::min(pixel, int32_t(model_.full_scale));
  }
}

}  // namespace hitsieve
