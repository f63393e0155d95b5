#include <array>
#include <cmath>
#include <set>

#include <doctest/doctest.h>

#include "data/simulate_crystal.h"
#include "data/simulate_noise.h"
#include "data/simulate_shot.h"
#include "engine/philox.h"

using namespace hitsieve;

namespace {

CrystalModel orthorhombic(double a, double b, double c) {
  CrystalModel model;
  model.cell = {a, b, c, 90, 90, 90};
  model.b_factor = 0;
  return model;
}

double length(const Vec3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

}  // namespace

TEST_CASE("crystal: spacings of the lattice") {
  CrystalModel hexagonal;
  hexagonal.cell = {92.9, 92.9, 130.1, 90, 90, 120};
  hexagonal.laue = LaueGroup::six_mmm;
  const Crystal crystal(hexagonal, 1);
  // 1/d^2 = 4/3 (h^2 + hk + k^2) / a^2 + l^2 / c^2
  const double expected = 4.0 / 3 * (16 + 8 + 4) / (92.9 * 92.9) + 49 / (130.1 * 130.1);
  CHECK(length(crystal.reciprocal_vector(4, 2, 7)) ==
        doctest::Approx(std::sqrt(expected)).epsilon(1e-12));
  CrystalModel monoclinic = orthorhombic(50, 60, 70);
  monoclinic.cell.beta = 105;
  const double sine = std::sin(105 * 3.14159265358979 / 180);
  CHECK(1 / length(Crystal(monoclinic, 1).reciprocal_vector(1, 0, 0)) ==
        doctest::Approx(50 * sine));
}

TEST_CASE("crystal: a reflection in Bragg position leaves at 2 theta and lands where it should") {
  // (10 0 0) of a 100 A cell: d = 10 A. At 1.3 A, sin(theta) = 0.065, 2 theta = 7.45370 degrees.
  const double theta = std::asin(0.065);
  const Crystal crystal(orthorhombic(100, 70, 80), 1);
  // Turns a* to (0, cos theta, -sin theta), which bisects the beam and the ray at 2 theta up.
  const double c = std::cos(theta), s = std::sin(theta);
  const Rotation rotation{Vec3{0, 0, 1}, Vec3{c, s, 0}, Vec3{-s, c, 0}};
  const auto found = reflections_in_diffraction(crystal, rotation, {1.3, 0.001}, 0.2);
  const Reflection* bragg = nullptr;
  for (const Reflection& r : found)
    if (r.h == 10 && r.k == 0 && r.l == 0) bragg = &r;
  REQUIRE(bragg != nullptr);
  CHECK(bragg->q == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(std::abs(bragg->excitation) < 1e-12);
  CHECK(bragg->direction[0] == doctest::Approx(0));
  CHECK(std::atan2(bragg->direction[1], bragg->direction[2]) * 180 / 3.14159265358979 ==
        doctest::Approx(7.45370).epsilon(1e-6));
  // On a detector at 200 mm with 0.17708 mm pixels: 200 tan(7.4537 deg) / 0.17708 pixels up.
  CHECK(200 / 0.17708 * bragg->direction[1] / bragg->direction[2] ==
        doctest::Approx(147.764).epsilon(1e-5));
}

TEST_CASE("crystal: the fast search finds what trying every index finds") {
  const CrystalModel model = orthorhombic(31, 47, 40);
  const Crystal crystal(model, 1);
  const Beam beam{1.4, 0.002};
  const double q_max = 0.4;
  Random random(9);
  for (int turn = 0; turn < 5; ++turn) {
    const double u1 = random.uniform(), u2 = random.uniform(), u3 = random.uniform();
    const Rotation rotation = random_rotation(u1, u2, u3);
    std::set<std::array<int, 3>> expected, found;
    for (int h = -25; h <= 25; ++h) {
      for (int k = -25; k <= 25; ++k) {
        for (int l = -25; l <= 25; ++l) {
          const Vec3 g = crystal.reciprocal_vector(h, k, l);
          Vec3 s{0, 0, 1 / beam.wavelength};
          for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j) s[i] += rotation[i][j] * g[j];
          const double excitation = std::abs(length(s) - 1 / beam.wavelength);
          if (length(g) <= q_max && excitation <= 3.5 * excitation_width(model, beam, length(g)))
            expected.insert({h, k, l});
        }
      }
    }
    for (const Reflection& r : reflections_in_diffraction(crystal, rotation, beam, q_max))
      CHECK(found.insert({r.h, r.k, r.l}).second);
    CHECK(found == expected);
    CHECK(expected.size() > 20);
  }
}

TEST_CASE("crystal: random rotations are rotations, and leave no direction out") {
  Random random(3);
  Vec3 mean{}, square{};
  const int draws = 20000;
  for (int n = 0; n < draws; ++n) {
    const double u1 = random.uniform(), u2 = random.uniform(), u3 = random.uniform();
    const Rotation r = random_rotation(u1, u2, u3);
    CHECK_UNARY(std::abs(length(r[0]) - 1) < 1e-12);
    CHECK_UNARY(std::abs(r[0][0] * r[1][0] + r[0][1] * r[1][1] + r[0][2] * r[1][2]) < 1e-12);
    for (int i = 0; i < 3; ++i) mean[i] += r[i][2] / draws, square[i] += r[i][2] * r[i][2] / draws;
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(std::abs(mean[i]) < 0.02);
    CHECK(square[i] == doctest::Approx(1.0 / 3).epsilon(0.03));
  }
}

TEST_CASE("crystal: Wilson statistics, equivalents and screw axes") {
  const Crystal crystal(orthorhombic(400, 400, 400), 5);
  double sum = 0, squares = 0, centric_sum = 0, centric_squares = 0;
  int n = 0, centric = 0;
  for (int h = 0; h < 200; ++h) {
    for (int k = 0; k < 200; ++k) {
      for (int l = 0; l < 200; ++l) {
        const double q = length(crystal.reciprocal_vector(h, k, l));
        if (q < 0.35 || q > 0.36) continue;  // a shell without fall-off
        const double intensity = crystal.intensity(h, k, l);
        if (unique_index(LaueGroup::mmm, h, k, l).centric) {
          if (h + k == 0 || h + l == 0 || k + l == 0) continue;  // on a screw axis
          centric_sum += intensity, centric_squares += intensity * intensity, ++centric;
        } else {
          sum += intensity, squares += intensity * intensity, ++n;
        }
      }
    }
  }
  REQUIRE(n > 50000);
  REQUIRE(centric > 800);
  CHECK(sum / n == doctest::Approx(1).epsilon(0.02));
  CHECK(squares / n / std::pow(sum / n, 2) == doctest::Approx(2).epsilon(0.03));
  CHECK(centric_squares / centric / std::pow(centric_sum / centric, 2) ==
        doctest::Approx(3).epsilon(0.15));

  CHECK(crystal.intensity(3, 0, 0) == 0);
  CHECK(crystal.intensity(4, 0, 0) > 0);
  CHECK(crystal.intensity(-7, 5, -3) == crystal.intensity(7, 5, 3));
  CHECK(crystal.intensity(7, 5, 3) != crystal.intensity(5, 7, 3));
  CHECK(Crystal(orthorhombic(400, 400, 400), 6).intensity(7, 5, 3) != crystal.intensity(7, 5, 3));

  CrystalModel tetragonal = orthorhombic(90, 90, 120), hexagonal = orthorhombic(90, 90, 120);
  tetragonal.laue = LaueGroup::four_mmm;
  hexagonal.laue = LaueGroup::six_mmm, hexagonal.cell.gamma = 120;
  hexagonal.screw_period = {1, 1, 6};
  const Crystal four(tetragonal, 5), six(hexagonal, 5);
  CHECK(four.intensity(5, 7, 3) == doctest::Approx(four.intensity(-7, 5, -3)));
  const double reference = six.intensity(4, 1, 3);
  CHECK(six.intensity(-5, 4, 3) == doctest::Approx(reference));  // h k i turned by 120 degrees
  CHECK(six.intensity(1, 4, -3) == doctest::Approx(reference));
  CHECK(six.intensity(-1, 5, 3) == doctest::Approx(reference));  // turned by 60 degrees
  CHECK(std::abs(six.intensity(4, 2, 3) - reference) > 1e-6);
  CHECK(six.intensity(0, 0, 8) == 0);
  CHECK(six.intensity(0, 0, 12) > 0);
}

TEST_CASE("crystal: the B factor weakens reflections as exp(-B q^2 / 2)") {
  CrystalModel model = orthorhombic(60, 70, 80);
  const Crystal sharp(model, 2);
  model.b_factor = 30;
  const Crystal blurred(model, 2);
  const double q = length(sharp.reciprocal_vector(9, 12, 15));
  CHECK(blurred.intensity(9, 12, 15) / sharp.intensity(9, 12, 15) ==
        doctest::Approx(std::exp(-30 * q * q / 2)));
}

TEST_CASE("spots: their images keep all photons and stretch along the radius with the bandwidth") {
  CrystalModel crystal = orthorhombic(60, 70, 80);
  crystal.mosaicity = 0;
  DetectorModel detector;
  const Footprint f = spot_footprint(crystal, detector, {1.3, 0.002}, 300, 0);
  CHECK(f.xx > f.yy);
  CHECK(std::abs(f.xy) < 1e-12);
  const Footprint g = spot_footprint(crystal, detector, {1.3, 0.002}, 0, 300);
  CHECK(g.yy == doctest::Approx(f.xx));
  crystal.mosaicity = 0.5;
  const Footprint tilted = spot_footprint(crystal, detector, {1.3, 0.002}, 300, 0);
  CHECK(tilted.yy > f.yy);
  CHECK(tilted.xx == doctest::Approx(f.xx));

  const SpotImage image = spot_image({1.1, 0.4, 0.7}, 100.3, 50.8);
  double total = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (int row = 0; row < image.width; ++row) {
    for (int column = 0; column < image.width; ++column) {
      const double w = image.weight[size_t(row) * image.width + column];
      const double dx = image.x0 + column - 100.3, dy = image.y0 + row - 50.8;
      total += w, x += w * dx, y += w * dy, xx += w * dx * dx, xy += w * dx * dy;
    }
  }
  CHECK(total == doctest::Approx(1).epsilon(1e-6));
  CHECK(std::abs(x) < 0.01);
  CHECK(std::abs(y) < 0.01);
  CHECK(xx == doctest::Approx(1.1 + 1.0 / 12).epsilon(0.02));
  CHECK(xy == doctest::Approx(0.4).epsilon(0.04));
}

TEST_CASE("noise: Poisson variates have the distribution of their mean") {
  for (const double mean : {0.05, 0.8, 5.0, 11.9, 12.0, 35.0, 400.0}) {
    double sum = 0, square = 0, cube = 0;
    std::array<int, 2> at_most{};  // at the mean, and one deviation below it
    const int draws = 400000;
    for (int i = 0; i < draws; i += 4) {
      const Philox4 bits = philox(17, uint64_t(i), uint64_t(mean * 100));
      for (const uint32_t word : bits.v) {
        const double k = poisson_variate(float(mean), word), d = k - mean;
        sum += d, square += d * d, cube += d * d * d;
        at_most[0] += k <= mean, at_most[1] += k <= mean - std::sqrt(mean);
      }
    }
    CAPTURE(mean);
    const double sigma = std::sqrt(mean);
    CHECK(std::abs(sum / draws) < 5 * sigma / std::sqrt(draws) + 0.002 * sigma);
    CHECK(square / draws == doctest::Approx(mean).epsilon(0.015));
    CHECK(cube / draws / (sigma * sigma * sigma) == doctest::Approx(1 / sigma).epsilon(0.1));
    std::array<double, 2> expected{};
    double p = std::exp(-mean);
    for (int k = 0; k <= mean; p *= mean / ++k)
      expected[0] += p, expected[1] += k <= mean - sigma ? p : 0;
    for (int i = 0; i < 2; ++i) CHECK(std::abs(double(at_most[i]) / draws - expected[i]) < 0.004);
  }
  CHECK(poisson_variate(0, 0xFFFFFFFF) == 0);
}

TEST_CASE("noise: normal quantiles") {
  for (const double z : {-6.0, -2.5, -1.0, 0.0, 0.3, 1.9, 5.0})
    CHECK(normal_quantile(std::erfc(-z / std::sqrt(2.0)) / 2) == doctest::Approx(z).epsilon(1e-7));
  double sum = 0, square = 0;
  for (int i = 0; i < 65536; ++i) {
    const double z = coarse_normal(uint16_t(i));
    sum += z, square += z * z;
  }
  CHECK(std::abs(sum / 65536) < 1e-6);
  CHECK(square / 65536 == doctest::Approx(1).epsilon(1e-3));
}
