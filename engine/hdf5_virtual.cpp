#include "engine/hdf5_virtual.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/hdf5_file.h"
#include "engine/hdf5_written.h"

namespace hitsieve {
namespace {

namespace fs = std::filesystem;

template <class Get>
std::string get_name(Get&& get) {
  const ssize_t length = get(nullptr, size_t(0));
  check(length >= 0, "virtual dataset: ", hdf5_error);
  std::vector<char> name(size_t(length) + 1);
  get(name.data(), name.size());
  return name.data();
}

/// Where HDF5 looks first: HDF5_VDS_PREFIX names folders, as they are written there, or as a whole
/// one folder, which may begin with ${ORIGIN}.
std::vector<fs::path> prefixes(const std::string& file) {
  const char* set = std::getenv("HDF5_VDS_PREFIX");
  if (!set || !*set) return {};
  std::istringstream parts(set);
  std::vector<fs::path> found;
  for (std::string part; std::getline(parts, part, ':');)
    if (!part.empty()) found.emplace_back(part);
  found.emplace_back(with_origin(set, file));
  return found;
}

/// As HDF5 looks for it: below the prefixes, beside the file that refers to it, as it is, then
/// beside what that file is a link to; one that is not at its absolute path, by its name alone.
std::string resolve(const std::string& source, const std::string& file) {
  if (source == ".") return file;
  const fs::path given(source);
  if (given.is_absolute() && fs::exists(given)) return source;
  const fs::path name = given.is_absolute() ? given.filename() : given;
  for (const fs::path& prefix : prefixes(file))
    if (fs::exists(prefix / name)) return (prefix / name).string();
  const fs::path beside = fs::path(file).parent_path() / name;
  if (fs::exists(beside)) return beside.string();
  if (fs::exists(name)) return name.string();
  std::error_code none;
  return (fs::canonical(file, none).parent_path() / name).string();
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
  check(fits, where, "takes ", taken, " values of its source ", name,
        ", which does not have those: it is ", text_of(source));
}

/// How a selection without an end goes on along its axis; `others`: values in each of its steps.
struct Growth {
  size_t axis = 0;
  hsize_t start = 0, stride = 1, block = 1;
  double others = 1;

  /// Steps that it takes of an axis of this size.
  hsize_t taken(hsize_t size) const {
    if (size <= start) return 0;
    const hsize_t whole = (size - start - 1) / stride;
    return whole * block + std::min(block, size - start - whole * stride);
  }
  /// The size that an axis needs for so many.
  hsize_t needed(hsize_t steps) const {
    const hsize_t whole = steps == 0 ? 0 : (steps - 1) / block;
    return steps == 0 ? 0 : start + whole * stride + steps - whole * block;
  }
};

bool is_unlimited(hid_t space) {
  return H5Sget_select_type(space) == H5S_SEL_HYPERSLABS &&
         H5Sget_select_npoints(space) == hssize_t(H5S_UNLIMITED);
}

Growth growth_of(hid_t space) {
  const auto rank = size_t(std::max(0, H5Sget_simple_extent_ndims(space)));
  std::vector<hsize_t> start(rank), stride(rank), count(rank), block(rank);
  check(
      H5Sget_regular_hyperslab(space, start.data(), stride.data(), count.data(), block.data()) >= 0,
      "virtual dataset: ", hdf5_error);
  Growth growth;
  for (size_t axis = 0; axis < rank; ++axis)
    if (block[axis] == H5S_UNLIMITED)
      growth.axis = axis, growth.start = start[axis];
    else if (count[axis] == H5S_UNLIMITED)
      growth.axis = axis, growth.start = start[axis], growth.stride = stride[axis],
      growth.block = block[axis];
    else
      growth.others *= double(count[axis] * block[axis]);
  return growth;
}

class VirtualSources {
 public:
  VirtualSources(hid_t dataset, std::string file, const std::string& where, int depth,
                 std::vector<std::string>& files)
      : creation_(H5Dget_create_plist(dataset), H5Pclose),
        sizes_(sizes_of(dataset)),
        values_(values_in(dataset)),
        file_(std::move(file)),
        where_(where + ": is a virtual dataset, and "),
        depth_(depth),
        files_(files) {
    check(depth < most_depth, where, ": virtual datasets of virtual datasets without an end");
  }

  /// The part that has no source.
  double missing() {
    size_t count = 0;
    check(H5Pget_virtual_count(creation_, &count) >= 0, where_, hdf5_error);
    check(count > 0, where_, "has no sources");
    double provided = 0;
    bool named_by_pattern = false;
    for (size_t i = 0; i < count; ++i) {
      const std::string source = get_name([&](char* name, size_t size) {
        return H5Pget_virtual_filename(creation_, i, name, size);
      });
      const std::string dataset = get_name([&](char* name, size_t size) {
        return H5Pget_virtual_dsetname(creation_, i, name, size);
      });
      if (has_block_number(source)) look_at_blocks(source, dataset);
      if (has_block_number(source + dataset))
        named_by_pattern = true;
      else
        provided += provided_by(i, look_at(source, dataset));
    }
    provided -= taken_twice(count);
    return named_by_pattern || values_ <= 0 ? 0 : std::max(0.0, 1 - provided / values_);
  }

