// Bad-pixel masks: where they come from and how they are joined. Two polarities are in use in the
// field, so the polarity is always stated: 0 = good in CXI, NXmx, EuXFEL and SACLA; 1 = good in
// psana, OM, SwissFEL and DIALS.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hitsieve {

class Hdf5File;

/// bad[ss * row + fs] nonzero: the pixel takes no part anywhere.
struct Mask {
  int64_t ss = 0, fs = 0;
  std::vector<uint8_t> bad;

  int64_t masked() const;
  double fraction() const { return bad.empty() ? 0 : double(masked()) / double(bad.size()); }
};

enum class MaskPolarity : uint8_t { zero_good, one_good };
const char* name_of(MaskPolarity polarity);            ///< "0 = good", "1 = good"
MaskPolarity parse_polarity(const std::string& text);  ///< "zero-good", "one-good"; else Error

/// A mask from an HDF5 dataset of any integer type: (ss, fs), or (1, ss, fs).
/// zero_good: every nonzero pixel is bad. one_good: every zero pixel is bad.
Mask read_mask(const Hdf5File& file, const std::string& dataset, MaskPolarity polarity);

/// A mask given on the command line: `FILE:/dataset`, `FILE.h5` with one 2-D integer dataset, or a
/// DIALS / CXIDB 76 `*.pickle` (always 1 = good; `polarity` must not contradict it).
Mask load_mask(const std::string& source, MaskPolarity polarity);

/// The Python-2 pickle of CXIDB 76: a flat boolean grid. Only the handful of instructions that such
/// a file consists of is understood, nothing is ever executed, anything else is an Error.
Mask parse_mask_pickle(const std::string& content, const std::string& path);

/// Writes (ss, fs) uint8, 0 = good, at /mask, which load_mask reads without a dataset name.
void write_mask(const std::string& path, const Mask& mask, const std::string& how, bool overwrite);

/// Bad where either is bad. An empty mask (0 x 0) is no mask. Error on different shapes.
Mask join(const Mask& a, const Mask& b);

Mask cut(const Mask& mask, int64_t ss0, int64_t fs0, int64_t ss, int64_t fs);

/// Error when over half of the pixels are masked: names `source` and the polarity assumed.
void check_fraction(const Mask& mask, const std::string& source, MaskPolarity polarity);

}  // namespace hitsieve
