// What of a dataset is there. HDF5 reads what was never written, what the source of a virtual
// dataset does not have, and what lies beyond the end of an external file, as fill values, without
// a word.
#pragma once
#include <string>
#include <vector>

#include "engine/hdf5_lock.h"

namespace hitsieve {

// All under Hdf5Lock. `where` is the dataset's name in errors.

std::vector<hsize_t> sizes_of(hid_t dataset);
double values_in(hid_t dataset);  ///< declared ones; may be beyond 64 bits

/// The file that the dataset lies in, which a link may have led to, and external ones. Error: one
/// of these is missing or too short.
std::vector<std::string> files_of(hid_t dataset, const std::string& where);

/// A folder of HDF5's environment: ${ORIGIN} at its beginning is the folder of `file`.
std::string with_origin(std::string folder, const std::string& file);

enum class Written { nothing, a_part, all };
/// Not for virtual datasets.
Written what_is_written(hid_t dataset, const std::string& where);

/// Error unless every value is there, those of a virtual dataset in its sources; what was not
/// written, but has a fill value that somebody chose, is there too. No output may replace the files
/// that they lie in from now on (file_roles.h).
void check_written(hid_t dataset, const std::string& where);

}  // namespace hitsieve
