// The five sets. Known: the class mix (the public annotation of CXIDB 76), the kind of detector,
// and that the gains span 0.19 to 15.6. Chosen by us, to look like such runs and to differ from set
// to set: which gain is whose, the protein and its cell (rounded, of the kind such experiments
// use), photon energy, distance, background, block size and numbers of spots.
#include "data/simulate_sets.h"

#include <algorithm>

#include "engine/check.h"

namespace hitsieve {
namespace {

DetectorModel rayonix(const std::string& name, double distance_mm, double gain) {
  DetectorModel d;
  d.name = name;
  d.panels = Panels::rayonix;
  d.type = DType::u16;
  d.native = 1920;
  d.pixel_mm = 0.17708;
  d.distance_mm = distance_mm;
  d.gain = gain;
  d.spread = 0.19;
  d.readout = 0.8;
  d.pedestal = 11;
  d.full_scale = 65535;
  return d;
}

DetectorModel cspad(const std::string& name, double distance_mm, double gain) {
  DetectorModel d;
  d.name = name;
  d.panels = Panels::cspad;
  d.type = DType::i16;
  d.native = 1765;
  d.pixel_mm = 0.10992;
  d.distance_mm = distance_mm;
  d.gain = gain;
  d.spread = 0.055;
  d.readout = 0.22 * gain;
  d.pedestal = 0;
  d.full_scale = 16383;
  d.flat_error = 0.03;
  d.common_mode = 0.06 * gain;
  d.dead_columns = 12;
  d.hot_per_mpx = 20;
  d.flicker_per_mpx = 20;
  d.zingers_per_mpx = 0.3;
  d.beam_stop_mm = 1;
  return d;
}

CrystalModel photosystem_2() {
  return {
      "photosystem II", {117, 222, 308, 90, 90, 90}, LaueGroup::mmm, {2, 2, 2}, 110, 2600, 0.04};
}

SimulatedSet ln84() {
  SimulatedSet s;
  s.name = "LN84";
  s.crystal = photosystem_2();
  s.detector = rayonix("MFX Rayonix LN84", 218, 0.33);
  s.detector.beam_dx = -6, s.detector.beam_dy = 4;
  s.detector.shade = {2, -6, 0.5, 0.9};
  s.detector.needles = {{142, 40, 30, 9, 0.65}};
  s.detector.dead_columns = 2;
  s.background = {110,
                  0.05,
                  0.3,
                  26,
                  0.45,
                  {{17.5, 0.06, 0.06, 30, 0.6, 0.9},
                   {14.0, 0.03, 0.03, 50, 0.6, 0.8},
                   {4.9, 0.06, 0.18, 70, 0.6, 0.7},
                   {3.3, 0.16, 0.35, 150, 0.5, 1}}};
  s.photon_energy_eV = 9516;
  s.bandwidth = 0.0008;
  s.hits = 806, s.maybes = 132, s.misses = 1062;
  s.hit_spots_median = 34, s.hit_spots_log = 1.2;
  return s;
}

SimulatedSet ln83() {
  SimulatedSet s;
  s.name = "LN83";
  s.crystal = {"hydrogenase I",
               {111.3, 111.3, 103.8, 90, 90, 90},
               LaueGroup::four_mmm,
               {2, 2, 2},
               35,
               1700,
               0.08};
  s.detector = rayonix("MFX Rayonix LN83", 158, 0.19);
  s.detector.beam_dx = 9, s.detector.beam_dy = -3;
  s.detector.shade = {94, 14, 1.2, 0.82};
  s.detector.needles = {{-35, 46, 26, 6, 0.7}};
  s.detector.beam_stop_mm = 7.5;
  s.detector.spread = 0.21;
  s.background = {160, 0.035, 0.35,
                  40,  0.35,  {{3.25, 0.13, 0.32, 210, 0.35, 1}, {9.5, 0.25, 0.25, 30, 0.6, 0.6}}};
  s.photon_energy_eV = 9498;
  s.bandwidth = 0.001;
  s.hits = 346, s.maybes = 63, s.misses = 1591;
  s.hit_spots_median = 24, s.hit_spots_log = 1.0;
  return s;
}

SimulatedSet lo19() {
  SimulatedSet s;
  s.name = "LO19";
  s.crystal = {
      "cyclophilin A", {42.6, 52.0, 89.0, 90, 90, 90}, LaueGroup::mmm, {2, 2, 2}, 20, 1300, 0.12};
  s.detector = rayonix("MFX Rayonix LO19", 126, 0.27);
  s.detector.beam_dx = 2, s.detector.beam_dy = 11;
  s.detector.shade = {178, 20, 0.4, 0.93};
  s.detector.beam_stop_mm = 5;
  s.detector.spread = 0.17;
  s.detector.zingers_per_mpx = 1.2;
  s.background = {90, 0.09, 0.3,
                  12, 0.4,  {{3.2, 0.14, 0.3, 75, 0.8, 1}, {4.6, 0.05, 0.07, 16, 0.8, 0.5}}};
  s.photon_energy_eV = 9442;
  s.bandwidth = 0.0014;
  s.hits = 730, s.maybes = 151, s.misses = 1119;
  s.hit_spots_median = 40, s.hit_spots_log = 1.0;
  s.salt = 0.04;
  return s;
}

SimulatedSet lg36() {
  SimulatedSet s;
  s.name = "LG36";
  s.crystal = photosystem_2();
  s.crystal.block_size = 2000;
  s.detector = cspad("CXI CSPAD LG36", 148, 9.4);
  s.detector.beam_dx = 4, s.detector.beam_dy = -5;
  s.background = {4,   0.05, 0.3,
                  1.1, 0.4,  {{3.3, 0.18, 0.4, 2.6, 0.45, 1}, {14.5, 0.05, 0.05, 0.8, 0.6, 0.5}}};
  s.photon_energy_eV = 7088;
  s.energy_jitter_eV = 14;
  s.bandwidth = 0.0012;
  s.hits = 235, s.maybes = 57, s.misses = 1708;
  s.hit_spots_median = 25, s.hit_spots_log = 0.9;
  s.visible_sigma = 9;
  return s;
}

SimulatedSet l498() {
  SimulatedSet s;
  s.name = "L498";
  s.crystal = {"thermolysin",
               {92.9, 92.9, 130.1, 90, 90, 120},
               LaueGroup::six_mmm,
               {1, 1, 6},
               22,
               1200,
               0.1};
  s.detector = cspad("CXI CSPAD L498", 130, 15.6);
  s.detector.beam_dx = -3, s.detector.beam_dy = 2;
  s.background = {1.6, 0.06, 0.3, 0.5, 0.38, {{3.25, 0.2, 0.4, 0.8, 0.5, 1}}};
  s.photon_energy_eV = 9773;
  s.bandwidth = 0.0014;
  s.hits = 148, s.maybes = 498, s.misses = 1354;
  s.hit_spots_median = 18, s.hit_spots_log = 0.8;
  s.visible_sigma = 9;
  return s;
}

const std::vector<SimulatedSet>& sets() {
  static const std::vector<SimulatedSet> all{l498(), lg36(), ln84(), ln83(), lo19()};
  return all;
}

}  // namespace

const std::vector<std::string>& simulated_set_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const SimulatedSet& set : sets()) list.push_back(set.name);
    return list;
  }();
  return names;
}

const SimulatedSet& simulated_set(const std::string& name) {
  const auto found = std::find_if(sets().begin(), sets().end(),
                                  [&](const SimulatedSet& set) { return set.name == name; });
  if (found != sets().end()) return *found;
  std::string known;
  for (const std::string& one : simulated_set_names()) known += (known.empty() ? "" : ", ") + one;
  throw Error(text("simulate: no set is called '", name, "'; there are ", known));
}

}  // namespace hitsieve
