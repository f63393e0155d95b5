#include "data/cxi_copy.h"

#include <algorithm>
#include <utility>

#include "data/chunk_encode.h"
#include "data/per_shot.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

constexpr const char* data_path = "/entry_1/data_1/data";
constexpr const char* mask_path = "/entry_1/data_1/mask";
constexpr int deflate_level = 1;

/// Of SourceInfo::stored_type.
hid_t stored_type(const std::string& name) {
  const std::pair<const char*, hid_t> types[] = {
      {"uint8", H5T_STD_U8LE},    {"int8", H5T_STD_I8LE},    {"uint16", H5T_STD_U16LE},
      {"int16", H5T_STD_I16LE},   {"uint32", H5T_STD_U32LE}, {"int32", H5T_STD_I32LE},
      {"uint64", H5T_STD_U64LE},  {"int64", H5T_STD_I64LE},  {"float32", H5T_IEEE_F32LE},
      {"float64", H5T_IEEE_F64LE}};
  for (const auto& [known, type] : types)
    if (name == known) return type;
  throw Error(text("frames of type ", name, " cannot be copied"));
}

/// A mask, deflated: of thousands of frames there are few different ones.
struct PackedMask {
  Bytes bytes;
  bool operator==(const PackedMask&) const = default;
};

/// A dataset of one frame a chunk that grows.
Hdf5Id make_frames(Hdf5File& file, const std::string& path, hid_t type, FrameShape shape,
                   const std::vector<ChunkFilter>& filters) {
  const Hdf5Lock lock;
  file.make_group("/entry_1/data_1");
  const hsize_t none[3] = {0, hsize_t(shape.ss), hsize_t(shape.fs)};
  const hsize_t one[3] = {1, none[1], none[2]}, most[3] = {H5S_UNLIMITED, none[1], none[2]};
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  H5Pset_chunk(creation, 3, one);
  // Optional, since HDF5 itself need not have the filter: nothing goes through it here.
  for (const ChunkFilter& filter : filters)
    check(H5Pset_filter(creation, filter.id, H5Z_FLAG_OPTIONAL, filter.values.size(),
                        filter.values.data()) >= 0,
          describe(filter), ": ", hdf5_error);
  const Hdf5Id space(H5Screate_simple(3, none, most), H5Sclose);
  Hdf5Id data(H5Dcreate2(file.id(), path.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
              H5Dclose);
  check<OutputError>(data.ok(), file.path(), ": ", path, ": ", hdf5_error);
  return data;
}

void append_frame(const Hdf5File& file, hid_t data, int64_t at, FrameShape shape,
                  const Bytes& bytes, uint32_t filter_mask) {
  const Hdf5Lock lock;
  const hsize_t size[3] = {hsize_t(at) + 1, hsize_t(shape.ss), hsize_t(shape.fs)};
  const hsize_t start[3] = {hsize_t(at), 0, 0};
  check<OutputError>(
      H5Dset_extent(data, size) >= 0 &&
          H5Dwrite_chunk(data, H5P_DEFAULT, filter_mask, start, bytes.size(), bytes.data()) >= 0,
      file.path(), ": frame ", at, " cannot be written: ", hdf5_error);
}

}  // namespace

void check_copied_alike(const std::string& frame, const SourceInfo& one, const SourceInfo& first) {
  check(!one.assembled, frame,
        ": is assembled from the modules of a detector, and only frames that lie in their file as "
        "they are can be copied: screen without writing their copies");
  check(one.shape == first.shape && one.stored_type == first.stored_type, frame, ": ", one.shape.ss,
        " x ", one.shape.fs, " ", one.stored_type, ", frames of ", first.path, " are ",
        first.shape.ss, " x ", first.shape.fs, " ", first.stored_type,
        ": they do not go into one file");
  check(one.trusted.min == first.trusted.min && one.trusted.max == first.trusted.max, frame,
        ": trusted values ", one.trusted.min, " to ", one.trusted.max, ", those of ", first.path,
        " ", first.trusted.min, " to ", first.trusted.max, ": give --trusted for all");
}

struct CxiCopy::State {
  State(const std::string& path, const FrameSet& set, bool overwrite)
      : frames(set), out(path, overwrite), file(Hdf5File::create(out.temporary())) {
    const std::shared_ptr<const FrameSource> first = frames.source(0);
    info = first->info();
    value_size = H5Tget_size(stored_type(info.stored_type));
    EncodedFrame fetched;
    first->fetch(frames.address(0).frame, whole(info.shape), fetched);
    check_copied_alike(frames.name(0), info, info);
    const EncodedImage& image = fetched.data.at(0);
    copies = image.filtered;
    if (copies)
      filters = *image.filters;
    else
      filters = {{2, {unsigned(value_size)}, ""}, {1, {deflate_level}, ""}};
    file.write_value("/cxi_version", int32_t(140));
    data = make_frames(file, data_path, stored_type(info.stored_type), info.shape, filters);
  }

