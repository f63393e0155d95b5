#include "tests/data/stored_frames.h"

#include <cmath>

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

namespace hitsieve {
namespace {

using Bytes = std::vector<std::byte>;
constexpr int64_t rows = stored_shape.ss, columns = stored_shape.fs;
constexpr hsize_t half_rows = rows / 2, half_columns = columns / 2;

void append_big_endian(Bytes& out, uint64_t value, int bytes) {
  while (bytes-- > 0) out.push_back(std::byte(value >> (8 * bytes)));
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes lz4(const Bytes& in) {
  Bytes out(size_t(LZ4_compressBound(int(in.size()))));
  out.resize(size_t(LZ4_compress_default(reinterpret_cast<const char*>(in.data()),
                                         reinterpret_cast<char*>(out.data()), int(in.size()),
                                         int(out.size()))));
  return out;
}

Bytes zstd(const Bytes& in) {
  Bytes out(ZSTD_compressBound(in.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

Bytes deflate(const Bytes& in) {
  Bytes out(compressBound(in.size()));
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(in.data()),
           in.size());
  out.resize(size);
  return out;
}

Bytes blosc(const Bytes& in, size_t size) {
  Bytes out(in.size() + BLOSC_MAX_OVERHEAD);
  out.resize(size_t(blosc_compress_ctx(5, BLOSC_SHUFFLE, size, in.size(), in.data(), out.data(),
                                       out.size(), "lz4", 0, 1)));
  return out;
}

Bytes shuffle(const Bytes& in, size_t size) {
  Bytes out = in;
  const size_t count = in.size() / size;
  for (size_t i = 0; i < count; ++i)
    for (size_t byte = 0; byte < size; ++byte) out[byte * count + i] = in[i * size + byte];
  return out;
}

/// Bit b of byte k of element e becomes bit e of the row of bits 8 k + b.
Bytes bits_of_block(const std::byte* in, size_t count, size_t size) {
  Bytes out(count * size);
  for (size_t element = 0; element < count; ++element)
    for (size_t bit = 0; bit < 8 * size; ++bit)
      if ((in[element * size + bit / 8] >> int(bit % 8) & std::byte(1)) != std::byte(0))
        out[bit * count / 8 + element / 8] |= std::byte(1 << element % 8);
  return out;
}

Bytes bitshuffle(const Bytes& in, size_t size, unsigned coder) {
  constexpr size_t block = 64;
  Bytes out;
  append_big_endian(out, in.size(), 8), append_big_endian(out, block * size, 4);
  const size_t whole = in.size() / size / 8 * 8;
  for (size_t done = 0; done < whole; done += block) {
    const size_t count = std::min(block, whole - done);
    const Bytes bits = bits_of_block(in.data() + done * size, count, size);
    const Bytes packed = coder == 2 ? lz4(bits) : zstd(bits);
    append_big_endian(out, packed.size(), 4), append(out, packed);
  }
  out.insert(out.end(), in.begin() + ptrdiff_t(whole * size), in.end());
  return out;
}

Bytes lz4_filter(const Bytes& in) {
  Bytes out;
  append_big_endian(out, in.size(), 8), append_big_endian(out, in.size(), 4);
  const Bytes packed = lz4(in);
  const bool smaller = packed.size() < in.size();
  append_big_endian(out, smaller ? packed.size() : in.size(), 4);
  append(out, smaller ? packed : in);
  return out;
}

Hdf5Id links() {
  Hdf5Id made(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(made, 1);
  return made;
}

/// The quadrants of each frame below each other.
template <class T>
std::vector<T> quadrants(int64_t first, int64_t frames) {
  std::vector<T> all;
  for (int64_t i = first; i < first + frames; ++i)
    for (int64_t module = 0; module < 4; ++module)
      for (int64_t ss = 0; ss < int64_t(half_rows); ++ss)
        for (int64_t fs = 0; fs < int64_t(half_columns); ++fs) {
          const bool turned = module == 2;
          const int64_t row = module < 2 ? ss : turned ? rows - 1 - ss : ss + rows / 2;
          const int64_t column = module % 2 == 1 ? fs + columns / 2
                                 : turned        ? columns / 2 - 1 - fs
                                                 : fs;
          all.push_back(T(sample_pixel(i, row, column)));
        }
  return all;
}

const std::vector<hsize_t> one_frame = {1, hsize_t(rows), hsize_t(columns)};

Storing whole_frames(int64_t frames, std::vector<int> filters, std::vector<unsigned> values) {
  Storing how;
  how.sizes = {hsize_t(frames), hsize_t(rows), hsize_t(columns)};
  if (!filters.empty()) how.chunk = one_frame;
  how.filters = std::move(filters), how.values = std::move(values);
  return how;
}

std::vector<uint16_t> samples(int64_t first, int64_t frames) {
  std::vector<uint16_t> all;
  for (int64_t i = first; i < first + frames; ++i)
    for (const int32_t value : sample_frame(i, stored_shape)) all.push_back(uint16_t(value));
  return all;
}

StoredLayout cxi(const char* name, std::vector<int> filters, std::vector<unsigned> values = {}) {
  return {name, [=](const TemporaryFolder& folder, int64_t frames) {
            const std::string path = folder / "run.cxi";
            const Hdf5Lock lock;
            const Hdf5Id file = new_file(path);
            store(file, "/entry_1/data_1/data", whole_frames(frames, filters, values),
                  samples(0, frames).data());
            return std::vector<std::string>{path};
          }};
}

std::vector<std::string> write_idh5(const TemporaryFolder& folder, int64_t frames) {
  const std::string path = folder / "idh5.h5";
  Hdf5File file = Hdf5File::create(path);
  file.write_string("/metadata/idh5_version", "idh5_v1.0");
  const int64_t first = frames / 2;
  file.write("/data/a/images", samples(0, first).data(), {first, rows, columns});
  file.write("/data/b/images", samples(first, frames - first).data(),
             {frames - first, rows, columns});
  file.close();
  return {path};
}

/// Data files with the two halves of the run, for a master beside them.
std::vector<std::string> write_halves(const TemporaryFolder& folder, int64_t frames,
                                      const std::string& dataset) {
  const int64_t first = frames / 2;
  const std::vector<std::string> paths = {folder / "x_data_000001.h5", folder / "x_data_000002.h5"};
  for (size_t i = 0; i < 2; ++i) {
    const Hdf5Id file = new_file(paths[i]);
    const int64_t count = i == 0 ? first : frames - first;
    store(file, dataset, whole_frames(count, {32008}, {0, 4, 2, 0, 2}),
          samples(i == 0 ? 0 : first, count).data());
  }
  return paths;
}

void write_pixel_mask(hid_t file, const std::string& dataset) {
  const std::vector<uint32_t> mask(size_t(rows * columns), 0);
  Storing how;
  how.type = H5T_STD_U32LE, how.sizes = {hsize_t(rows), hsize_t(columns)};
  store(file, dataset, how, mask.data());
}

std::vector<std::string> write_master(const TemporaryFolder& folder, int64_t frames) {
  const Hdf5Lock lock;
  std::vector<std::string> paths = write_halves(folder, frames, "/entry/data/data");
  const std::string master = folder / "x_master.h5";
  const Hdf5Id file = new_file(master);
  const Hdf5Id groups = links();
  for (const char* number : {"000001", "000002"})
    H5Lcreate_external((std::string("x_data_") + number + ".h5").c_str(), "/entry/data/data", file,
                       (std::string("/entry/data/data_") + number).c_str(), groups, H5P_DEFAULT);
  write_pixel_mask(file, "/entry/instrument/detector/detectorSpecific/pixel_mask");
  paths.insert(paths.begin(), master);
  return paths;
}

std::vector<std::string> write_nxmx(const TemporaryFolder& folder, int64_t frames) {
  const Hdf5Lock lock;
  std::vector<std::string> paths = write_halves(folder, frames, "/data");
  const std::string master = folder / "x.nxs";
  const Hdf5Id file = new_file(master);
  const auto first = hsize_t(frames / 2), rest = hsize_t(frames) - first;
  const auto part = [](const char* name, hsize_t at, hsize_t count) {
    return VirtualPart{name,
                       "/data",
                       {count, hsize_t(rows), hsize_t(columns)},
                       {at, 0, 0, 0},
                       {count, 1, hsize_t(rows), hsize_t(columns)}};
  };
  store_virtual(file, "/entry/data/data", H5T_STD_U16LE,
                {hsize_t(frames), 1, hsize_t(rows), hsize_t(columns)},
                {part("x_data_000001.h5", 0, first), part("x_data_000002.h5", first, rest)});
  write_pixel_mask(file, "/entry/instrument/detector/pixel_mask");
  paths.insert(paths.begin(), master);
  return paths;
}

std::vector<std::string> write_generic(const TemporaryFolder& folder, int64_t frames) {
  write_dataset<uint16_t>(folder / "generic.h5", "/any/where", frames, stored_shape);
  return {folder / "generic.h5"};
}

std::vector<std::string> write_modular(const TemporaryFolder& folder, int64_t frames) {
  const Hdf5Lock lock;
  const std::string path = folder / "modular.cxi";
  const Hdf5Id file = new_file(path);
  Storing how;
  how.sizes = {hsize_t(frames), 4, half_rows, half_columns};
  how.chunk = {1, 4, half_rows, half_columns}, how.filters = {2, 1}, how.values = {1};
  store(file, "/entry_1/data_1/data", how, quadrants<uint16_t>(0, frames).data());
  return {path};
}

/// A file a module, stitched together.
std::vector<std::string> write_euxfel(const TemporaryFolder& folder, int64_t frames) {
  const Hdf5Lock lock;
  const std::vector<float> all = quadrants<float>(0, frames);
  const hsize_t pixels = half_rows * half_columns;
  std::vector<std::string> paths = {folder / "virtual.cxi"};
  std::vector<VirtualPart> data, mask;
  for (hsize_t module = 0; module < 4; ++module) {
    const std::string name = "module" + std::to_string(module) + ".h5";
    std::vector<float> own;
    for (hsize_t i = 0; i < hsize_t(frames); ++i)
      own.insert(own.end(), all.begin() + ptrdiff_t((4 * i + module) * pixels),
                 all.begin() + ptrdiff_t((4 * i + module + 1) * pixels));
    const Hdf5Id file = new_file(folder / name);
    Storing how;
    how.sizes = {hsize_t(frames), half_rows, half_columns};
    how.type = H5T_IEEE_F32LE;
    store(file, "/image/data", how, own.data());
    how.type = H5T_STD_U32LE;
    store(file, "/image/mask", how, std::vector<uint32_t>(own.size(), 0).data());
    const VirtualPart part{name,
                           "/image/data",
                           how.sizes,
                           {0, module, 0, 0},
                           {hsize_t(frames), 1, half_rows, half_columns}};
    data.push_back(part), mask.push_back(part), mask.back().dataset = "/image/mask";
    paths.push_back(folder / name);
  }
  const Hdf5Id file = new_file(paths[0]);
  const std::vector<hsize_t> sizes = {hsize_t(frames), 4, half_rows, half_columns};
  const std::string place = "/entry_1/instrument_1/detector_1";
  store_virtual(file, place + "/data", H5T_IEEE_F32LE, sizes, data, std::nan(""));
  store_virtual(file, place + "/mask", H5T_STD_U32LE, sizes, mask, 1);
  return paths;
}

/// A group a frame, with the upper and the lower half in a dataset each.
std::vector<std::string> write_tags(const TemporaryFolder& folder, int64_t frames) {
  const std::string path = folder / "tags.h5";
  Hdf5File file = Hdf5File::create(path);
  file.write_string("/file_info/version", "1");
  for (int64_t i = 0; i < frames; ++i) {
    const std::vector<uint16_t> all = samples(i, 1);
    const std::string tag = "/tag_" + std::to_string(1000 + i);
    for (int64_t part = 0; part < 2; ++part)
      file.write(tag + "/detector_" + std::to_string(part + 1) + "/data",
                 all.data() + part * (rows / 2) * columns, {rows / 2, columns});
  }
  file.close();
  return {path};
}

const char* const generic_geometry =
    "; one panel\nclen = 0.1\nphoton_energy = 9500 eV\nadu_per_photon = 1\nres = 13333.3\n"
    "data = /any/where\ndim0 = %\ndim1 = ss\ndim2 = fs\n"
    "p/min_fs = 0\np/max_fs = 19\np/min_ss = 0\np/max_ss = 23\n"
    "p/corner_x = -10\np/corner_y = -12.0\np/fs = +1.0x +0.0y\np/ss = +y\n";

const char* const tags_geometry =
    "res = 20000\nrigid_group_all = a,b\nmin_fs = 0\nmax_fs = 19\nmin_ss = 0\nmax_ss = 11\n"
    "fs = x\nss = y\ncorner_x = -10\n"
    "a/data = /%/detector_1/data\na/corner_y = -12\n"
    "b/data = /%/detector_2/data\nb/corner_y = 0\n";

}  // namespace

Bytes encode(const Storing& how, Bytes bytes, size_t size) {
  for (const int filter : how.filters) {
    if (filter == 1) bytes = deflate(bytes);
    if (filter == 2) bytes = shuffle(bytes, size);
    if (filter == 32001) bytes = blosc(bytes, size);
    if (filter == 32004) bytes = lz4_filter(bytes);
    if (filter == 32008) bytes = bitshuffle(bytes, size, how.values.at(4));
    if (filter == 32015) bytes = zstd(bytes);
  }
  return bytes;
}

Hdf5Id new_file(const std::string& path) {
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose};
}

void store(hid_t file, const std::string& dataset, const Storing& how, const void* data) {
  const auto rank = int(how.sizes.size());
  const Hdf5Id space(H5Screate_simple(rank, how.sizes.data(), nullptr), H5Sclose);
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), groups = links();
  const size_t size = H5Tget_size(how.type);
  if (!how.chunk.empty()) H5Pset_chunk(creation, rank, how.chunk.data());
  for (const int filter : how.filters) {
    const auto own = unsigned(size);
    const bool last = filter == how.filters.back();
    if (filter == 2)
      H5Pset_shuffle(creation);
    else
      H5Pset_filter(creation, filter, H5Z_FLAG_OPTIONAL, last ? how.values.size() : 1,
                    last ? how.values.data() : &own);
  }
  const Hdf5Id made(
      H5Dcreate2(file, dataset.c_str(), how.type, space, groups, creation, H5P_DEFAULT), H5Dclose);
  REQUIRE(made.ok());
  if (how.chunk.empty()) {
    REQUIRE(H5Dwrite(made, how.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    return;
  }
  size_t bytes = size;
  for (const hsize_t axis : how.chunk) bytes *= axis;
  std::vector<hsize_t> start(how.sizes.size(), 0);
  for (; start[0] < how.sizes[0]; start[0] += how.chunk[0]) {
    const auto* begin = static_cast<const std::byte*>(data) + start[0] * bytes;
    const Bytes encoded = encode(how, {begin, begin + bytes}, size);
    REQUIRE(H5Dwrite_chunk(made, H5P_DEFAULT, 0, start.data(), encoded.size(), encoded.data()) >=
            0);
  }
}

void store_virtual(hid_t file, const std::string& dataset, hid_t type,
                   const std::vector<hsize_t>& sizes, const std::vector<VirtualPart>& parts,
                   double fill) {
  const Hdf5Id space(H5Screate_simple(int(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), groups = links();
  H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill);
  for (const VirtualPart& part : parts) {
    const Hdf5Id source(H5Screate_simple(int(part.sizes.size()), part.sizes.data(), nullptr),
                        H5Sclose);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, part.start.data(), nullptr, part.count.data(),
                        nullptr);
    REQUIRE(H5Pset_virtual(creation, space, part.file.c_str(), part.dataset.c_str(), source) >= 0);
  }
  const Hdf5Id made(H5Dcreate2(file, dataset.c_str(), type, space, groups, creation, H5P_DEFAULT),
                    H5Dclose);
  REQUIRE(made.ok());
}

std::string quadrant_geometry(const std::string& data) {
  std::string text =
      "res = 5000\nclen = 0.2\nphoton_energy = 9300\nadu_per_eV = 0.0001\ndata = " + data +
      "\ndim0 = %\ndim2 = ss\ndim3 = fs\nmin_fs = 0\nmax_fs = 9\n" +
      "min_ss = 0\nmax_ss = 11\ngroup_all = p0,p1,p2,p3\n";
  const char* const corners[4][3] = {
      {"-10", "-12", "+"}, {"0", "-12", "+"}, {"0.0", "12.0", "-"}, {"0", "0", "+"}};
  for (int i = 0; i < 4; ++i) {
    const std::string panel = "p" + std::to_string(i), sign = corners[i][2];
    text += panel + "/dim1 = " + std::to_string(i) + "\n" + panel + "/corner_x = " + corners[i][0] +
            "\n" + panel + "/corner_y = " + corners[i][1] + "\n" + panel + "/fs = " + sign +
            "1.0x\n" + panel + "/ss = " + sign + "1.0y +0.0x\n";
  }
  return text;
}

const std::vector<StoredLayout>& stored_layouts() {
  static const std::vector<StoredLayout> layouts = {
      cxi("CXI", {}),
      cxi("CXI, deflate", {1}, {6}),
      cxi("CXI, shuffle and deflate", {2, 1}, {6}),
      cxi("CXI, LZ4", {32004}, {0}),
      cxi("CXI, zstd", {32015}, {3}),
      cxi("CXI, bitshuffle and LZ4", {32008}, {0, 4, 2, 0, 2}),
      cxi("CXI, bitshuffle and zstd", {32008}, {0, 4, 2, 0, 3, 3}),
      cxi("CXI, Blosc", {32001}, {2, 2, 2, 960, 5, 1, 1}),
      {"CXIDB 76", write_idh5},
      {"DECTRIS master", write_master},
      {"NXmx, virtual", write_nxmx},
      {"any HDF5 by a geometry", write_generic, generic_geometry},
      {"CXI, modular", write_modular, quadrant_geometry("/entry_1/data_1/data")},
      {"EuXFEL virtual CXI", write_euxfel,
       quadrant_geometry("/entry_1/instrument_1/detector_1/data")},
      {"a group a frame", write_tags, tags_geometry},
  };
  return layouts;
}

std::unique_ptr<FrameSource> open_stored(const StoredLayout& layout, const std::string& path) {
  SourceOptions options;
  if (!layout.geometry.empty())
    options.geometry =
        std::make_shared<const Geometry>(parse_geometry(layout.geometry, "test.geom"));
  return FrameSource::open(path, options);
}

}  // namespace hitsieve
