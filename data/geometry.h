// A detector's geometry as CrystFEL writes it (.geom): where the pixels of each panel are in the
// HDF5 file, and where they lie around the beam.
//   data = /path            dim0 = %, dim1 = 3, dim2 = ss, dim3 = fs: % first, the rest in any
//   order; % in the path is a group a frame
//   maskN_data, maskN_file, maskN_goodbits, maskN_badbits (N 0 to 7; mask, mask_file,
//   mask_good and mask_bad are mask 0), no_index, max_adu, flag_equal, flag_lessthan, flag_morethan
//   PANEL/min_fs, max_fs, min_ss, max_ss (inclusive), corner_x, corner_y, fs, ss, res
//   badNAME/min_fs ... max_ss and panel, or badNAME/min_x ... max_y
// A value without a panel holds for the panels first named below it. What is of no use here (camera
// length, photon energy, ADU per photon, groups, ...) is passed over; a key that nobody knows
// becomes a note.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace hitsieve {

/// A pixel is good when it has all of the good bits and none of the bad bits.
struct GeometryMask {
  std::string data, file;  ///< file: empty is the frames' own
  uint32_t good_bits = 0, bad_bits = 0;
  bool operator==(const GeometryMask&) const = default;
};

/// Values that take no part.
struct GeometryFlags {
  double above = std::numeric_limits<double>::infinity();   ///< max_adu, flag_morethan
  double below = -std::numeric_limits<double>::infinity();  ///< flag_lessthan
  std::vector<double> equal;
  bool operator==(const GeometryFlags&) const = default;
};

/// A direction in pixels, in the laboratory's x and y.
struct GeometryVector {
  double x = std::numeric_limits<double>::quiet_NaN(), y = x;
};

struct GeometryPanel {
  /// In `dims`, beside fixed indices.
  static constexpr int64_t frame = -1, slow_scan = -2, fast_scan = -3, not_given = -4;

  std::string name, data = "/data/data";
  std::vector<int64_t> dims{slow_scan, fast_scan};
  std::map<int, GeometryMask> masks;
  GeometryFlags flags;
  bool no_index = false;
  int64_t mask_edge_pixels = 0;
  int64_t min_fs = -1, max_fs = -1, min_ss = -1, max_ss = -1;  ///< inclusive, in the dataset
  GeometryVector corner, fs, ss;                               ///< pixels from the beam
  double res = 0;                                              ///< pixels a metre

  size_t axis(int64_t what) const {  ///< the number of the axis that is `what`
    return size_t(std::find(dims.begin(), dims.end(), what) - dims.begin());
  }
  bool has_frames() const { return dims[0] == frame; }  ///< an axis of frames, the first
};

struct BadRegion {
  std::string name, panel;  ///< panel: of one in fs and ss
  bool in_panel = false;    ///< fs and ss, both ends included; else x and y, ends excluded
  double min_1 = -std::numeric_limits<double>::infinity(), max_1 = -min_1;  ///< fs or x
  double min_2 = min_1, max_2 = max_1;                                      ///< ss or y
};

struct Geometry {
  std::string path;
  std::vector<GeometryPanel> panels;  ///< at least one, complete, the same number of pixels a metre
  std::vector<BadRegion> bad;
  std::vector<std::string> notes;  ///< what a user should know
};

/// Error: no such file, and those of parse_geometry.
Geometry read_geometry(const std::string& path);

/// Error, naming `path` and the line: no `key = value`, a value that is no number, vector or axis;
/// naming the panel: something that is missing, no rectangle, axes without ss or fs or with frames
/// that are not the first, pixels of another size than those of the first panel.
Geometry parse_geometry(const std::string& content, const std::string& path);

}  // namespace hitsieve
