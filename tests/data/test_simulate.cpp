#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <doctest/doctest.h>

#include "data/simulate.h"
#include "engine/check.h"
#include "engine/parallel.h"

using namespace hitsieve;

namespace {

std::array<int, 3> label_counts(const Simulator& run) {
  std::array<int, 3> counts{};
  for (int64_t i = 0; i < run.frames(); ++i) ++counts[size_t(run.label(i))];
  return counts;
}

/// Spots in the noise-free image, found without looking at the simulator's list: local maxima of
/// the Bragg light, spread over the neighbours, over the noise of the background below.
int visible_spots(const Simulator& run, const SimulatedShot& shot) {
  SimulatedShot empty = shot;
  empty.spots.clear();
  const std::vector<float> with = run.expected_photons(shot), without = run.expected_photons(empty);
  const std::vector<uint8_t> mask = run.mask();
  const int n = run.size();
  const double k = run.set().detector.spread, weight[3] = {k, 1, k};
  std::vector<double> height(with.size(), 0);
  for (int y = 1; y + 1 < n; ++y) {
    for (int x = 1; x + 1 < n; ++x) {
      double light = 0;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          const size_t i = size_t(y + dy) * n + (x + dx);
          light += weight[dy + 1] * weight[dx + 1] * (with[i] - without[i]);
        }
      const size_t i = size_t(y) * n + x;
      height[i] = light / ((1 + 2 * k) * (1 + 2 * k)) / run.detector().noise_photons(without[i]);
    }
  }
  int spots = 0;
  for (int y = 2; y + 2 < n; ++y) {
    for (int x = 2; x + 2 < n; ++x) {
      const size_t i = size_t(y) * n + x;
      if (mask[i] != 0 || height[i] < run.set().visible_sigma) continue;
      bool highest = true;
      for (int dy = -2; dy <= 2; ++dy)
        for (int dx = -2; dx <= 2; ++dx)
          highest = highest && height[i] >= height[size_t(y + dy) * n + (x + dx)];
      spots += highest;
    }
  }
  return spots;
}

struct Moments {
  double mean = 0, variance = 0;
};

template <class Values>
Moments moments(const Values& values) {
  Moments m;
  for (const auto v : values) m.mean += double(v);
  m.mean /= double(values.size());
  for (const auto v : values) m.variance += (v - m.mean) * (v - m.mean);
  m.variance /= double(values.size() - 1);
  return m;
}

}  // namespace

TEST_CASE("simulate: the published class mix, and its nearest fractions in a shorter run") {
  const std::map<std::string, std::array<int, 3>> published{{"L498", {1354, 498, 148}},
                                                            {"LG36", {1708, 57, 235}},
                                                            {"LN84", {1062, 132, 806}},
                                                            {"LN83", {1591, 63, 346}},
                                                            {"LO19", {1119, 151, 730}}};
  CHECK(simulated_set_names().size() == published.size());
  for (const auto& [name, mix] : published) {
    CAPTURE(name);
    CHECK(label_counts(Simulator(simulated_set(name), 2000, 1)) == mix);
  }
  CHECK(label_counts(Simulator(simulated_set("LN84"), 100, 5)) == std::array{53, 7, 40});
  CHECK(label_counts(Simulator(simulated_set("LN84"), 1, 5)) == std::array{1, 0, 0});
}

TEST_CASE("simulate: the same seed gives the same frame on any number of threads") {
  const int64_t frames = 4;
  const auto run_all = [&](uint64_t seed, int count) {
    const Simulator run(simulated_set("LN83"), frames, seed);
    std::vector<SimulatedFrame> all(frames);
    set_threads(count);
    parallel_for(frames, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) all[size_t(i)] = run.frame(i);
    });
    set_threads(0);
    return all;
  };
  const auto one = run_all(7, 1), three = run_all(7, 3), other = run_all(8, 1);
  for (size_t i = 0; i < size_t(frames); ++i) {
    CHECK(one[i].pixels == three[i].pixels);
    CHECK(one[i].n_spots == three[i].n_spots);
    CHECK(one[i].photon_energy_eV == three[i].photon_energy_eV);
    CHECK(one[i].pixels != other[i].pixels);
  }
}

