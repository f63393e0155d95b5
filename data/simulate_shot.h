// One shot of a simulated run before the detector counts photons: draws energy, background and
// crystal, and scales the crystal so that as many spots stand out as the shot's class wants.
#pragma once
#include <vector>

#include "data/simulate.h"
#include "engine/philox.h"

namespace hitsieve {

constexpr int kProfileSteps = 4;  // background profile entries a pixel of radius

/// Of a spot at (dx, dy) pixels from the beam: block size all round, tilt along the ring, bandwidth
/// across it.
Footprint spot_footprint(const CrystalModel& crystal, const DetectorModel& detector,
                         const Beam& beam, double dx, double dy);

/// The parts of a spot's photons in the pixels around (x, y), row by row; they add up to 1.
struct SpotImage {
  int x0, y0, width;  // pixels of the top left corner; edge
  std::vector<float> weight;
};
SpotImage spot_image(const Footprint& footprint, double x, double y);

/// Light polarised along x, scattered to (dx, dy, distance): 1 - (part along x)^2.
double polarisation_factor(double dx, double dy, double distance);

class ShotBuilder {
 public:
  ShotBuilder(const Simulator& run, int64_t index);
  SimulatedShot build();

 private:
  void draw_background();
  int wanted_spots();
  void draw_crystals();
  void add_crystal(const Crystal& crystal, double strength);
  void add_salt();
  void measure(BraggSpot& spot) const;
  std::vector<double> heights_of_counted();
  bool scale_to(int wanted);

  const Simulator& run_;
  const SimulatedSet& set_;
  const Detector& detector_;
  Random random_;
  int salt_spots_ = 0;
  Beam beam_;
  SimulatedShot shot_;
};

}  // namespace hitsieve
