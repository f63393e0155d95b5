#include "data/simulate_shot.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/check.h"

namespace hitsieve {
namespace {

constexpr double kPlanckTimesLight = 12398.419843;  // eV A
constexpr int kCentral = 724;                       // labels count spots in here
constexpr int kNearest = 3;                         // pixels between spots that count as two
constexpr double kRange = 800;  // brightest over faintest visible spot of one shot, at most
constexpr int kSkirt = 12;      // pixels around the frame from which spots reach into it
constexpr int kTries = 1000;

double log_normal(Random& random, double spread) {
  return std::exp(spread * random.normal() - spread * spread / 2);
}

}  // namespace

Footprint spot_footprint(const CrystalModel& crystal, const DetectorModel& detector,
                         const Beam& beam, double dx, double dy) {
  const double radius = std::max(1e-9, std::hypot(dx, dy));
  const double distance = detector.distance_mm / detector.pixel_mm;
  const double two_theta = std::atan2(radius, distance);
  const double stretch = 1 / std::cos(two_theta);
  const double block = 0.38 * beam.wavelength / crystal.block_size * distance * stretch;
  const double tilt = crystal.mosaicity * std::numbers::pi / 180 * radius;
  const double energy = beam.bandwidth * 2 * std::tan(two_theta / 2) * distance * stretch * stretch;
  const double across = block * block * stretch * stretch + energy * energy;
  const double along = block * block + tilt * tilt;
  const double c = dx / radius, s = dy / radius;
  return {across * c * c + along * s * s, (across - along) * c * s, across * s * s + along * c * c};
}

SpotImage spot_image(const Footprint& footprint, double x, double y) {
  // A pixel integrates over its area: to second order, a variance of 1/12 along each edge.
  const double xx = footprint.xx + 1.0 / 12, yy = footprint.yy + 1.0 / 12, xy = footprint.xy;
  const double determinant = xx * yy - xy * xy;
  const int half = int(std::ceil(3.2 * std::sqrt(std::max(xx, yy))));
  SpotImage image{int(std::lround(x)) - half, int(std::lround(y)) - half, 2 * half + 1, {}};
  image.weight.reserve(size_t(image.width) * size_t(image.width));
  double sum = 0;
  for (int row = 0; row < image.width; ++row) {
    for (int column = 0; column < image.width; ++column) {
      const double dx = image.x0 + column - x, dy = image.y0 + row - y;
      const double squares = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant;
      const double weight = std::exp(-squares / 2);
      image.weight.push_back(float(weight));
      sum += weight;
    }
  }
  for (float& weight : image.weight) weight = float(weight / sum);
  return image;
}

double polarisation_factor(double dx, double dy, double distance) {
  return 1 - dx * dx / (dx * dx + dy * dy + distance * distance);
}

ShotBuilder::ShotBuilder(const Simulator& run, int64_t index)
    : run_(run),
      set_(run.set()),
      detector_(run.detector()),
      random_(run.seed_, uint64_t(index + 1) << 8) {
  shot_.label = run.label(index);
}

SimulatedShot ShotBuilder::build() {
  shot_.photon_energy_eV = set_.photon_energy_eV + set_.energy_jitter_eV * random_.normal();
  beam_ = {kPlanckTimesLight / shot_.photon_energy_eV, set_.bandwidth};
  shot_.wavelength = beam_.wavelength;
  draw_background();
  for (int tries = 0; tries < kTries; ++tries) {
    shot_.spots.clear();
    shot_.orientations.clear();
    salt_spots_ = 0;
    if (random_.uniform() < set_.salt) add_salt();
    const int wanted = wanted_spots();
    if (wanted >= 0) draw_crystals();
    if (!scale_to(wanted)) continue;
    shot_.n_spots = std::max(0, wanted) + salt_spots_;
    return std::move(shot_);
  }
  throw Error(text("simulate ", set_.name, ": no crystal of ", set_.crystal.protein, " shows ",
                   shot_.label == 2 ? "10 or more" : "the wanted", " spots in ", kTries,
                   " orientations; its block size, mosaicity and B factor need another look"));
}

void ShotBuilder::draw_background() {
  const BackgroundModel& model = set_.background;
  const DetectorModel& geometry = detector_.model();
  const double pulse = log_normal(random_, model.pulse_spread);
  const double air = pulse * model.air_photons * log_normal(random_, model.air_spread);
  const double floor = pulse * model.floor_photons;
  std::vector<double> height;
  for (const Ring& ring : model.rings) {
    const bool present = random_.uniform() < ring.present;
    const double photons = pulse * ring.photons * log_normal(random_, ring.spread);
    height.push_back(present ? photons : 0);
  }
  const int steps = int(detector_.corner_radius() * kProfileSteps) + 2;
  shot_.profile.resize(size_t(steps));
  for (int i = 0; i < steps; ++i) {
    const double radius = double(i) / kProfileSteps * geometry.pixel_mm;
    const double two_theta = std::atan2(radius, geometry.distance_mm);
    const double q = 2 * std::sin(two_theta / 2) / beam_.wavelength;
    double photons = floor + air * std::exp(-q / model.air_q);
    for (size_t r = 0; r < height.size(); ++r) {
      const Ring& ring = model.rings[r];
      const double centre = 1 / ring.d;
      const double width = centre * (q < centre ? ring.inner_width : ring.outer_width);
      const double offset = (q - centre) / width;
      photons += height[r] * std::exp(-offset * offset / 2);
    }
    shot_.profile[size_t(i)] = float(photons * std::pow(std::cos(two_theta), 3));
  }
}

/// Spots that a crystal shall show; -1: no crystal.
int ShotBuilder::wanted_spots() {
  if (shot_.label == 2) {
    for (;;) {
      const double spots = set_.hit_spots_median * std::exp(set_.hit_spots_log * random_.normal());
      if (spots >= 10 && spots < 1e6) return int(spots);
    }
  }
  if (shot_.label == 1) return 4 + int(random_.below(6)) - salt_spots_;
  if (random_.uniform() >= set_.weak_miss) return -1;
  return std::max(0, int(random_.below(4)) - salt_spots_);
}

void ShotBuilder::draw_crystals() {
  CrystalModel model = set_.crystal;
  model.block_size *= log_normal(random_, 0.25);
  model.mosaicity *= log_normal(random_, 0.25);
  const Crystal crystal(model, run_.structure_seed());
  add_crystal(crystal, 1);
  if (random_.uniform() < set_.double_crystal) add_crystal(crystal, random_.uniform(0.2, 1));
}

void ShotBuilder::add_crystal(const Crystal& crystal, double strength) {
  const double u1 = random_.uniform(), u2 = random_.uniform(), u3 = random_.uniform();
  const Rotation rotation = random_rotation(u1, u2, u3);
  shot_.orientations.push_back(rotation);
  const DetectorModel& geometry = detector_.model();
  const double distance = geometry.distance_mm / geometry.pixel_mm;
  const double two_theta = std::atan2(detector_.corner_radius() + kSkirt, distance);
  const double q_max = 2 * std::sin(two_theta / 2) / beam_.wavelength;
  const int size = run_.size();
  for (const Reflection& r : reflections_in_diffraction(crystal, rotation, beam_, q_max)) {
    if (r.direction[2] <= 0) continue;
    const double dx = distance * r.direction[0] / r.direction[2];
    const double dy = distance * r.direction[1] / r.direction[2];
    const double x = detector_.beam_x() - run_.margin_ + dx;
    const double y = detector_.beam_y() - run_.margin_ + dy;
    if (x < -kSkirt || y < -kSkirt || x > size + kSkirt || y > size + kSkirt) continue;
    const double photons = strength * r.partiality * crystal.intensity(r.h, r.k, r.l) *
                           polarisation_factor(dx, dy, distance);
    if (photons <= 0) continue;
    BraggSpot spot{x, y, photons, 0, r.h, r.k, r.l, false, {}};
    spot.footprint = spot_footprint(crystal.model(), geometry, beam_, dx, dy);
    measure(spot);
    shot_.spots.push_back(spot);
  }
}

void ShotBuilder::add_salt() {
  const int offset = (run_.size() - kCentral) / 2;
  const int spots = 1 + int(random_.below(2));
  for (int tries = 0; salt_spots_ < spots && tries < kTries; ++tries) {
    BraggSpot spot{};
    spot.x = offset + random_.uniform(5, kCentral - 5);
    spot.y = offset + random_.uniform(5, kCentral - 5);
    spot.photons = 1;
    spot.footprint = {0.15, 0, 0.15};
    measure(spot);
    if (!spot.counted) continue;
    const double wanted = set_.visible_sigma * std::exp(random_.uniform(0.1, 3.0));
    spot.photons = wanted / spot.sigma, spot.sigma = wanted;
    shot_.spots.push_back(spot);
    ++salt_spots_;
  }
}

/// Fills in the spot's height over the noise around it, and whether it lies where spots count.
void ShotBuilder::measure(BraggSpot& spot) const {
  const int margin = run_.margin_, window = detector_.size();
  const int px = int(std::lround(spot.x)), py = int(std::lround(spot.y));
  const int offset = (run_.size() - kCentral) / 2;
  const bool central =
      px >= offset && py >= offset && px < offset + kCentral && py < offset + kCentral;
  const size_t pixel = size_t(py + margin) * window + (px + margin);
  spot.counted = central && detector_.mask()[pixel] == 0;
  if (!spot.counted) return;

  const double k = detector_.model().spread, kept[3] = {k, 1, k};
  const SpotImage image = spot_image(spot.footprint, spot.x, spot.y);
  double peak = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx)
      peak += kept[dy + 1] * kept[dx + 1] *
              image.weight[size_t(py + dy - image.y0) * image.width + (px + dx - image.x0)];
  peak *= spot.photons / ((1 + 2 * k) * (1 + 2 * k)) * detector_.response()[pixel];
  const double background = shot_.profile[run_.radius_[pixel]] * run_.light_[pixel];
  spot.sigma = peak / detector_.noise_photons(background);
}