TEST_CASE("simulate: a crop is the centre of the whole frame, bit for bit") {
  for (const char* name : {"LN84", "L498"}) {
    const SimulatedSet& set = simulated_set(name);
    const int native = set.detector.native;
    const Simulator small(set, 9, 3), whole(set, 9, 3, native);
    int64_t hit = 0;
    while (small.label(hit) != 2) ++hit;
    const SimulatedFrame crop = small.frame(hit), full = whole.frame(hit);
    CHECK(crop.n_spots == full.n_spots);
    const int offset = (native - 724) / 2;
    int64_t different = 0;
    for (int y = 0; y < 724; ++y)
      for (int x = 0; x < 724; ++x)
        different += crop.pixels[size_t(y) * 724 + x] !=
                     full.pixels[size_t(y + offset) * native + (x + offset)];
    CAPTURE(name);
    CHECK(different == 0);
  }
}

TEST_CASE("simulate: labels agree with spots counted in the noise-free image") {
  for (const std::string& name : simulated_set_names()) {
    const Simulator run(simulated_set(name), 40, 11);
    int frames = 0, counted = 0, listed = 0;
    std::array<int, 3> of_class{};
    for (int64_t i = 0; i < run.frames(); ++i) {
      if (++of_class[size_t(run.label(i))] > 3) continue;
      const SimulatedShot shot = run.shot(i);
      CAPTURE(name);
      CAPTURE(i);
      CHECK(shot.label == run.label(i));
      CHECK((shot.n_spots >= 10 ? 2 : shot.n_spots >= 4 ? 1 : 0) == shot.label);
      const int found = visible_spots(run, shot);
      CHECK(std::abs(found - shot.n_spots) <= 1 + shot.n_spots / 8);
      ++frames, counted += found, listed += shot.n_spots;
    }
    CHECK(frames >= 6);
    CHECK(counted == doctest::Approx(listed).epsilon(0.06));
  }
}

TEST_CASE("simulate: variance over mean of a flat field is the gain") {
  for (const std::string& name : simulated_set_names()) {
    DetectorModel model = simulated_set(name).detector;
    model.flat_error = model.readout = model.zingers_per_mpx = model.common_mode = 0;
    model.shade.transmission = 1;
    const Detector detector(model, 3, 400);
    const double photons = 60;
    const std::vector<float> flat(400 * 400, float(photons));
    const std::vector<int32_t> pixels = detector.expose(flat, 5, 1 << 8);
    std::vector<double> values;
    for (size_t i = 0; i < pixels.size(); ++i)
      if (detector.mask()[i] == 0) values.push_back(pixels[i] - model.pedestal);
    const Moments m = moments(values);
    CAPTURE(name);
    const double rounding = 1.0 / 12;  // a uniform variable's variance, ADU^2
    CHECK((m.variance - rounding) / m.mean == doctest::Approx(model.gain).epsilon(0.03));
    CHECK(m.mean == doctest::Approx(photons * detector.photon_adu()).epsilon(0.003));
  }
  CHECK(simulated_set("LN83").detector.gain == 0.19);
  CHECK(simulated_set("L498").detector.gain == 15.6);
}

TEST_CASE("simulate: pixel values stop at the detector's full scale and at the type's lowest") {
  DetectorModel model = simulated_set("LN84").detector;
  const Detector rayonix(model, 1, 32);
  const std::vector<float> bright(32 * 32, 2e5f), dark(32 * 32, 0.0f);
  const auto top = rayonix.expose(bright, 1, 1 << 8);
  CHECK(*std::max_element(top.begin(), top.end()) == 65535);
  model.pedestal = -5;
  const auto bottom = Detector(model, 1, 32).expose(dark, 1, 1 << 8);
  CHECK(*std::min_element(bottom.begin(), bottom.end()) == 0);
  const auto negative = Detector(simulated_set("L498").detector, 1, 300)
                            .expose(std::vector<float>(300 * 300, 0.0f), 1, 1 << 8);
  CHECK(*std::min_element(negative.begin(), negative.end()) < 0);
}

