#include "data/simulate_detector.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/simulate_noise.h"
#include "engine/check.h"
#include "engine/philox.h"

namespace hitsieve {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr int kGroup = 8;  // native pixels that share a Philox block

enum Topic : uint64_t { kFlat = 1, kDefects };  // what the detector's own random numbers are for

}  // namespace

Detector::Detector(const DetectorModel& model, uint64_t seed, int size)
    : model_(model), size_(size), offset_((model.native - size) / 2) {
  check(size > 0 && size <= model.native, "simulate: a window of ", size, " pixels; ", model.name,
        " has ", model.native);
  beam_x_ = (model.native - 1) / 2.0 + model.beam_dx - offset_;
  beam_y_ = (model.native - 1) / 2.0 + model.beam_dy - offset_;
  photon_adu_ = model.gain / variance_kept();
  const size_t pixels = size_t(size) * size_t(size);
  mask_.assign(pixels, 0);
  response_.assign(pixels, 1);
  panel_.assign(pixels, -1);
  lay_panels();
  add_flat_error(seed);
  cast_shadows();
  place_defects(seed);
}

double Detector::corner_radius() const {
  const double dx = std::max(beam_x_, size_ - 1 - beam_x_);
  return std::hypot(dx, std::max(beam_y_, size_ - 1 - beam_y_));
}

double Detector::variance_kept() const {
  const double k = model_.spread, axis = (1 + 2 * k * k) / ((1 + 2 * k) * (1 + 2 * k));
  return axis * axis;
}

double Detector::noise_photons(double photons) const {
  const double readout = model_.readout / photon_adu_;
  return std::sqrt(variance_kept() * photons + readout * readout);
}

void Detector::add_flat_error(uint64_t seed) {
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x) {
      const size_t i = size_t(y) * size_ + x;
      const uint64_t native = uint64_t(y + offset_) * model_.native + uint64_t(x + offset_);
      const Philox4 bits = philox(seed, native / kGroup, kFlat);
      const uint32_t word = bits.v[native % kGroup / 2];
      const float error = coarse_normal(uint16_t(native % 2 == 0 ? word : word >> 16));
      response_[i] *= 1 + float(model_.flat_error) * error;
      if (panel_[i] < 0) response_[i] = 0, mask_[i] = 1;
    }
  }
}

void Detector::cast_shadows() {
  const Shade& shade = model_.shade;
  const double shade_x = std::cos(shade.angle_deg * kDegree);
  const double shade_y = std::sin(shade.angle_deg * kDegree);
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x) {
      const size_t i = size_t(y) * size_ + x;
      const double dx = (x - beam_x_) * model_.pixel_mm, dy = (y - beam_y_) * model_.pixel_mm;
      const double into_shade = (dx * shade_x + dy * shade_y - shade.offset_mm) / shade.softness_mm;
      double light = 1 - (1 - shade.transmission) / (1 + std::exp(-into_shade));

      const double radius = std::hypot(dx, dy), edge = radius - model_.beam_stop_mm;
      light /= 1 + std::exp(-edge / (0.6 * model_.pixel_mm));
      if (edge < 3 * model_.pixel_mm) mask_[i] = 1;

      for (const Needle& needle : model_.needles) {
        const double c = std::cos(needle.angle_deg * kDegree);
        const double s = std::sin(needle.angle_deg * kDegree);
        const double along = dx * c + dy * s - needle.tip_mm, across = std::abs(dy * c - dx * s);
        if (along < -0.5 || along > needle.length_mm + 0.5) continue;
        const double half = needle.width_mm * (0.15 + 0.35 * along / needle.length_mm);
        if (across < half) light *= needle.transmission;
        if (across < half + 3 * model_.pixel_mm) mask_[i] = 1;
      }
      response_[i] *= float(light);
    }
  }
}

void Detector::place_defects(uint64_t seed) {
  Random random(seed, kDefects);
  const double megapixels = double(model_.native) * model_.native / 1e6;
  const auto place = [&](double per_mpx, Defect::Kind kind, double low, double high) {
    for (int64_t n = std::llround(per_mpx * megapixels); n > 0; --n) {
      const int x = int(random.below(uint64_t(model_.native))) - offset_;
      const int y = int(random.below(uint64_t(model_.native))) - offset_;
      const double level = low * std::exp(random.uniform() * std::log(high / low));
      if (x < 0 || y < 0 || x >= size_ || y >= size_) continue;
      if (panel_[size_t(y) * size_ + x] < 0) continue;
      defects_.push_back({x, y, kind, level});
      mask_[size_t(y) * size_ + x] = 1;
    }
  };
  const double noise = photon_adu_ * noise_photons(20);
  place(model_.hot_per_mpx, Defect::Kind::hot, 12 * noise, 400 * noise);
  place(model_.dead_per_mpx, Defect::Kind::dead, 1, 1);
  place(model_.flicker_per_mpx, Defect::Kind::flicker, 10 * noise, 100 * noise);

  for (int n = 0; n < model_.dead_columns; ++n) {
    const int x = int(random.below(uint64_t(model_.native))) - offset_;
    const int y = int(random.below(uint64_t(model_.native))) - offset_;
    if (x < 0 || x >= size_ || y < -model_.native / 8 || y >= size_) continue;
    const int first = std::max(y, 0);
    const int16_t panel = panel_[size_t(first) * size_ + x];
    for (int row = first; row < std::min(size_, y + model_.native / 8); ++row) {
      const size_t i = size_t(row) * size_ + x;
      if (panel < 0 || panel_[i] != panel) break;
      defects_.push_back({x, row, Defect::Kind::dead, 1});
      mask_[i] = 1;
    }
  }
}

}  // namespace hitsieve
