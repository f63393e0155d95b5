// The frames of one file behind one interface, whatever the layout:
//   CXI            /entry_1/data_1/data or /entry_1/instrument_1/detector_1/data, (N, ss, fs);
//                  masks at both places, (ss, fs) or (N, ss, fs), 0 = good
//   CXIDB 76       /metadata/idh5_version = idh5_v1.0, /data/KEY/images, the KEYs in name order
//   DECTRIS, NXmx  /entry/data/data_000001 ..., or /entry/data/data, (N, ss, fs) or (N, 1, ss, fs);
//                  pixel_mask of the detector, 0 = good
//   by geometry    what a CrystFEL .geom says, modular or not, assembled (data/geometry.h)
//   any HDF5       a dataset named by the caller, (N, ss, fs), or (ss, fs) for a single frame
//
// Pixel types. In memory a frame is u16, i16, i32 or f32. u8 and i8 are widened. u32, u64 and i64
// become i32: 2^n-1 becomes 2^31-1, any other value above 2^31-3 becomes 2^31-2, and below -2^31+1
// becomes -2^31, all three outside the trusted range. f64 is rounded to f32. Others are refused.
//
// Trusted range: from MIN_TRUSTED_VALUE to below SATURATED_VALUE where the file has them, else all
// values, except that the two highest of an unsigned type (2^n-2 saturated, 2^n-1 masked: the
// DECTRIS rule) and NaN and infinities never count, nor do floats that int32 does not hold,
// unless SourceOptions::trusted says so: no detector counts that far, and one pixel of 1e15 makes
// float32 lose all others of its frame.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/frame.h"
#include "data/geometry.h"
#include "data/image_dataset.h"
#include "data/mask.h"

namespace hitsieve {

struct SourceOptions {
  std::string dataset{};                       ///< where the frames are; empty: found by layout
  std::shared_ptr<const Geometry> geometry{};  ///< says where they are, and assembles them
  bool use_mask = true;                   ///< the file's own mask, and the geometry's; gaps stay
  std::optional<TrustedRange> trusted{};  ///< in place of the file's, in memory values
};

/// What can be said about a source without reading a frame.
struct SourceInfo {
  std::string path;     ///< as it was given
  std::string dataset;  ///< e.g. "/entry_1/data_1/data", or "/data/KEY/images" of the first KEY
  std::string layout;   ///< "CXI", "CXIDB 76", "NXmx", "HDF5", "HDF5 by a.geom"
  int64_t frames = 0;
  std::vector<std::string> linked;  ///< further files that frames and masks lie in, by name
  std::vector<std::string> events;  ///< (frames) "tag_1//", where not "//17"; else empty
  FrameShape shape;
  bool assembled = false;                ///< by a geometry: no frame lies in the file as it is
  std::string stored_type;               ///< "uint32", "float64", ...
  DType type = DType::u16;               ///< in memory
  TrustedRange trusted{0, 0};            ///< in memory values
  std::string storage;                   ///< "contiguous", "chunk 1 x 724 x 724, shuffle, deflate"
  std::string mask;                      ///< where it is, its polarity and fraction; "none"
  std::vector<double> photon_energy_ev;  ///< (frames), or empty
  std::vector<std::string> notes;        ///< rules applied that a user should know, once each
};

/// A frame as it lies in the file: fetched under the HDF5 lock, decoded without it.
struct EncodedFrame {
  int64_t frame = -1;
  size_t part = 0;  ///< which of the file's datasets
  Region region;
  std::vector<EncodedImage> data, masks;  ///< masks: of this frame alone, where the file has such
  Bytes pixels, raw, scratch;             ///< reused by decode
};

class FrameSource {
 public:
  /// Error: no such file, not HDF5, truncated, no image dataset (lists those there are), wrong rank
  /// or type, no frames, a filter nobody here can decode, a link or virtual source that is missing,
  /// a mask of another shape or with over half of the pixels masked.
  static std::unique_ptr<FrameSource> open(const std::string& path, SourceOptions options = {});
  ~FrameSource();

  const SourceInfo& info() const;
  /// For all frames: in-file mask, active areas; null when there is none.
  const std::shared_ptr<const Mask>& mask() const;
  /// Adds a mask given by the user, of the frames' shape.
  void add_mask(const Mask& mask, const std::string& name);

  /// Both may be called from several threads at once, each with its own EncodedFrame and Frame,
  /// whose memory is reused. Errors name file, dataset and frame.
  void fetch(int64_t frame, const Region& region, EncodedFrame& encoded) const;
  void decode(EncodedFrame& encoded, Frame& frame) const;

  /// fetch and decode.
  Frame read(int64_t frame, const Region& region) const;
  Frame read(int64_t frame) const { return read(frame, whole(info().shape)); }

 private:
  struct Layout;
  void decode_own_bad(EncodedFrame& encoded, Frame& frame) const;
  explicit FrameSource(std::unique_ptr<Layout> layout);
  std::unique_ptr<Layout> layout_;
};

/// CrystFEL's name of frame i of a file: "//17".
std::string event_name(int64_t frame);

}  // namespace hitsieve
