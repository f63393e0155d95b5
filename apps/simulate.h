// Writes a simulated run with labels (data/simulate.h says what it imitates).
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace hitsieve {

struct SimulateOptions {
  std::string like = "LN84";
  int64_t frames = 2000;
  uint64_t seed = 1;
  int size = 724;       ///< pixels a side, the detector's central window
  int compression = 1;  ///< deflate level, 0 for none
  std::string output;
  bool overwrite = false;
};

/// Makes and compresses frames on all threads and writes them in order, in bounded memory; the
/// same file for any number of threads. Returns the numbers of misses, maybes and hits.
std::array<int64_t, 3> simulate(const SimulateOptions& options);

}  // namespace hitsieve
