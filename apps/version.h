// What this program is built from, as `hitsieve --version` prints it.
#pragma once
#include <string>

namespace hitsieve {

/// "hitsieve 0.1.0", then a line each: build, CUDA, HDF5, filters decoded, model format.
std::string version_text();

}  // namespace hitsieve