 private:
  static constexpr int most_depth = 8;
  static constexpr size_t most_joined = 512;  // mappings: joining them takes the square of it
  struct Source {
    std::string name;
    Hdf5DatasetInfo info;
    double whole = 1;  // the part of it that is there
  };

  const Source& look_at(const std::string& source, const std::string& dataset) {
    const std::string path = resolve(source, file_), key = path + '\n' + dataset;
    if (const auto known = seen_.find(key); known != seen_.end()) return known->second;
    check(fs::exists(path), where_, "its source file ", source, " is missing");
    const Hdf5File opened = Hdf5File::open(path);
    const std::string name = source + ":" + dataset;
    check(opened.has(dataset), where_, "its source ", name, " is missing");
    Source found{name, opened.info(dataset)};
    const Hdf5Id id(H5Dopen2(opened.id(), dataset.c_str(), H5P_DEFAULT), H5Dclose);
    const Hdf5Id creation(H5Dget_create_plist(id), H5Pclose);
    const std::string where = path + ": " + dataset;
    files_.push_back(path);
    for (const std::string& lies_in : files_of(id, where)) files_.push_back(lies_in);
    if (H5Pget_layout(creation) == H5D_VIRTUAL)
      found.whole = 1 - VirtualSources(id, path, where, depth_ + 1, files_).missing();
    else
      check(what_is_written(id, where) == Written::all, where_, "its source ", name,
            " was not written whole: what is not there would be read as zeros");
    return seen_.emplace(key, std::move(found)).first->second;
  }

  /// The sources of a pattern: HDF5 takes them up to the first that is missing.
  void look_at_blocks(const std::string& pattern, const std::string& dataset) {
    const size_t at = pattern.find("%b");
    const auto block = [&](uint64_t number) {
      return pattern.substr(0, at) + std::to_string(number) + pattern.substr(at + 2);
    };
    uint64_t count = 0;
    for (; fs::exists(resolve(block(count), file_)); ++count)
      if (!has_block_number(dataset)) look_at(block(count), dataset);
    const fs::path first(resolve(block(0), file_));
    const std::string name = fs::path(pattern).filename().string();
    const size_t place = name.find("%b");
    if (place == std::string::npos) return;
    const std::string begin = name.substr(0, place), end = name.substr(place + 2);
    const fs::path folder = first.parent_path().empty() ? "." : first.parent_path();
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
      const std::string other = entry.path().filename().string();
      if (other.size() <= begin.size() + end.size() || !other.starts_with(begin) ||
          !other.ends_with(end))
        continue;
      const std::string digits =
          other.substr(begin.size(), other.size() - begin.size() - end.size());
      const bool number = digits.find_first_not_of("0123456789") == std::string::npos;
      if (!number || digits.size() > 18 || (digits.size() > 1 && digits[0] == '0')) continue;
      check(std::stoull(digits) < count, where_, "its source file ", block(count),
            " is missing, but ", other, " is there");
    }
  }

  /// Values that more than one mapping provides.
  double taken_twice(size_t count) {
    if (count < 2 || count > most_joined) return 0;
    double sum = 0;
    Hdf5Id joined;
    for (size_t i = 0; i < count; ++i) {
      Hdf5Id space(H5Pget_virtual_vspace(creation_, i), H5Sclose);
      if (H5Sget_select_type(space) != H5S_SEL_HYPERSLABS || is_unlimited(space)) return 0;
      sum += double(H5Sget_select_npoints(space));
      if (!joined.ok())
        joined = std::move(space);
      else
        check(H5Smodify_select(joined, H5S_SELECT_OR, space) >= 0, where_, hdf5_error);
    }
    return sum - double(H5Sget_select_npoints(joined));
  }

  /// Values that mapping i takes of its source, which has them.
  double provided_by(size_t i, const Source& source) {
    const Hdf5Id space(H5Pget_virtual_vspace(creation_, i), H5Sclose);
    if (!is_unlimited(space)) {
      const auto taken = double(H5Sget_select_npoints(space));
      if (taken == 0) return 0;
      check_extent(creation_, i, source.info, taken, where_, source.name);
      return taken * source.whole;
    }
    const Hdf5Id of(H5Pget_virtual_srcspace(creation_, i), H5Sclose);
    const Growth here = growth_of(space), there = growth_of(of);
    const hsize_t steps = here.taken(sizes_.at(here.axis)), needed = there.needed(steps);
    check(there.axis < source.info.shape.size() && hsize_t(source.info.shape[there.axis]) >= needed,
          where_, "takes ", needed, " frames of its source ", source.name,
          ", which does not have those: it is ", text_of(source.info));
    return double(steps) * here.others * source.whole;
  }

  Hdf5Id creation_;
  std::vector<hsize_t> sizes_;
  double values_;
  std::string file_, where_;
  int depth_;
  std::vector<std::string>& files_;
  std::map<std::string, Source> seen_{};
};

}  // namespace

double check_virtual_sources(hid_t dataset, const std::string& where,
                             std::vector<std::string>& files) {
  return VirtualSources(dataset, files.at(0), where, 0, files).missing();
}

}  // namespace hitsieve
