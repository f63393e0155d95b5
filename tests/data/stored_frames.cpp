#include "tests/data/stored_frames.h"

#include <cmath>

namespace hitsieve {
namespace {

constexpr int64_t rows = stored_shape.ss, columns = stored_shape.fs;
constexpr hsize_t half_rows = rows / 2, half_columns = columns / 2;

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

/// Frames with their axes in another order: pixel (fs, ss) of each.
std::vector<std::string> write_turned(const TemporaryFolder& folder, int64_t frames) {
  std::vector<uint16_t> all;
  for (int64_t i = 0; i < frames; ++i)
    for (int64_t fs = 0; fs < columns; ++fs)
      for (int64_t ss = 0; ss < rows; ++ss) all.push_back(uint16_t(sample_pixel(i, ss, fs)));
  Hdf5File file = Hdf5File::create(folder / "turned.h5");
  file.write("/any/where", all.data(), {frames, columns, rows});
  file.close();
  return {folder / "turned.h5"};
}

/// The rows of the left and of the right half in turn: (N, ss, half, fs), which are the rows of the
/// frames as they are.
std::vector<std::string> write_interleaved(const TemporaryFolder& folder, int64_t frames) {
  Hdf5File file = Hdf5File::create(folder / "interleaved.h5");
  file.write("/any/where", samples(0, frames).data(), {frames, rows, 2, columns / 2});
  file.close();
  return {folder / "interleaved.h5"};
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

const char* const turned_geometry =
    "res = 13333.3\ndata = /any/where\ndim0 = %\ndim1 = fs\ndim2 = ss\n"
    "p/min_fs = 0\np/max_fs = 19\np/min_ss = 0\np/max_ss = 23\n"
    "p/corner_x = -10\np/corner_y = -12.0\np/fs = x\np/ss = y\n";

const char* const interleaved_geometry =
    "res = 13333.3\ndata = /any/where\ndim0 = %\ndim1 = ss\ndim3 = fs\nfs = x\nss = y\n"
    "min_fs = 0\nmax_fs = 9\nmin_ss = 0\nmax_ss = 23\ncorner_y = -12\n"
    "left/dim2 = 0\nleft/corner_x = -10\nright/dim2 = 1\nright/corner_x = 0\n";

}  // namespace

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
      {"fs before ss", write_turned, turned_geometry},
      {"a module between ss and fs", write_interleaved, interleaved_geometry},
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
