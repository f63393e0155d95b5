// What is known of the frames of a CXI file, in /entry_1/result_1: peaks as CrystFEL reads them,
// and where each frame comes from.
#pragma once
#include <vector>

#include "data/frame_set.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

struct CxiPeak {
  double fs, ss, intensity;
};

/// nPeaks (M), peakXPosRaw, peakYPosRaw, peakTotalIntensity (M, most): X = fs, Y = ss, 0-based
/// pixel centres.
void write_cxi_peaks(Hdf5File& file, const std::vector<std::vector<CxiPeak>>& peaks);

/// source_file, source_frame (M), and where all files tell it /LCLS/photon_energy_eV.
void write_cxi_sources(Hdf5File& file, const FrameSet& frames);

}  // namespace hitsieve
