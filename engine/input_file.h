// Files that are read: whether one can be, in words, and its bytes.
#pragma once
#include <cstddef>
#include <string>

namespace hitsieve {

/// Error: no such file, a folder or else no regular file, no permission, empty. `what` was wanted,
/// e.g. "an HDF5 file". From then on no output may replace it (file_roles.h).
void check_readable(const std::string& path, const std::string& what);

/// The first `most` bytes, or all there are. Error: it cannot be read.
std::string read_file(const std::string& path, size_t most = size_t(-1));

}  // namespace hitsieve
