#include "engine/hdf5_file.h"

#include <algorithm>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/input_file.h"

namespace hitsieve {
namespace {

/// Runs lie on file systems without locks, and are read while others still read them.
Hdf5Id file_access() {
  Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access, false, true);
  return access;
}

/// Files of every format, and closed as HDF5 closes the sources of a virtual dataset, which else it
/// cannot open while they are open here, and says nothing.
Hdf5Id reading() {
  Hdf5Id access = file_access();
  H5Pset_fclose_degree(access, H5F_CLOSE_WEAK);
  return access;
}

Hdf5Id writing() {
  Hdf5Id access = file_access();
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
  return access;
}

/// Closes a file that was written. HDF5 1.10 corrupts its own tables, and crashes at exit, when a
/// close cannot write: then the rest goes to memory instead, for a file that nobody will keep.
herr_t close_written(hid_t file) {
  void* handle = nullptr;
  if (H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 || H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0)
    return H5Fclose(file);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit most{before.rlim_max, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &most);  // it counts for memory too
  const int memory = ::memfd_create("hitsieve", MFD_CLOEXEC);
  if (memory >= 0) ::dup2(memory, *static_cast<int*>(handle)), ::close(memory);
  const herr_t closed = H5Fclose(file);
  ::setrlimit(RLIMIT_FSIZE, &before);
  return closed;
}

std::string link_text(hid_t file, const std::string& path, const H5L_info_t& info) {
  std::vector<char> value(info.u.val_size + 1, 0);
  if (H5Lget_val(file, path.c_str(), value.data(), info.u.val_size, H5P_DEFAULT) < 0)
    return text(path, " is a link that cannot be read");
  if (info.type == H5L_TYPE_SOFT)
    return text(path, " is a link to ", value.data(), ", which is not there");
  const char *target_file = "?", *target = "?";
  H5Lunpack_elink_val(value.data(), info.u.val_size, nullptr, &target_file, &target);
  return text(path, " is a link to ", target, " in ", target_file, ", which cannot be reached");
}

struct Listing {
  const Hdf5File& file;
  std::vector<Hdf5DatasetInfo> found{};
  std::vector<std::pair<unsigned long, haddr_t>> groups{};  // a link may lead back up

  void visit(const std::string& path) {
    const Hdf5Id object(H5Oopen(file.id(), path.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.ok()) return;
    if (H5Iget_type(object) == H5I_DATASET) found.push_back(file.info(path));
    if (H5Iget_type(object) != H5I_GROUP) return;
    H5G_stat_t identity{};
    H5Gget_objinfo(file.id(), path.c_str(), true, &identity);
    const std::pair key(identity.fileno[0], haddr_t(identity.objno[0]) | haddr_t(identity.objno[1])
                                                                             << 32);
    if (std::find(groups.begin(), groups.end(), key) != groups.end()) return;
    groups.push_back(key);
    for (const std::string& name : file.children(path))
      visit(path == "/" ? "/" + name : path + "/" + name);
  }
};

std::string type_name(hid_t type) {
  const size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return text(H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int", bits);
    case H5T_FLOAT:
      return text("float", bits);
    case H5T_STRING:
      return "string";
    case H5T_ENUM: {  // h5py's booleans
      signed char no = 1, yes = 0;
      const bool boolean = bits == 8 && H5Tget_nmembers(type) == 2 &&
                           H5Tenum_valueof(type, "FALSE", &no) >= 0 && no == 0 &&
                           H5Tenum_valueof(type, "TRUE", &yes) >= 0 && yes == 1;
      return boolean ? "bool" : "enum";
    }
    case H5T_COMPOUND:
      return "compound";
    default:
      return "other";
  }
}

}  // namespace

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Hdf5File Hdf5File::open(const std::string& path) {
  check_readable(path, "an HDF5 file");
  const Hdf5Lock lock;
  check(H5Fis_hdf5(path.c_str()) > 0, path, ": is not an HDF5 file");
  const Hdf5Id access = reading();  // named: closing it would clear the error stack
  Hdf5Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file.ok()) {
    const std::string why = hdf5_error();
    check(why.find("truncated file") == std::string::npos, path,
          ": the HDF5 file is truncated, an incomplete copy? (", why, ")");
    throw Error(text(path, ": the HDF5 file cannot be opened: ", why));
  }
  return {path, std::move(file)};
}

