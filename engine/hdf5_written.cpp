#include "engine/hdf5_written.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "engine/check.h"
#include "engine/file_roles.h"
#include "engine/hdf5_virtual.h"

namespace hitsieve {
namespace {

namespace fs = std::filesystem;

/// A piece of the values in a file of its own, from byte `begin` to `end` of that.
struct ExternalPiece {
  std::string file;
  uint64_t begin = 0, end = 0;
};

std::string file_name(hid_t object) {
  std::vector<char> name(4096);
  check(H5Fget_name(object, name.data(), name.size()) >= 0, "file name: ", hdf5_error);
  return name.data();
}

/// Where HDF5 looks for an external file: below HDF5_EXTFILE_PREFIX, else from here.
std::string external_path(const std::string& name, const std::string& holder) {
  const char* set = std::getenv("HDF5_EXTFILE_PREFIX");
  if (!set || !*set || fs::path(name).is_absolute()) return name;
  return with_origin(set, holder) + "/" + name;
}

std::vector<ExternalPiece> external_pieces(hid_t dataset) {
  const Hdf5Id creation(H5Dget_create_plist(dataset), H5Pclose),
      type(H5Dget_type(dataset), H5Tclose);
  const std::string holder = file_name(dataset);
  std::vector<ExternalPiece> pieces;
  auto left = uint64_t(values_in(dataset)) * H5Tget_size(type);
  for (int i = 0; i < H5Pget_external_count(creation); ++i) {
    std::vector<char> name(4096);
    off_t offset = 0;
    hsize_t size = 0;
    check(H5Pget_external(creation, unsigned(i), name.size(), name.data(), &offset, &size) >= 0,
          "external file: ", hdf5_error);
    const uint64_t used = std::min<uint64_t>(left, size);  // the last one may have no end
    pieces.push_back(
        {external_path(name.data(), holder), uint64_t(offset), uint64_t(offset) + used});
    left -= used;
  }
  return pieces;
}

/// HDF5's own status compares bytes, of which compressed chunks have few and uneven ones many.
Written chunks_written(hid_t dataset, hid_t creation, const std::string& where) {
  const std::vector<hsize_t> sizes = sizes_of(dataset);
  std::vector<hsize_t> chunk(sizes.size());
  H5Pget_chunk(creation, int(chunk.size()), chunk.data());
  double chunks = 1;  // may be beyond 64 bits
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    chunks *= double((sizes[axis] + chunk[axis] - 1) / chunk[axis]);
  const Hdf5Id space(H5Dget_space(dataset), H5Sclose);
  hsize_t written = 0;
  check(H5Dget_num_chunks(dataset, space, &written) >= 0, where, ": ", hdf5_error);
  if (written == 0 && chunks > 0) return Written::nothing;
  return double(written) == chunks ? Written::all : Written::a_part;
}

}  // namespace

std::vector<hsize_t> sizes_of(hid_t dataset) {
  const Hdf5Id space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> sizes(size_t(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return sizes;
}

double values_in(hid_t dataset) {
  const Hdf5Id space(H5Dget_space(dataset), H5Sclose);
  double values = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : 1;
  for (const hsize_t size : sizes_of(dataset)) values *= double(size);
  return values;
}

std::string with_origin(std::string folder, const std::string& file) {
  constexpr std::string_view origin = "${ORIGIN}";
  if (folder.starts_with(origin))
    folder.replace(0, origin.size(), fs::absolute(file).parent_path().string());
  return folder;
}

std::vector<std::string> files_of(hid_t dataset, const std::string& where) {
  std::vector<std::string> files = {file_name(dataset)};
  for (const ExternalPiece& piece : external_pieces(dataset)) {
    std::error_code error;
    const uint64_t size = fs::file_size(piece.file, error);
    check(!error, where, ": its external file ", piece.file, " is missing: ", error.message());
    check(piece.end <= size, where, ": its external file ", piece.file, " has ", size,
          " bytes, and ", piece.end, " are wanted");
    files.push_back(piece.file);
  }
  return files;
}

Written what_is_written(hid_t dataset, const std::string& where) {
  const Hdf5Id creation(H5Dget_create_plist(dataset), H5Pclose);
  if (values_in(dataset) == 0) return Written::all;
  if (H5Pget_layout(creation) == H5D_CHUNKED) return chunks_written(dataset, creation, where);
  H5D_space_status_t status = H5D_SPACE_STATUS_NOT_ALLOCATED;
  check(H5Dget_space_status(dataset, &status) >= 0, where, ": ", hdf5_error);
  return status == H5D_SPACE_STATUS_NOT_ALLOCATED ? Written::nothing : Written::all;
}

void check_written(hid_t dataset, const std::string& where) {
  std::vector<std::string> files = files_of(dataset, where);
  const Hdf5Id creation(H5Dget_create_plist(dataset), H5Pclose);
  if (H5Pget_layout(creation) == H5D_VIRTUAL) {
    const double missing = check_virtual_sources(dataset, where, files);
    check(missing == 0, where, ": is a virtual dataset, and ", 100 * missing,
          " % of it has no source");
  } else {
    const Written written = what_is_written(dataset, where);
    H5D_fill_value_t fill = H5D_FILL_VALUE_DEFAULT;
    H5Pfill_value_defined(creation, &fill);
    check(written == Written::all || fill == H5D_FILL_VALUE_USER_DEFINED, where,
          written == Written::nothing ? ": was never written" : ": was not written whole",
          ", and what is not there would be read as zeros");
  }
  for (const std::string& file : files) note_input(file);
}

}  // namespace hitsieve
