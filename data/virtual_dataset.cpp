#include "data/virtual_dataset.h"

#include <filesystem>
#include <set>
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

}  // namespace

void check_virtual_sources(hid_t creation, const std::string& file, const std::string& where) {
  size_t count = 0;
  check(H5Pget_virtual_count(creation, &count) >= 0, where, ": ", hdf5_error());
  check(count > 0, where, ": a virtual dataset without sources");
  std::set<std::string> seen;
  for (size_t i = 0; i < count; ++i) {
    const std::string source = get_name(
        [&](char* name, size_t size) { return H5Pget_virtual_filename(creation, i, name, size); });
    const std::string dataset = get_name(
        [&](char* name, size_t size) { return H5Pget_virtual_dsetname(creation, i, name, size); });
    const bool pattern = has_block_number(source) || has_block_number(dataset);
    const std::string path = resolve(source, file);
    if (pattern || !seen.insert(path + '\n' + dataset).second) continue;
    check(fs::exists(path), where, ": is a virtual dataset, and its source file ", source,
          " is missing");
    if (source == ".") continue;
    check(Hdf5File::open(path).has(dataset), where, ": is a virtual dataset, and its source ",
          source, ":", dataset, " is missing");
  }
}

}  // namespace hitsieve
