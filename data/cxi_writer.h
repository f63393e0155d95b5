// Writes a run of frames as CXI, frame by frame, under its final name only when complete.
//   /cxi_version                    140
//   /entry_1/data_1/data            (N, ss, fs), one frame a chunk
//   /entry_1/data_1/mask            (ss, fs) uint16, 0 = good
//   /entry_1/labels                 (N) uint8: 0 miss, 1 maybe, 2 hit
//   /entry_1/n_spots                (N) int32
//   /entry_1/experiment_identifier  (N) strings
//   /LCLS/photon_energy_eV, /LCLS/detector_1/EncoderValue (mm)   (N) float64
// CrystFEL and psocake read it. The same calls write the same bytes.
#pragma once
#include <memory>
#include <string>

#include "data/frame.h"
#include "data/labels.h"

namespace hitsieve {

struct CxiOptions {
  FrameShape shape{};
  DType type = DType::u16;  ///< u16, i16, i32 or f32
  int deflate = 1;          ///< 0: not compressed; 1 to 9: shuffle and deflate
  Mask mask{};              ///< empty: none is written
  bool overwrite = false;
};

struct CxiFrameInfo {
  Label label = Label::miss;
  int32_t n_spots = 0;
  double photon_energy_ev = 0;
  double encoder_mm = 0;
  std::string identifier;
};

class CxiWriter {
 public:
  /// OutputError: exists, folder missing, not writable.
  CxiWriter(const std::string& path, CxiOptions options);
  ~CxiWriter();  ///< without finish() nothing is left behind

  /// Appends a frame; `pixels` has shape.pixels() values. Error when one does not fit the type,
  /// OutputError when the disk is full. To compress on several threads: encode(), then append().
  void append(const int32_t* pixels, const CxiFrameInfo& info);
  void append(const float* pixels, const CxiFrameInfo& info);

  /// A frame converted and compressed, ready for append; from several threads.
  Bytes encode(const int32_t* pixels) const;
  Bytes encode(const float* pixels) const;
  void append(const Bytes& encoded, const CxiFrameInfo& info);

  /// Writes the rest, closes, and gives the file its name. Error when no frame was appended.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hitsieve
