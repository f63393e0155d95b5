#include "data/simulate_crystal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/check.h"
#include "engine/philox.h"

namespace hitsieve {
namespace {

constexpr double kWidths = 3.5;  // how far from the Ewald sphere reflections are looked for

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vec3 turned(const Rotation& rotation, const Vec3& v) {
  return {dot(rotation[0], v), dot(rotation[1], v), dot(rotation[2], v)};
}

std::array<Vec3, 3> direct_basis(const UnitCell& cell) {
  const double degree = std::numbers::pi / 180;
  const double ca = std::cos(cell.alpha * degree), cb = std::cos(cell.beta * degree);
  const double cg = std::cos(cell.gamma * degree), sg = std::sin(cell.gamma * degree);
  const double cy = (ca - cb * cg) / sg;
  return {Vec3{cell.a, 0, 0}, Vec3{cell.b * cg, cell.b * sg, 0},
          Vec3{cell.c * cb, cell.c * cy, cell.c * std::sqrt(1 - cb * cb - cy * cy)}};
}

/// Mean intensity of proteins against resolution over that of independent atoms: strong below
/// 12 A, where the molecule scatters as a whole, weak around 6.5 A, 1 from 4.5 A on.
double protein_shape(double q) {
  const double molecule = q / 0.06, dip = (q - 0.155) / 0.035;
  return 1 + 1.8 * std::exp(-molecule * molecule) - 0.55 * std::exp(-dip * dip);
}

struct Interval {
  double low, high;
};

/// Where |s + t c| <= radius, as an interval in t; empty (low > high) if nowhere.
Interval inside_sphere(const Vec3& s, const Vec3& c, double radius) {
  const double cc = dot(c, c), sc = dot(s, c), ss = dot(s, s);
  const double discriminant = sc * sc - cc * (ss - radius * radius);
  if (discriminant < 0) return {1, 0};
  const double root = std::sqrt(discriminant);
  return {(-sc - root) / cc, (-sc + root) / cc};
}

}  // namespace

UniqueIndex unique_index(LaueGroup laue, int h, int k, int l) {
  const int ah = std::abs(h), ak = std::abs(k), al = std::abs(l);
  switch (laue) {
    case LaueGroup::mmm:
      return {ah, ak, al, ah == 0 || ak == 0 || al == 0};
    case LaueGroup::four_mmm: {
      const int high = std::max(ah, ak), low = std::min(ah, ak);
      return {high, low, al, al == 0 || low == 0 || high == low};
    }
    case LaueGroup::six_mmm: {
      // The equivalents permute h, k and i = -(h + k) and change signs; the largest is the others'
      // sum.
      std::array<int, 3> hki{ah, ak, std::abs(h + k)};
      std::sort(hki.begin(), hki.end());
      return {hki[1], hki[0], al, al == 0 || hki[0] == 0 || hki[0] == hki[1]};
    }
  }
  throw Error("unique_index: unknown Laue group");
}

Crystal::Crystal(const CrystalModel& model, uint64_t structure_seed)
    : model_(model), seed_(structure_seed) {
  const auto basis = direct_basis(model.cell);
  const double volume = dot(basis[0], cross(basis[1], basis[2]));
  check(volume > 0, "crystal ", model.protein, ": the unit cell has volume ", volume, " A^3");
  for (int i = 0; i < 3; ++i) {
    reciprocal_[i] = cross(basis[(i + 1) % 3], basis[(i + 2) % 3]);
    for (double& component : reciprocal_[i]) component /= volume;
  }
}

Vec3 Crystal::reciprocal_vector(int h, int k, int l) const {
  Vec3 q{};
  for (int i = 0; i < 3; ++i)
    q[i] = h * reciprocal_[0][i] + k * reciprocal_[1][i] + l * reciprocal_[2][i];
  return q;
}

double Crystal::intensity(int h, int k, int l) const {
  if (h == 0 && k == 0 && l == 0) return 0;
  const UniqueIndex u = unique_index(model_.laue, h, k, l);
  const auto& period = model_.screw_period;
  if ((k == 0 && l == 0 && h % period[0] != 0) || (h == 0 && l == 0 && k % period[1] != 0) ||
      (h == 0 && k == 0 && l % period[2] != 0))
    return 0;
  const Philox4 bits = philox(seed_, uint64_t(uint32_t(u.h)) << 32 | uint32_t(u.k), uint32_t(u.l));
  double wilson = -std::log1p(-unit_double(bits.v[0], bits.v[1]));
  if (u.centric) {
    const double angle = 2 * std::numbers::pi * unit_double(bits.v[2], bits.v[3]);
    wilson *= 2 * std::cos(angle) * std::cos(angle);  // Box and Muller: a squared normal
  }
  const Vec3 q = reciprocal_vector(h, k, l);
  const double qq = dot(q, q);
  return wilson * protein_shape(std::sqrt(qq)) * std::exp(-model_.b_factor * qq / 2);
}

double excitation_width(const CrystalModel& model, const Beam& beam, double q) {
  const double block = 0.38 / model.block_size;  // a Gaussian of the shape transform's width
  const double tilt = model.mosaicity * std::numbers::pi / 180 * q;
  const double energy = beam.bandwidth * beam.wavelength * q * q / 2;
  return std::sqrt(block * block + tilt * tilt + energy * energy);
}

namespace {

/// A turned lattice in the beam. `fast` is the index along the longest axis, which is solved for.
struct EwaldSearch {
  const CrystalModel& model;
  const Beam& beam;
  double q_max;
  int fast;
  std::array<Vec3, 3> star;  // reciprocal basis, turned
  std::vector<Reflection> found;

