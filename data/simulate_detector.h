// The detector of a simulated shot: geometry, panels, shadows, defects, and how photons become
// pixel values. Positions are in pixels of the native frame, x fast (fs), y slow (ss), 0-based
// pixel centres. Distances in mm.
//
// Rayonix-like: 1920 x 1920 uint16, light spread over neighbours after the photon noise, so noise
// is correlated and variance/mean ("gain" as spot finders estimate it) is below the ADU of a
// photon; pedestal, 4 x 4 modules with slightly different response. CSPAD-like: 64 ASICs of 194 x
// 185 in a pinwheel of 1765 x 1765 int16, dark-subtracted (values may be negative), common-mode
// offsets per ASIC and shot, dead columns. Values saturate at the detector's full scale. Both: hot,
// dead and flickering pixels at fixed places, zingers anywhere, beam stop, shadows of sample
// holders. Not imitated: tilted panels, wide pixels at ASIC edges, non-linear gain, afterglow,
// parallax.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/dtype.h"

namespace hitsieve {

enum class Panels : uint8_t { rayonix, cspad };

/// Half-plane (x - edge) cos + (y - edge) sin > 0 in mm from the beam, dimmed by the holder.
struct Shade {
  double angle_deg = 0, offset_mm = 0, softness_mm = 0.3, transmission = 1;
};
/// A nozzle or pin that points to the beam; masked, as its edges look like spots.
struct Needle {
  double angle_deg = 0, tip_mm = 40, length_mm = 28, width_mm = 5, transmission = 0.6;
};

struct DetectorModel {
  std::string name;
  Panels panels = Panels::rayonix;
  DType type = DType::u16;
  int native = 1920;  // pixels a side
  double pixel_mm = 0.17708, distance_mm = 200;
  double beam_dx = 0, beam_dy = 0;  // beam from the frame's centre, pixels
  double gain = 1;                  // variance / mean of a flat field, ADU
  double spread = 0;                // light in a direct neighbour / in the pixel itself, per axis
  double readout = 2;               // ADU, standard deviation
  double pedestal = 0;              // ADU
  double full_scale = 65535;        // ADU
  double flat_error = 0.01;         // relative, standard deviation, fixed per pixel
  double hot_per_mpx = 8, dead_per_mpx = 40, flicker_per_mpx = 8;
  double zingers_per_mpx = 0.7;
  double common_mode = 0;  // ADU, standard deviation per ASIC and shot
  int dead_columns = 0;    // over the whole detector
  double beam_stop_mm = 6;
  Shade shade;
  std::vector<Needle> needles;
};

/// Where and how a defective pixel misbehaves.
struct Defect {
  int x, y;  // in the window
  enum class Kind : uint8_t { hot, dead, flicker } kind;
  double level;  // ADU
};

/// The central `size` x `size` window of a detector. Immutable after construction.
class Detector {
 public:
  /// `seed` fixes the defects and the flat field: the same detector in every run.
  Detector(const DetectorModel& model, uint64_t seed, int size);

  const DetectorModel& model() const { return model_; }
  int size() const { return size_; }
  int offset() const { return offset_; }  // native coordinate of the window's first pixel
  double beam_x() const { return beam_x_; }
  double beam_y() const { return beam_y_; }
  double corner_radius() const;  // pixels from the beam to the farthest corner
  double photon_adu() const { return photon_adu_; }
  /// Standard deviation of a pixel in photons where `photons` are expected around it.
  double noise_photons(double photons) const;
  /// What the light spread leaves of a flat field's Poisson variance.
  double variance_kept() const;

  const std::vector<uint8_t>& mask() const { return mask_; }        // 0 good, 1 bad
  const std::vector<float>& response() const { return response_; }  // 0 where there is no sensor
  const std::vector<int16_t>& panel() const { return panel_; }      // -1 in gaps
  const std::vector<Defect>& defects() const { return defects_; }

  /// Pixel values of one shot: Poisson noise of the expected photons (of the window), light spread,
  /// gain, readout, pedestal, defects and zingers. `stream` names the shot; its low 8 bits are 0.
  std::vector<int32_t> expose(const std::vector<float>& photons, uint64_t seed,
                              uint64_t stream) const;

 private:
  void lay_panels();
  void cast_shadows();
  void place_defects(uint64_t seed);
  void add_flat_error(uint64_t seed);
  std::vector<float> count_photons(const std::vector<float>& photons, uint64_t seed,
                                   uint64_t stream) const;
  void spread_light(std::vector<float>& counts) const;
  void add_zingers(std::vector<float>& adu, uint64_t seed, uint64_t stream) const;
  void show_defects(std::vector<int32_t>& pixels, uint64_t seed, uint64_t stream) const;

  DetectorModel model_;
  int size_, offset_;
  double beam_x_, beam_y_, photon_adu_;
  std::vector<uint8_t> mask_;
  std::vector<float> response_;
  std::vector<int16_t> panel_;
  std::vector<Defect> defects_;
};

}  // namespace hitsieve
