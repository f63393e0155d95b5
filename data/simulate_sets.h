// What a simulated set is made of, and the five sets there are. Any set may be taken, changed and
// given to Simulator.
#pragma once
#include <string>
#include <vector>

#include "data/simulate_crystal.h"
#include "data/simulate_detector.h"

namespace hitsieve {

/// A ring of scattering around spacing `d`, a Gaussian in q with different flanks.
struct Ring {
  double d = 3.2;                               // A
  double inner_width = 0.1, outer_width = 0.3;  // relative to 1/d, standard deviations
  double photons = 50;                          // at its top, a pixel and typical shot
  double spread = 0.4;  // from shot to shot, standard deviation of the logarithm
  double present = 1;   // part of the shots that have it
};

struct BackgroundModel {
  double air_photons = 30, air_q = 0.06;  // air_photons * exp(-q / air_q)
  double air_spread = 0.25;
  double floor_photons = 5;  // constant over the frame: fluorescence, Compton
  double pulse_spread = 0.35;
  std::vector<Ring> rings;
};

struct SimulatedSet {
  std::string name;
  CrystalModel crystal;
  DetectorModel detector;
  BackgroundModel background;
  double photon_energy_eV = 9500, energy_jitter_eV = 10;
  double bandwidth = 0.001;                         // of a pulse, relative, standard deviation
  int hits = 0, maybes = 0, misses = 0;             // of the published 2000 frames
  double hit_spots_median = 50, hit_spots_log = 1;  // log-normal, cut at 10
  double weak_miss = 0.4;       // part of the misses with a crystal that shows 0 to 3 spots
  double salt = 0.02;           // part of all shots with a salt spot or two
  double double_crystal = 0.1;  // part of the crystal shots with a second lattice
  double visible_sigma = 8;
};

/// Throws for a name that is not one of simulated_set_names().
const SimulatedSet& simulated_set(const std::string& name);
const std::vector<std::string>& simulated_set_names();

}  // namespace hitsieve
