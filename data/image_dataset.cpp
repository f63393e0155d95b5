#include "data/image_dataset.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hdf5_virtual.h"
#include "engine/hdf5_written.h"

namespace hitsieve {
namespace {

constexpr size_t largest_cache = size_t(256) << 20;

std::string times(const std::vector<hsize_t>& sizes) {
  std::string joined;
  for (hsize_t size : sizes) joined += (joined.empty() ? "" : " x ") + std::to_string(size);
  return joined;
}

/// Whether the bytes in the file are the values in memory of this (little-endian) machine.
bool is_native(hid_t type) {
  const hid_t same[] = {H5T_STD_U8LE,   H5T_STD_I8LE,  H5T_STD_U16LE, H5T_STD_I16LE,
                        H5T_STD_U32LE,  H5T_STD_I32LE, H5T_STD_U64LE, H5T_STD_I64LE,
                        H5T_IEEE_F32LE, H5T_IEEE_F64LE};
  for (const hid_t candidate : same)
    if (H5Tequal(type, candidate) > 0) return true;
  return false;
}

}  // namespace

FileDescriptor::FileDescriptor(const std::string& path)
    : id_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  check(id_ >= 0, path, ": cannot be opened: ", system_reason);
}

FileDescriptor::~FileDescriptor() {
  if (id_ >= 0) ::close(id_);
}

uint64_t FileDescriptor::size() const {
  struct stat found {};
  return ::fstat(id_, &found) == 0 ? uint64_t(found.st_size) : 0;
}

void FileDescriptor::read(std::byte* out, size_t count, uint64_t offset) const {
  for (size_t done = 0; done < count;) {
    const ssize_t got = ::pread(id_, out + done, count - done, off_t(offset + done));
    if (got < 0 && errno == EINTR) continue;
    check(got >= 0, "cannot be read: ", system_reason);
    check(got > 0, "the file is truncated: it ends at byte ", offset + done);
    done += size_t(got);
  }
}

ImageDataset::ImageDataset(const Hdf5File& file, const std::string& dataset, Options options)
    : name_(dataset), where_(file.path() + ": " + dataset) {
  const Hdf5Lock lock;
  const std::string stored = file.info(dataset).type;  // throws when there is no such dataset
  dataset_ = {H5Dopen2(file.id(), dataset.c_str(), H5P_DEFAULT), H5Dclose};
  creation_ = {H5Dget_create_plist(dataset_), H5Pclose};
  files_ = files_of(dataset_, where_);
  read_shape(options.axes);
  read_type(stored, options.mask);
  read_layout(options.mask);
  choose_access(options.many);
  if (access_ == Access::hdf5 && !chunk_.empty()) enlarge_cache();
}

void ImageDataset::read_shape(ImageAxes axes) {
  const Hdf5Id space(H5Dget_space(dataset_), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  const bool plain = axes == ImageAxes::plain;
  check(!plain || rank != 4, where_,
        ": is modular (frame, module, ss, fs); to assemble the modules",
        " give the detector's geometry with -g FILE.geom");
  frame_axes_ = axes == ImageAxes::modular_frames || (plain && rank == 3);
  check(plain ? rank == 2 || rank == 3 : rank >= 2 + int(frame_axes_), where_, ": has ",
        std::max(0, rank), " dimensions, want 3 (frame, ss, fs), or 2 (ss, fs) for a single frame");
  sizes_.resize(size_t(rank));
  H5Sget_simple_extent_dims(space, sizes_.data(), nullptr);
  count_ = frame_axes_ ? int64_t(sizes_[0]) : 1;
  shape_ = {1, int64_t(sizes_.back())};
  for (size_t axis = frame_axes_; axis + 1 < sizes_.size(); ++axis)
    shape_.ss *= int64_t(sizes_[axis]);
  check(count_ > 0, where_, ": holds no frames");
  check(shape_.pixels() > 0, where_, ": frames of ", shape_.ss, " x ", shape_.fs, " pixels");
}

void ImageDataset::read_type(const std::string& stored, bool mask) {
  const Hdf5Id type(H5Dget_type(dataset_), H5Tclose);
  const std::string name = stored == "bool" ? "int8" : stored;
  rule_ = mask ? mask_rule(name) : pixel_rule(name);
  check(rule_ || !mask, where_, ": a mask of type ", stored, ", want integers up to 32 bits");
  check(rule_, where_, ": pixels of type ", stored, ", want one of ", pixel_types());
  stored_size_ = H5Tget_size(type);
  raw_is_native_ = is_native(type);
  native_type_ = {H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose};
}

void ImageDataset::read_layout(bool mask) {
  const H5D_layout_t layout = H5Pget_layout(creation_);
  if (layout == H5D_VIRTUAL) check_virtual(mask);
  const Written written = layout == H5D_VIRTUAL ? Written::all : what_is_written(dataset_, where_);
  check(written != Written::nothing, where_, ": no frame was ever written into it");
  partly_written_ = written == Written::a_part;
  if (layout != H5D_VIRTUAL)
    storage_ = layout == H5D_CONTIGUOUS ? "contiguous"
               : layout == H5D_COMPACT  ? "compact"
                                        : "chunk ";
  if (layout != H5D_CHUNKED) return;
  chunk_.resize(sizes_.size());
  H5Pget_chunk(creation_, int(sizes_.size()), chunk_.data());
  storage_ += times(chunk_);
  read_filters();
}

/// Pixels that no source provides must be no pixels: NaN, or bad in a mask.
void ImageDataset::check_virtual(bool mask) {
  const double missing = check_virtual_sources(dataset_, where_, files_);
  storage_ = "virtual";
  if (missing == 0) return;
  double fill = 0;
  H5Pget_fill_value(creation_, H5T_NATIVE_DOUBLE, &fill);
  check(std::isnan(fill) || (mask && fill != 0), where_, ": is a virtual dataset, and ",
        100 * missing, " % of it has no source: it would be read as ", fill);
  storage_ += text(", ", 100 * missing, " % of it without a source: ", fill);
}

void ImageDataset::read_filters() {
  const int count = H5Pget_nfilters(creation_);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, values[64], config = 0;
    size_t value_count = std::size(values);
    char name[128] = "";
    const H5Z_filter_t id = H5Pget_filter2(creation_, unsigned(i), &flags, &value_count, values,
                                           sizeof name, name, &config);
    check(id >= 0, where_, ": filter ", i, ": ", hdf5_error);
    value_count = std::min(value_count, std::size(values));
    filters_.push_back({id, {values, values + value_count}, name});
    storage_ += ", " + describe(filters_.back());
  }
}

