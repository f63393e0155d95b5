// The crystal of a simulated shot: lattice, structure factors, and which reflections the Ewald
// sphere meets in a still with a finite bandwidth. Lengths in angstrom, reciprocal lengths in 1/A
// (q = 1/d), angles in degrees where named so. The beam runs along +z, detector x is +x, y is +y.
//
// Intensities: one draw per symmetry-unique reflection from Wilson's distributions (acentric: I
// exponential, <I^2>/<I>^2 = 2; centric: I a squared normal, <I^2>/<I>^2 = 3), of mean 1, times
// exp(-B q^2 / 2), times the usual shape of a protein's mean intensity at low resolution. The same
// protein has the same structure factors in every run. Not imitated: real phases and structure,
// Friedel differences, twinning, anisotropic fall-off, diffuse scattering.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hitsieve {

using Vec3 = std::array<double, 3>;
using Rotation = std::array<Vec3, 3>;  // rows

struct UnitCell {
  double a, b, c, alpha, beta, gamma;  // A, degrees
};

/// The Laue groups in use; each stands for its rotation group 222, 422, 622 (see `unique_index`).
enum class LaueGroup : uint8_t { mmm, four_mmm, six_mmm };

struct CrystalModel {
  std::string protein;
  UnitCell cell{};
  LaueGroup laue = LaueGroup::mmm;
  std::array<int, 3> screw_period{2, 2, 2};  // h00, 0k0, 00l are present where divisible by these
  double b_factor = 40;                      // A^2
  double block_size = 1500;                  // A, edge of a coherent mosaic block
  double mosaicity = 0.06;                   // degrees, standard deviation of the blocks' tilt
};

/// A reflection's representative under the Laue group, and whether its phase is restricted.
struct UniqueIndex {
  int h, k, l;
  bool centric;
};
UniqueIndex unique_index(LaueGroup laue, int h, int k, int l);

class Crystal {
 public:
  /// `structure_seed` stands for the protein's structure.
  Crystal(const CrystalModel& model, uint64_t structure_seed);

  const CrystalModel& model() const { return model_; }
  /// Reciprocal basis vectors a*, b*, c* of the unrotated crystal (a along x, b in the xy plane).
  const std::array<Vec3, 3>& reciprocal() const { return reciprocal_; }
  /// h a* + k b* + l c*, unrotated.
  Vec3 reciprocal_vector(int h, int k, int l) const;
  /// Squared structure factor as described above; 0 where a screw axis extinguishes it.
  double intensity(int h, int k, int l) const;

 private:
  CrystalModel model_;
  uint64_t seed_;
  std::array<Vec3, 3> reciprocal_{};
};

struct Beam {
  double wavelength = 1.3;   // A
  double bandwidth = 0.001;  // standard deviation of the wavelength, relative
};

struct Reflection {
  int h, k, l;
  Vec3 direction;     // unit vector of the diffracted ray
  double q;           // 1/d
  double excitation;  // |s0 + q| - 1/wavelength: signed distance from the Ewald sphere
  double partiality;  // the part in diffraction now: at most 1, Gaussian in the excitation
};

/// Standard deviation of the excitation within which a reflection at `q` diffracts: block size,
/// mosaic tilt and bandwidth added in quadrature.
double excitation_width(const CrystalModel& model, const Beam& beam, double q);

/// The reflections up to `q_max` within 3.5 excitation widths of the Ewald sphere, for a crystal
/// turned by `rotation`, in a fixed order. Solves for the index along the longest axis, so the work
/// grows with the area of the sphere and not with the volume of reciprocal space.
std::vector<Reflection> reflections_in_diffraction(const Crystal& crystal, const Rotation& rotation,
                                                   const Beam& beam, double q_max);

/// The rotation of a unit quaternion built from three uniform numbers in [0, 1): uniform over all
/// orientations (Shoemake, Graphics Gems III, 1992).
Rotation random_rotation(double u1, double u2, double u3);

}  // namespace hitsieve
