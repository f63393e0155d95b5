// What files of frames say of each shot beside its image (photon energy, encoder values, pulse
// identifiers, labels), carried along with frames that are copied.
#pragma once
#include <string>
#include <vector>

#include "data/frame_set.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

/// Copies, for the frames of the set in its order, every dataset of their files whose first
/// dimension is the file's number of frames: (N) and (N, m), numbers, text and compounds, under the
/// same name. Left out are images, and /entry_1/result_1, which is the result of another search.
/// Returns what was left out and why: what is not in all the files, or not alike in them.
std::vector<std::string> copy_per_shot(const FrameSet& frames, Hdf5File& out);

}  // namespace hitsieve
