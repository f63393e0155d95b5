#include "data/virtual_dataset.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "engine/check.h"
#include "engine/hdf5_file.h"

namespace hitsieve {
namespace {

namespace fs = std::filesystem;

template <class Get>
std::string get_name(Get&& get) {
  const ssize_t length = get(nullptr, size_t(0));
  check(length >= 0, "virtual dataset: ", hdf5_error());
  std::vector<char> name(size_t(length) + 1);
  get(name.data(), name.size());
  return name.data();
}

/// As HDF5 looks for it: as it is, then beside the file that refers to it.
std::string resolve(const std::string& source, const std::string& file) {
  if (source == ".") return file;
  const fs::path beside = fs::path(file).parent_path() / fs::path(source);
  return fs::exists(source) ? source : beside.string();
}

/// "part_%b.h5" names one source a block; how many there are is not written down.
bool has_block_number(const std::string& name) { return name.find("%b") != std::string::npos; }

/// The source has all that mapping i takes of it, `taken` values. Where that is the whole source
/// its size at the time is not written down.
void check_extent(hid_t creation, size_t i, const Hdf5DatasetInfo& source, double taken,
                  const std::string& where, const std::string& name) {
  const Hdf5Id space(H5Pget_virtual_srcspace(creation, i), H5Sclose);
  const size_t rank = source.shape.size();
  double values = 1;
  for (const int64_t size : source.shape) values *= double(size);
  bool fits = taken <= values;
  if (H5Sget_select_type(space) == H5S_SEL_ALL) {
    fits = taken == values;
  } else {
    fits = fits && H5Sget_simple_extent_ndims(space) == int(rank);
    std::vector<hsize_t> low(rank, 0), high(rank, 0);
    fits = fits && (rank == 0 || H5Sget_select_bounds(space, low.data(), high.data()) >= 0);
    for (size_t axis = 0; axis < rank && fits; ++axis)
      fits = int64_t(high[axis]) < source.shape[axis];
  }
  check(fits, where, ": is a virtual dataset, and takes ", taken, " values of its source ", name,
        ", which does not have those: it is ", text_of(source));
}

bool is_unlimited(hid_t space) {
  return H5Sget_select_type(space) == H5S_SEL_HYPERSLABS &&
         H5Sget_select_npoints(space) == hssize_t(H5S_UNLIMITED);
}

}  // namespace

double check_virtual_sources(hid_t creation, const std::string& file, const std::string& where) {
  size_t count = 0;
  check(H5Pget_virtual_count(creation, &count) >= 0, where, ": ", hdf5_error());
  check(count > 0, where, ": a virtual dataset without sources");
  std::map<std::string, Hdf5DatasetInfo> seen;
  double provided = 0, all = 0;
  bool open_ended = false;
  for (size_t i = 0; i < count; ++i) {
    const std::string source = get_name(
        [&](char* name, size_t size) { return H5Pget_virtual_filename(creation, i, name, size); });
    const std::string dataset = get_name(
        [&](char* name, size_t size) { return H5Pget_virtual_dsetname(creation, i, name, size); });
    const Hdf5Id space(H5Pget_virtual_vspace(creation, i), H5Sclose);
    all = double(H5Sget_simple_extent_npoints(space));
    provided += double(H5Sget_select_npoints(space));
    open_ended = open_ended || is_unlimited(space) || has_block_number(source + dataset);
    if (open_ended) continue;
    const std::string path = resolve(source, file), name = source + ":" + dataset;
    auto known = seen.find(path + '\n' + dataset);
    if (known == seen.end()) {
      check(fs::exists(path), where, ": is a virtual dataset, and its source file ", source,
            " is missing");
      const Hdf5File opened = Hdf5File::open(path);
      check(opened.has(dataset), where, ": is a virtual dataset, and its source ", name,
            " is missing");
      known = seen.emplace(path + '\n' + dataset, opened.info(dataset)).first;
    }
    check_extent(creation, i, known->second, double(H5Sget_select_npoints(space)), where, name);
  }
  return open_ended || all <= 0 ? 0 : std::max(0.0, 1 - provided / all);
}

}  // namespace hitsieve
