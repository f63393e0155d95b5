#include "data/cxi_writer.h"

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "data/chunk_encode.h"
#include "engine/hdf5_file.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

constexpr const char* data_path = "/entry_1/data_1/data";

hid_t stored_type(DType type) {
  if (type == DType::u16) return H5T_STD_U16LE;
  if (type == DType::i16) return H5T_STD_I16LE;
  return type == DType::i32 ? H5T_STD_I32LE : H5T_IEEE_F32LE;
}

/// Every value as the target type, exactly, or an Error.
template <class To, class From>
void convert(const From* pixels, const CxiOptions& options, Bytes& out) {
  const int64_t count = options.shape.pixels();
  out.resize(size_t(count) * sizeof(To));
  auto* to = reinterpret_cast<To*>(out.data());
  for (int64_t i = 0; i < count; ++i) {
    const auto value = double(pixels[i]);
    bool fits = std::is_same_v<To, From> || std::is_floating_point_v<To>;
    if (!fits)
      fits = value >= double(std::numeric_limits<To>::min()) &&
             value <= double(std::numeric_limits<To>::max()) && std::floor(value) == value;
    if (!fits) [[unlikely]]
      throw Error(text("pixel ", value, " at ss ", i / options.shape.fs, ", fs ",
                       i % options.shape.fs, " is no ", options.type));
    to[i] = To(pixels[i]);
  }
}

template <class From>
Bytes encode_pixels(const From* pixels, const CxiOptions& options) {
  Bytes bytes, scratch;
  by_pixel(options.type, "cxi", [&]<class To>() { convert<To>(pixels, options, bytes); });
  if (options.deflate > 0)
    shuffle_and_deflate(bytes, size_of(options.type), options.deflate, scratch);
  return bytes;
}

void check_options(const std::string& path, const CxiOptions& options) {
  check(options.shape.ss > 0 && options.shape.fs > 0, path, ": frames of ", options.shape.ss, " x ",
        options.shape.fs, " pixels");
  check(options.deflate >= 0 && options.deflate <= 9, path, ": deflate level ", options.deflate,
        ", want 0 to 9");
  check(options.mask.bad.empty() ||
            (options.mask.ss == options.shape.ss && options.mask.fs == options.shape.fs),
        path, ": the mask has ", options.mask.ss, " x ", options.mask.fs, " pixels, the frames ",
        options.shape.ss, " x ", options.shape.fs);
}

}  // namespace

struct CxiWriter::State {
  State(const std::string& path, CxiOptions chosen)
      : options(std::move(chosen)),
        out(path, options.overwrite),
        file(Hdf5File::create(out.temporary())) {
    file.write_value("/cxi_version", int32_t(140));
    make_data();
    if (!options.mask.bad.empty())
      file.write("/entry_1/data_1/mask", options.mask.bad.data(),
                 {options.shape.ss, options.shape.fs}, options.deflate);
  }

  void make_data() {
    const Hdf5Lock lock;
    file.make_group("/entry_1/data_1");
    const hsize_t none[3] = {0, hsize_t(options.shape.ss), hsize_t(options.shape.fs)};
    const hsize_t one[3] = {1, none[1], none[2]}, most[3] = {H5S_UNLIMITED, none[1], none[2]};
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    H5Pset_chunk(creation, 3, one);
    if (options.deflate > 0) {
      H5Pset_shuffle(creation);
      H5Pset_deflate(creation, unsigned(options.deflate));
    }
    const Hdf5Id space(H5Screate_simple(3, none, most), H5Sclose);
    data = {H5Dcreate2(file.id(), data_path, stored_type(options.type), space, H5P_DEFAULT,
                       creation, H5P_DEFAULT),
            H5Dclose};
    if (!data.ok()) throw OutputError(text(out.path(), ": ", data_path, ": ", hdf5_error()));
  }

  void append(const Bytes& bytes, const CxiFrameInfo& info) {
    const Hdf5Lock lock;
    const hsize_t size[3] = {hsize_t(frames.size()) + 1, hsize_t(options.shape.ss),
                             hsize_t(options.shape.fs)};
    const hsize_t start[3] = {hsize_t(frames.size()), 0, 0};
    if (H5Dset_extent(data, size) < 0 ||
        H5Dwrite_chunk(data, H5P_DEFAULT, 0, start, bytes.size(), bytes.data()) < 0)
      throw OutputError(text(out.path(), ": ", data_path, ": frame ", frames.size(),
                             " cannot be written: ", hdf5_error));
    frames.push_back(info);
  }

  template <class T, class Get>
  void write_column(const std::string& dataset, Get&& get) {
    std::vector<T> values;
    for (const CxiFrameInfo& frame : frames) values.push_back(get(frame));
    file.write(dataset, values.data(), {int64_t(values.size())});
  }

  void finish() {
    check(!frames.empty(), out.path(), ": no frame was appended");
    write_column<uint8_t>("/entry_1/labels", [](auto& frame) { return uint8_t(frame.label); });
    write_column<int32_t>("/entry_1/n_spots", [](auto& frame) { return frame.n_spots; });
    write_column<double>("/LCLS/photon_energy_eV",
                         [](auto& frame) { return frame.photon_energy_ev; });
    write_column<double>("/LCLS/detector_1/EncoderValue",
                         [](auto& frame) { return frame.encoder_mm; });
    std::vector<std::string> identifiers;
    for (const CxiFrameInfo& frame : frames) identifiers.push_back(frame.identifier);
    file.write_strings("/entry_1/experiment_identifier", identifiers);
    data = Hdf5Id();
    file.close();
    out.commit();
  }

  const CxiOptions options;
  OutputFile out;
  Hdf5File file;
  Hdf5Id data;
  std::vector<CxiFrameInfo> frames;
};

CxiWriter::CxiWriter(const std::string& path, CxiOptions options) {
  check_options(path, options);
  state_ = std::make_unique<State>(path, std::move(options));
}
CxiWriter::~CxiWriter() = default;

Bytes CxiWriter::encode(const int32_t* pixels) const {
  return encode_pixels(pixels, state_->options);
}
Bytes CxiWriter::encode(const float* pixels) const {
  return encode_pixels(pixels, state_->options);
}

void CxiWriter::append(const Bytes& encoded, const CxiFrameInfo& info) {
  state_->append(encoded, info);
}
void CxiWriter::append(const int32_t* pixels, const CxiFrameInfo& info) {
  append(encode(pixels), info);
}
void CxiWriter::append(const float* pixels, const CxiFrameInfo& info) {
  append(encode(pixels), info);
}

void CxiWriter::finish() { state_->finish(); }

}  // namespace hitsieve