  StoredFrame pack(int64_t i, const EncodedFrame& fetched) const {
    check_copied_alike(frames.name(i), frames.source(i)->info(), info);
    const EncodedImage& image = fetched.data.at(0);
    StoredFrame stored{image.bytes, image.filter_mask};
    if (copies && image.filtered && *image.filters == filters) return stored;
    Bytes scratch;
    if (image.filtered)
      decode_chunk(*image.filters, stored.filter_mask, size_t(info.shape.pixels()) * value_size,
                   stored.bytes, scratch);
    stored.filter_mask = 0;
    if (copies)
      stored.filter_mask = (1u << filters.size()) - 1;  // as it is: none of them is applied
    else
      shuffle_and_deflate(stored.bytes, value_size, deflate_level, scratch);
    return stored;
  }

  void append(const StoredFrame& stored, const uint8_t* bad, std::vector<CxiPeak> found) {
    append_frame(file, data, int64_t(peaks.size()), info.shape, stored.bytes, stored.filter_mask);
    peaks.push_back(std::move(found));
    if (!bad && masks.empty()) return;
    add_mask(bad);
  }

  /// Frames before the first with a mask have an empty one.
  void add_mask(const uint8_t* bad) {
    Bytes bytes(size_t(info.shape.pixels()), std::byte(0)), scratch;
    for (size_t i = 0; bad && i < bytes.size(); ++i) bytes[i] = std::byte(bad[i] != 0);
    shuffle_and_deflate(bytes, 1, deflate_level, scratch);
    PackedMask packed{std::move(bytes)};
    const auto known = std::find(masks.begin(), masks.end(), packed);
    mask_of.resize(peaks.size() - 1, no_mask);
    mask_of.push_back(size_t(known - masks.begin()));
    if (known == masks.end()) masks.push_back(std::move(packed));
  }

  void write_masks() {
    if (masks.empty()) return;
    const std::vector<ChunkFilter> deflated = {{2, {1}, ""}, {1, {deflate_level}, ""}};
    const bool one = masks.size() == 1 && mask_of.front() != no_mask;
    Bytes scratch;
    const auto pixels = size_t(info.shape.pixels());
    if (one) {
      decode_chunk(deflated, 0, pixels, masks[0].bytes, scratch);
      file.write(mask_path, reinterpret_cast<const uint8_t*>(masks[0].bytes.data()),
                 {info.shape.ss, info.shape.fs}, deflate_level);
      return;
    }
    PackedMask none{Bytes(pixels, std::byte(0))};
    shuffle_and_deflate(none.bytes, 1, deflate_level, scratch);
    const Hdf5Id each = make_frames(file, mask_path, H5T_STD_U8LE, info.shape, deflated);
    for (size_t i = 0; i < mask_of.size(); ++i)
      append_frame(file, each, int64_t(i), info.shape,
                   (mask_of[i] == no_mask ? none : masks[mask_of[i]]).bytes, 0);
  }

  static constexpr size_t no_mask = size_t(-1);
  const FrameSet& frames;
  OutputFile out;
  Hdf5File file;
  Hdf5Id data;
  SourceInfo info;  // of the first frame
  size_t value_size = 0;
  bool copies = false;  // chunks as they are
  std::vector<ChunkFilter> filters;
  std::vector<std::vector<CxiPeak>> peaks;
  std::vector<PackedMask> masks;
  std::vector<size_t> mask_of;  // a number a frame
};

CxiCopy::CxiCopy(const std::string& path, const FrameSet& frames, bool overwrite)
    : state_(std::make_unique<State>(path, frames, overwrite)) {}
CxiCopy::~CxiCopy() = default;

StoredFrame CxiCopy::pack(int64_t i, const EncodedFrame& fetched) const {
  return state_->pack(i, fetched);
}

void CxiCopy::append(const StoredFrame& stored, const uint8_t* bad, std::vector<CxiPeak> peaks) {
  state_->append(stored, bad, std::move(peaks));
}

Hdf5File& CxiCopy::file() { return state_->file; }

std::vector<std::string> CxiCopy::write_rest() {
  State& state = *state_;
  check(int64_t(state.peaks.size()) == state.frames.size(), state.out.path(), ": ",
        state.peaks.size(), " of ", state.frames.size(), " frames were appended");
  state.write_masks();
  write_cxi_peaks(state.file, state.peaks);
  write_cxi_sources(state.file, state.frames);
  const TrustedRange& trusted = state.info.trusted;
  state.file.write_attribute<double>(data_path, "trusted_range", {trusted.min, trusted.max});
  return copy_per_shot(state.frames, state.file);
}

void CxiCopy::commit() {
  state_->data = Hdf5Id();
  state_->file.close();
  state_->out.commit();
}

}  // namespace hitsieve