  /// `s_row`: the scattered wave vector where the fast index is 0.
  void consider(const std::array<int, 3>& index, const Vec3& s_row) {
    const double k0 = 1 / beam.wavelength;
    Vec3 s;
    for (int i = 0; i < 3; ++i) s[i] = s_row[i] + index[fast] * star[fast][i];
    const double length = std::sqrt(dot(s, s));
    const double q = std::sqrt(std::max(0.0, dot(s, s) - 2 * k0 * s[2] + k0 * k0));
    const double width = excitation_width(model, beam, q), excitation = length - k0;
    if (q > q_max || std::abs(excitation) > kWidths * width) return;
    const double offset = excitation / width;
    const double in_place = excitation_width(model, beam, 0) / width;  // part of the blocks
    found.push_back({index[0],
                     index[1],
                     index[2],
                     {s[0] / length, s[1] / length, s[2] / length},
                     q,
                     excitation,
                     in_place * std::exp(-offset * offset / 2)});
  }

  /// All fast indices whose wave vector ends within `reach` of the sphere.
  void walk_row(std::array<int, 3> index, double reach) {
    const double k0 = 1 / beam.wavelength;
    Vec3 s{0, 0, k0};
    for (int axis = 0; axis < 3; ++axis)
      if (axis != fast)
        for (int i = 0; i < 3; ++i) s[i] += index[axis] * star[axis][i];
    const Interval outer = inside_sphere(s, star[fast], k0 + reach);
    if (outer.low > outer.high) return;
    const Interval inner = inside_sphere(s, star[fast], k0 - reach);
    const int last = int(std::floor(outer.high));
    int skip_from = last + 1, skip_to = last + 1;
    if (inner.low <= inner.high)
      skip_from = int(std::floor(inner.low)) + 1, skip_to = int(std::ceil(inner.high));
    for (int n = int(std::ceil(outer.low)); n <= last; ++n) {
      if (n >= skip_from && n < skip_to) n = skip_to;
      if (n > last) return;
      index[fast] = n;
      consider(index, s);
    }
  }
};

}  // namespace

std::vector<Reflection> reflections_in_diffraction(const Crystal& crystal, const Rotation& rotation,
                                                   const Beam& beam, double q_max) {
  const CrystalModel& model = crystal.model();
  const std::array<double, 3> edge{model.cell.a, model.cell.b, model.cell.c};
  const int fast = int(std::max_element(edge.begin(), edge.end()) - edge.begin());
  const int first = (fast + 1) % 3, second = (fast + 2) % 3;
  EwaldSearch search{model, beam, q_max, fast, {}, {}};
  for (int i = 0; i < 3; ++i) search.star[i] = turned(rotation, crystal.reciprocal()[i]);
  const double reach = kWidths * excitation_width(model, beam, q_max);
  const int n_first = int(edge[first] * q_max), n_second = int(edge[second] * q_max);
  std::array<int, 3> index{};
  for (index[first] = -n_first; index[first] <= n_first; ++index[first])
    for (index[second] = -n_second; index[second] <= n_second; ++index[second])
      search.walk_row(index, reach);
  return std::move(search.found);
}

Rotation random_rotation(double u1, double u2, double u3) {
  const double turn = 2 * std::numbers::pi;
  const double x = std::sqrt(1 - u1) * std::sin(turn * u2);
  const double y = std::sqrt(1 - u1) * std::cos(turn * u2);
  const double z = std::sqrt(u1) * std::sin(turn * u3);
  const double w = std::sqrt(u1) * std::cos(turn * u3);
  return {Vec3{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
          Vec3{2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
          Vec3{2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
}

}  // namespace hitsieve