/// Drops spots beside brighter ones from the count; returns the others' heights, highest first.
std::vector<double> ShotBuilder::heights_of_counted() {
  std::vector<BraggSpot*> order;
  for (BraggSpot& spot : shot_.spots)
    if (spot.counted && (spot.h != 0 || spot.k != 0 || spot.l != 0)) order.push_back(&spot);
  std::stable_sort(order.begin(), order.end(),
                   [](const BraggSpot* a, const BraggSpot* b) { return a->sigma > b->sigma; });
  const int offset = (run_.size() - kCentral) / 2, cells = kCentral / kNearest + 3;
  std::vector<uint8_t> taken(size_t(cells) * cells, 0);
  std::vector<double> heights;
  for (BraggSpot* spot : order) {
    const int cx = int(spot->x + 0.5 - offset) / kNearest + 1;
    const int cy = int(spot->y + 0.5 - offset) / kNearest + 1;
    int brighter = 0;
    for (int y = cy - 1; y <= cy + 1; ++y)
      for (int x = cx - 1; x <= cx + 1; ++x) brighter += taken[size_t(y) * cells + x];
    taken[size_t(cy) * cells + cx] = 1;
    spot->counted = brighter == 0;
    if (spot->counted) heights.push_back(spot->sigma);
  }
  return heights;
}

/// Scales the crystals' spots so that `wanted` of them are visible; false: not in this orientation.
bool ShotBuilder::scale_to(int wanted) {
  if (wanted < 0) return true;
  const std::vector<double> height = heights_of_counted();
  if (size_t(wanted) + 1 > height.size()) return false;
  const double visible = set_.visible_sigma;
  const double high = visible / height[size_t(wanted)];
  const double low = wanted > 0 ? visible / height[size_t(wanted) - 1] : 0.4 * high;
  if (height[0] * low > kRange * visible) return false;
  const double scale = low * std::pow(high / low, random_.uniform(0.02, 0.98));
  for (BraggSpot& spot : shot_.spots)
    if (spot.h != 0 || spot.k != 0 || spot.l != 0) spot.photons *= scale, spot.sigma *= scale;
  return true;
}

}  // namespace hitsieve