Hdf5File Hdf5File::open_image(const std::string& name, std::span<const std::byte> image) {
  check(!image.empty(), name, ": is empty, not an HDF5 file");
  const Hdf5Lock lock;
  const Hdf5Id access = reading();
  H5Pset_fapl_core(access, 1 << 16, false);  // in memory, never written to a file
  // HDF5 copies the image and does not write to the caller's: its type only lacks the const.
  H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size());
  // HDF5 wants a name that no file has, and takes two open images of one name for the same.
  static int64_t count = 0;
  const std::string unique = text("/dev/null/image ", ++count);
  Hdf5Id file(H5Fopen(unique.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  check(file.ok(), name, ": is not an HDF5 file, or not a whole one: ", hdf5_error);
  return {name, std::move(file)};
}

Hdf5File Hdf5File::create(const std::string& path, size_t user_block) {
  const Hdf5Lock lock;
  const Hdf5Id creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  H5Pset_userblock(creation, user_block);
  const Hdf5Id access = writing();
  Hdf5Id file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), close_written);
  check<OutputError>(file.ok(), path, ": cannot be created: ", hdf5_error);
  return {path, std::move(file)};
}

void Hdf5File::close() {
  const Hdf5Lock lock;
  const bool flushed = H5Fflush(id_, H5F_SCOPE_GLOBAL) >= 0;
  const std::string why = flushed ? "" : hdf5_error();
  Hdf5Id closing(std::move(id_));
  check<OutputError>(flushed, path_, ": cannot be written: ", why);
}

bool Hdf5File::has(const std::string& object) const {
  const Hdf5Lock lock;
  return Hdf5Id(H5Oopen(id_, object.c_str(), H5P_DEFAULT), H5Oclose).ok();
}

std::string Hdf5File::broken_link(const std::string& object) const {
  const Hdf5Lock lock;
  std::string path;
  for (const std::string& part : split_path(object)) {
    path += "/" + part;
    H5L_info_t info;
    if (H5Lexists(id_, path.c_str(), H5P_DEFAULT) <= 0 ||
        H5Lget_info(id_, path.c_str(), &info, H5P_DEFAULT) < 0)
      return "";
    if (!has(path)) return info.type == H5L_TYPE_HARD ? "" : link_text(id_, path, info);
  }
  return "";
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  const Hdf5Lock lock;
  const Hdf5Id opened(H5Gopen2(id_, group.c_str(), H5P_DEFAULT), H5Gclose);  // may be a link
  H5G_info_t info{};
  check(opened.ok() && H5Gget_info(opened, &info) >= 0, path_, ": no group ", group, ": ",
        hdf5_error);
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    char name[1024];
    const ssize_t length = H5Lget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                              sizeof name, H5P_DEFAULT);
    check(length >= 0, path_, ": ", group, ": entry ", i, ": ", hdf5_error);
    names.emplace_back(name);
  }
  return names;
}

std::vector<Hdf5DatasetInfo> Hdf5File::datasets(const std::string& group) const {
  const Hdf5Lock lock;
  Listing listing{*this};
  listing.visit(group);
  return std::move(listing.found);
}

Hdf5DatasetInfo Hdf5File::info(const std::string& dataset) const {
  const Hdf5Lock lock;
  const Hdf5Id data(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.ok()) {
    const std::string link = broken_link(dataset);
    throw Error(text(path_, ": ", dataset, ": ", link.empty() ? "no such dataset" : link));
  }
  const Hdf5Id space(H5Dget_space(data), H5Sclose), type(H5Dget_type(data), H5Tclose);
  std::vector<hsize_t> sizes(size_t(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return {dataset, type_name(type), {sizes.begin(), sizes.end()}};
}

std::string text_of(const Hdf5DatasetInfo& info) {
  std::string shape;
  for (int64_t size : info.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  return text(info.path, " (", shape, ") ", info.type);
}

void Hdf5File::make_group(const std::string& group) {
  const Hdf5Lock lock;
  const Hdf5Id creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  std::string path;
  for (const std::string& part : split_path(group)) {
    path += "/" + part;
    if (has(path)) continue;
    const Hdf5Id made(H5Gcreate2(id_, path.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose);
    check<OutputError>(made.ok(), path_, ": ", path, ": group not made: ", hdf5_error);
  }
}

void Hdf5File::soft_link(const std::string& target, const std::string& link) {
  const Hdf5Lock lock;
  make_group(link.substr(0, link.rfind('/')));
  check<OutputError>(
      H5Lcreate_soft(target.c_str(), id_, link.c_str(), H5P_DEFAULT, H5P_DEFAULT) >= 0, path_, ": ",
      link, ": link not made: ", hdf5_error);
}

void Hdf5File::external_link(const std::string& file, const std::string& target,
                             const std::string& link) {
  const Hdf5Lock lock;
  make_group(link.substr(0, link.rfind('/')));
  check<OutputError>(H5Lcreate_external(file.c_str(), target.c_str(), id_, link.c_str(),
                                        H5P_DEFAULT, H5P_DEFAULT) >= 0,
                     path_, ": ", link, ": link not made: ", hdf5_error);
}

}  // namespace hitsieve
