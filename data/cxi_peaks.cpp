#include "data/cxi_peaks.h"

#include <algorithm>
#include <string>

namespace hitsieve {

void write_cxi_peaks(Hdf5File& file, const std::vector<std::vector<CxiPeak>>& peaks) {
  size_t most = 1;
  for (const auto& of : peaks) most = std::max(most, of.size());
  std::vector<int32_t> count;
  std::vector<float> x(peaks.size() * most), y(x.size()), intensity(x.size());
  for (size_t i = 0; i < peaks.size(); ++i) {
    count.push_back(int32_t(peaks[i].size()));
    for (size_t k = 0; k < peaks[i].size(); ++k) {
      const CxiPeak& peak = peaks[i][k];
      x[i * most + k] = float(peak.fs), y[i * most + k] = float(peak.ss);
      intensity[i * most + k] = float(peak.intensity);
    }
  }
  const auto frames_written = int64_t(peaks.size());
  const std::vector<int64_t> shape = {frames_written, int64_t(most)};
  file.write("/entry_1/result_1/nPeaks", count.data(), {frames_written});
  file.write("/entry_1/result_1/peakXPosRaw", x.data(), shape);
  file.write("/entry_1/result_1/peakYPosRaw", y.data(), shape);
  file.write("/entry_1/result_1/peakTotalIntensity", intensity.data(), shape);
}

void write_cxi_sources(Hdf5File& file, const FrameSet& frames) {
  std::vector<std::string> paths;
  std::vector<int64_t> numbers;
  std::vector<double> energies;
  for (int64_t i = 0; i < frames.size(); ++i) {
    const int64_t number = frames.address(i).frame;
    paths.push_back(frames.path(i)), numbers.push_back(number);
    const auto source = frames.source(i);
    const std::vector<double>& of = source->info().photon_energy_ev;
    if (!of.empty()) energies.push_back(of[size_t(number)]);
  }
  file.write_strings("/entry_1/result_1/source_file", paths);
  file.write("/entry_1/result_1/source_frame", numbers.data(), {frames.size()});
  if (int64_t(energies.size()) == frames.size())
    file.write("/LCLS/photon_energy_eV", energies.data(), {frames.size()});
}

}  // namespace hitsieve
