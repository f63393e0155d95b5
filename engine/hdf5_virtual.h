// Virtual datasets stitch other files together; HDF5 reads what is missing as fill values without
// a word, so the sources are looked at before.
#pragma once
#include <string>
#include <vector>

#include <hdf5.h>

namespace hitsieve {

/// The part of the virtual dataset that no source provides, 0 to 1 (0 when sources are named by a
/// pattern, part_%b.h5, of which those count up to the first that is missing). Error, naming
/// `where`: a source file or dataset is missing, has fewer frames, rows or columns than are taken
/// of it, or was not written whole; of a pattern a later one is there. Sources that are virtual
/// themselves are looked at in turn. `files` has the file that holds the virtual dataset, and gets
/// those of the sources. Call it under Hdf5Lock.
double check_virtual_sources(hid_t dataset, const std::string& where,
                             std::vector<std::string>& files);

}  // namespace hitsieve
