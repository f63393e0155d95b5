// The hits of a screening, and the misses that it keeps, as a CXI file of their own, or their
// peaks.
#pragma once
#include <string>

#include "apps/screening.h"

namespace hitsieve {

/// data/cxi_copy.h tells the layout; the peaks are those of the conventional finder on the whole
/// frame, within its masks. /entry_1/result_1 also has hitsieve_score (M) and hitsieve_hit (M), 0
/// for a kept miss. Reads the kept frames, and no other. Without a frame to keep nothing is
/// written, and a warning says so. Error: frames of different shapes or types. Throws Interrupted.
void write_kept_frames(const std::string& path, const Screening& screening, bool overwrite);

/// The same without the frames: /entry_1/result_1 alone, for which frames of other shapes and types
/// may go into one file.
void write_kept_peaks(const std::string& path, const Screening& screening, bool overwrite);

}  // namespace hitsieve