TEST_CASE("simulate: beam stop, gaps and defects are masked; defects stay where they are") {
  for (const char* name : {"LN84", "L498"}) {
    const Simulator run(simulated_set(name), 3, 2);
    const Detector& detector = run.detector();
    const std::vector<uint8_t> mask = run.mask();
    const std::array frames{run.frame(0), run.frame(1), run.frame(2)};
    const int n = run.size(), margin = (detector.size() - n) / 2;
    CAPTURE(name);
    const int64_t bad = std::count(mask.begin(), mask.end(), 1);
    CHECK(bad > 500);
    CHECK(bad < int64_t(mask.size()) / 4);
    const int beam_x = int(detector.beam_x()) - margin, beam_y = int(detector.beam_y()) - margin;
    CHECK(mask[size_t(beam_y) * n + beam_x] == 1);

    int gaps = 0, hot = 0;
    for (int y = 0; y < n; ++y) {
      for (int x = 0; x < n; ++x) {
        const size_t i = size_t(y) * n + x;
        if (detector.panel()[size_t(y + margin) * detector.size() + (x + margin)] >= 0) continue;
        ++gaps;
        CHECK_UNARY(mask[i] == 1 && frames[0].pixels[i] == 0);
      }
    }
    CHECK((gaps > 0) == (detector.model().panels == Panels::cspad));

    for (const Defect& defect : detector.defects()) {
      const int x = defect.x - margin, y = defect.y - margin;
      if (x < 0 || y < 0 || x >= n || y >= n) continue;
      const size_t i = size_t(y) * n + x;
      CHECK_UNARY(mask[i] == 1);
      if (defect.kind != Defect::Kind::hot) continue;
      ++hot;
      for (const SimulatedFrame& frame : frames) CHECK(frame.pixels[i] > 0.5 * defect.level);
    }
    CHECK(hot > 0);
    CHECK(Simulator(simulated_set(name), 5, 99).mask() == mask);  // the same detector in every run
  }
}

TEST_CASE("simulate: the misses hold weak crystals and salt, the hits many sizes, all finite") {
  const Simulator run(simulated_set("LO19"), 60, 4);
  int with_spots = 0, smallest = 1000, largest = 0;
  for (int64_t i = 0; i < run.frames(); ++i) {
    const SimulatedShot shot = run.shot(i);
    with_spots += shot.label == 0 && shot.n_spots > 0;
    if (shot.label == 2) smallest = std::min(smallest, shot.n_spots);
    largest = std::max(largest, shot.n_spots);
    for (const float photons : run.expected_photons(shot))
      if (!std::isfinite(photons) || photons < 0) FAIL("frame " << i << ": " << photons);
  }
  CHECK(with_spots > 0);
  CHECK(smallest < 25);
  CHECK(largest > 80);
}

TEST_CASE("simulate: refuses what it cannot do") {
  const SimulatedSet& set = simulated_set("LN84");
  CHECK_THROWS_WITH_AS(simulated_set("LN85"),
                       "simulate: no set is called 'LN85'; there are L498, LG36, LN84, LN83, LO19",
                       Error);
  CHECK_THROWS_AS(Simulator(set, 0, 1), Error);
  CHECK_THROWS_AS(Simulator(set, 10, 1, 723), Error);
  CHECK_THROWS_AS(Simulator(set, 10, 1, 1921), Error);
  CHECK_THROWS_AS(Simulator(set, 10, 1).frame(10), Error);
  SimulatedSet blank = set;
  blank.crystal.block_size = 1e9, blank.crystal.mosaicity = 0, blank.bandwidth = 0;
  blank.crystal.cell = {10, 10, 10, 90, 90, 90};
  const Simulator hopeless(blank, 3, 1);
  int64_t hit = 0;
  while (hopeless.label(hit) != 2) ++hit;
  CHECK_THROWS_AS(hopeless.frame(hit), Error);
}