void ImageDataset::choose_access(bool many) {
  const auto rest = ptrdiff_t(frame_axes_);
  const bool chunk_is_image =
      !chunk_.empty() && (frame_axes_ == 0 || chunk_[0] == 1) &&
      std::equal(chunk_.begin() + rest, chunk_.end(), sizes_.begin() + rest);
  if (raw_is_native_ && chunk_is_image && can_decode(filters_)) {
    access_ = Access::chunk;
    return;
  }
  for (const ChunkFilter& filter : filters_)
    check(H5Zfilter_avail(filter.id) > 0, where_, ": is compressed with ", describe(filter),
          ", which this HDF5 library cannot undo: install its plugin (hdf5plugin) and set",
          " HDF5_PLUGIN_PATH, or rewrite the file with h5repack -f SHUF -f GZIP=1");
  if (!many && raw_is_native_ && storage_ == "contiguous" && H5Pget_external_count(creation_) == 0)
    open_contiguous();
}

void ImageDataset::open_contiguous() {
  const haddr_t address = H5Dget_offset(dataset_);
  if (address == HADDR_UNDEF) return;
  file_ = FileDescriptor(files_[0]);
  offset_ = address;
  const uint64_t bytes = uint64_t(count_) * uint64_t(shape_.pixels()) * stored_size_;
  check(offset_ + bytes <= file_.size(), where_, ": the file is truncated: the frames end at byte ",
        offset_ + bytes, ", the file at ", file_.size());
  access_ = Access::pread;
}

/// Several images a chunk, or several chunks an image: keep decoded what one image touches, so that
/// reading image after image decodes each chunk once.
void ImageDataset::enlarge_cache() {
  size_t bytes = stored_size_, slots = 1;
  for (size_t axis = 0; axis < chunk_.size(); ++axis) {
    bytes *= chunk_[axis];
    if (axis >= frame_axes_) slots *= (sizes_[axis] + chunk_[axis] - 1) / chunk_[axis];
  }
  const Hdf5Id access(H5Dget_access_plist(dataset_), H5Pclose);
  H5Pset_chunk_cache(access, 100 * slots + 1, std::min(bytes * slots, largest_cache), 1.0);
  const Hdf5Id file(H5Iget_file_id(dataset_), H5Fclose);
  char name[4096] = "";
  H5Iget_name(dataset_, name, sizeof name);
  dataset_ = {};  // a dataset that is open keeps its cache, however it is opened again
  dataset_ = {H5Dopen2(file, name, access), H5Dclose};
  check(dataset_.ok(), where_, ": ", hdf5_error);
}

/// HDF5 reads chunks that were never written as fill values, without a word.
bool ImageDataset::written(int64_t image, const Region& region) const {
  if (!partly_written_) return true;
  const size_t axes = sizes_.size();
  std::vector<hsize_t> low(axes, 0), high = sizes_;
  if (frame_axes_) low[0] = hsize_t(image), high[0] = low[0] + 1;
  if (axes == 2 + frame_axes_) {
    low[axes - 2] = hsize_t(region.ss0), high[axes - 2] = hsize_t(region.ss0 + region.shape.ss);
    low[axes - 1] = hsize_t(region.fs0), high[axes - 1] = hsize_t(region.fs0 + region.shape.fs);
  }
  for (size_t axis = 0; axis < axes; ++axis) low[axis] -= low[axis] % chunk_[axis];
  for (std::vector<hsize_t> at = low;;) {
    hsize_t size = 0;
    if (H5Dget_chunk_storage_size(dataset_, at.data(), &size) < 0 || size == 0) return false;
    size_t axis = axes;
    for (; axis > 0 && (at[axis - 1] += chunk_[axis - 1]) >= high[axis - 1]; --axis)
      at[axis - 1] = low[axis - 1];
    if (axis == 0) return true;
  }
}

