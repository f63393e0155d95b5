// Simulated runs in the likeness of the five sets of CXIDB entry 76 (L498, LG36, LN84, LN83, LO19),
// for training, tests and demonstrations where no beamline data are at hand.
//
// Imitated: the class mix as published; the range of detector gains (0.19 to 15.6; which set has
// which is our choice); a real lattice of a protein of each experiment in a uniformly random
// orientation, with Wilson statistics, B factor, mosaic blocks and bandwidth on the Ewald sphere;
// spots with a footprint that grows with block size, tilt and bandwidth; a polarised beam; now and
// then two crystals or a salt crystal; solvent and medium rings and air scatter whose shares,
// thickness and pulse energy change from shot to shot; photon energy jitter; detector noise,
// defects, gaps and shadows as in simulate_detector.h. Many shots lie near the class edges.
//
// Not imitated: the recorded frames themselves; real structure factors; the true distances, rings
// and energies beyond the published outline; ice, split or streaked spots, diffuse scattering,
// detector drift within a run, and the experts' own scatter in labelling.
//
// Label: the number of Bragg spots whose brightest pixel is expected to exceed `visible_sigma`
// local noise deviations, within the central 724 x 724 and off the mask: Hit >= 10, Maybe 4 to 9,
// Miss <= 3. Spots closer than about 3 pixels count once.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/simulate_crystal.h"
#include "data/simulate_detector.h"
#include "data/simulate_sets.h"

namespace hitsieve {

/// A spot's covariance on the detector in pixels^2, light spread not included.
struct Footprint {
  double xx = 0, xy = 0, yy = 0;
};

struct BraggSpot {
  double x, y;     // pixels of the simulated frame, 0-based centres
  double photons;  // expected, before masks and shadows
  double sigma;    // height of its brightest pixel over the local noise deviation
  int h, k, l;     // 0 0 0: salt
  bool counted;    // off the mask, central, and no brighter spot beside it
  Footprint footprint;
};

/// Everything about a shot but its noise.
struct SimulatedShot {
  int label = 0;    // 0 miss, 1 maybe, 2 hit
  int n_spots = 0;  // counted and visible
  double photon_energy_eV = 0, wavelength = 0;
  std::vector<float> profile;  // background photons against radius, in quarter pixels
  std::vector<Rotation> orientations;
  std::vector<BraggSpot> spots;
};

struct SimulatedFrame {
  std::vector<int32_t> pixels;  // size x size, row-major, within the range of `type`
  DType type = DType::u16;
  int label = 0, n_spots = 0;
  double photon_energy_eV = 0;
};

/// A run of `frames` shots. frame(i) is a function of (set, frames, seed, i) alone and may be
/// called from many threads; a window of another `size` shows the same shot, pixel for pixel.
class Simulator {
 public:
  Simulator(const SimulatedSet& set, int64_t frames, uint64_t seed, int size = 724);

  SimulatedFrame frame(int64_t index) const;
  SimulatedShot shot(int64_t index) const;
  /// Expected photons in every pixel of `shot`: what an endless repetition would average to.
  std::vector<float> expected_photons(const SimulatedShot& shot) const;

  int64_t frames() const { return int64_t(labels_.size()); }
  int size() const { return size_; }
  int label(int64_t index) const;
  std::vector<uint8_t> mask() const;  // size x size, 0 good, 1 bad
  const SimulatedSet& set() const { return set_; }
  const Detector& detector() const { return detector_; }
  uint64_t structure_seed() const;  // of the protein: the same in every run of a set

 private:
  friend class ShotBuilder;
  std::vector<float> window_photons(const SimulatedShot& shot) const;

  SimulatedSet set_;
  int size_, margin_;
  uint64_t seed_;
  Detector detector_;  // its window has `margin_` more pixels on every side
  std::vector<uint8_t> labels_;
  std::vector<uint16_t> radius_;  // of the window's pixels, steps of the profile
  std::vector<float> light_;      // ... response times polarisation
};

}  // namespace hitsieve
