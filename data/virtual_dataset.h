// Virtual datasets stitch other files together; HDF5 reads what is missing as fill values without
// a word, so the sources are looked at before.
#pragma once
#include <string>

#include <hdf5.h>

namespace hitsieve {

/// Error, naming `where`, when a source file or dataset of the virtual dataset with this creation
/// property list is missing. `file` is the file that holds it. Call it under Hdf5Lock.
void check_virtual_sources(hid_t creation, const std::string& file, const std::string& where);

}  // namespace hitsieve