void ImageDataset::fetch(int64_t image, const Region& region, EncodedImage& encoded) const {
  if (access_ == Access::pread) return fetch_rows(image, region, encoded);
  const Hdf5Lock lock;
  check(written(image, region), "was never written");
  if (access_ == Access::chunk)
    fetch_chunk(image, encoded);
  else
    fetch_hdf5(image, region, encoded);
}

void ImageDataset::fetch_rows(int64_t image, const Region& region, EncodedImage& encoded) const {
  const size_t row = size_t(shape_.fs) * stored_size_;
  const auto first = uint64_t(image * shape_.ss + region.ss0);
  encoded.bytes.resize(size_t(region.shape.ss) * row);
  file_.read(encoded.bytes.data(), encoded.bytes.size(), offset_ + first * row);
  encoded.filtered = false;
  encoded.first_row = region.ss0, encoded.first_column = 0, encoded.columns = shape_.fs;
}

void ImageDataset::fetch_chunk(int64_t image, EncodedImage& encoded) const {
  std::vector<hsize_t> start(sizes_.size(), 0);
  if (frame_axes_) start[0] = hsize_t(image);
  hsize_t size = 0;
  if (H5Dget_chunk_storage_size(dataset_, start.data(), &size) < 0) throw Error(hdf5_error());
  encoded.bytes.resize(size);
  if (H5Dread_chunk(dataset_, H5P_DEFAULT, start.data(), &encoded.filter_mask,
                    encoded.bytes.data()) < 0)
    throw Error(text("cannot be read: ", hdf5_error()));
  encoded.filtered = true, encoded.filters = &filters_;
  encoded.first_row = 0, encoded.first_column = 0, encoded.columns = shape_.fs;
}

/// The region; of a modular dataset the whole image.
void ImageDataset::fetch_hdf5(int64_t image, const Region& region, EncodedImage& encoded) const {
  const size_t axes = sizes_.size();
  const bool modular = axes > 2 + frame_axes_;
  const Region part = modular ? whole(shape_) : region;
  std::vector<hsize_t> start(axes, 0), count = sizes_;
  if (frame_axes_) start[0] = hsize_t(image), count[0] = 1;
  if (!modular) {
    start[axes - 2] = hsize_t(part.ss0), start[axes - 1] = hsize_t(part.fs0);
    count[axes - 2] = hsize_t(part.shape.ss), count[axes - 1] = hsize_t(part.shape.fs);
  }
  const Hdf5Id space(H5Dget_space(dataset_), H5Sclose);
  const auto pixels = hsize_t(part.shape.pixels());
  const Hdf5Id memory(H5Screate_simple(1, &pixels, nullptr), H5Sclose);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  encoded.bytes.resize(size_t(part.shape.pixels()) * stored_size_);
  if (H5Dread(dataset_, native_type_, memory, space, H5P_DEFAULT, encoded.bytes.data()) < 0)
    throw Error(text("cannot be read: ", hdf5_error()));
  encoded.filtered = false, encoded.columns = part.shape.fs;
  encoded.first_row = part.ss0, encoded.first_column = part.fs0;
}

void ImageDataset::decode(EncodedImage& encoded, const Region& region, Bytes& pixels,
                          Bytes& scratch) const {
  const size_t line = size_t(shape_.fs) * stored_size_, first = size_t(region.ss0) * line;
  if (encoded.filtered)
    decode_chunk(filters_, encoded.filter_mask, size_t(shape_.ss) * line, encoded.bytes, scratch,
                 {first, first + size_t(region.shape.ss) * line});
  const size_t size = size_of(rule_->memory), wanted = size_t(region.shape.pixels());
  const bool same_type = rule_->stored == std::string(name_of(rule_->memory));
  if (same_type && encoded.columns == region.shape.fs && encoded.bytes.size() == wanted * size) {
    std::swap(pixels, encoded.bytes);
    return;
  }
  pixels.resize(wanted * size);
  for (int64_t row = 0; row < region.shape.ss; ++row) {
    const int64_t from = (region.ss0 + row - encoded.first_row) * encoded.columns + region.fs0 -
                         encoded.first_column;
    rule_->convert(encoded.bytes.data() + size_t(from) * stored_size_,
                   pixels.data() + size_t(row * region.shape.fs) * size, region.shape.fs);
  }
}

}  // namespace hitsieve
