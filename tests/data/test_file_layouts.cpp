// Layouts beyond a plain run: links, virtual datasets, filters, masks in the file, CXIDB 76.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "data/frame_source.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

constexpr FrameShape shape{12, 10};
constexpr const char* cxi_data = "/entry_1/data_1/data";
constexpr const char* detector_data = "/entry_1/instrument_1/detector_1/data";

std::string refusal(const std::string& path, SourceOptions options = {}) {
  return error_of([&] { FrameSource::open(path, options); });
}

template <class T>
void write_frames(Hdf5File& file, const std::string& dataset, int64_t frames) {
  file.write(dataset, sample_run<T>(frames, shape).data(), {frames, shape.ss, shape.fs});
}

std::vector<uint16_t> mask_with(std::initializer_list<size_t> bad) {
  std::vector<uint16_t> mask(size_t(shape.pixels()), 0);
  for (const size_t i : bad) mask[i] = 512;
  return mask;
}

/// A small CXIDB 76 file with two KEYs, written in the other order than their names'.
void write_idh5(const std::string& path, std::vector<int32_t> areas, double saturated = 3000) {
  Hdf5File file = Hdf5File::create(path);
  file.write_string("/metadata/idh5_version", "idh5_v1.0");
  file.write_value("/metadata/MIN_TRUSTED_VALUE", int32_t(-10));
  file.write_value("/metadata/SATURATED_VALUE", saturated);
  if (!areas.empty()) file.write("/metadata/ACTIVE_AREAS", areas.data(), {int64_t(areas.size())});
  const auto all = sample_run<int32_t>(5, shape);
  const double wavelength[3] = {1.0, 2.0, 1.3};
  file.write("/data/b/images", all.data() + 2 * shape.pixels(), {3, shape.ss, shape.fs});
  file.write("/data/b/wavelength", wavelength, {3});
  file.write("/data/a/images", all.data(), {2, shape.ss, shape.fs});
  file.write("/data/a/wavelength", wavelength, {2});
  file.close();
}

}  // namespace

TEST_CASE("layouts: data behind soft and external links") {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "soft.cxi");
  write_frames<int16_t>(file, detector_data, 3);
  file.soft_link("/entry_1/instrument_1/detector_1", "/entry_1/data_1");
  file.close();
  const auto soft = FrameSource::open(folder / "soft.cxi");
  CHECK(soft->info().dataset == cxi_data);
  CHECK(is_sample(soft->read(2), 2));

  write_dataset<uint16_t>(folder / "part.h5", "/images", 3, shape);
  file = Hdf5File::create(folder / "external.cxi");
  file.external_link("part.h5", "/images", cxi_data);
  file.close();
  CHECK(is_sample(FrameSource::open(folder / "external.cxi")->read(1, {3, 2, {4, 5}}), 1, 3, 2));
  std::filesystem::remove(folder / "part.h5");
  CHECK_CONTAINS(refusal(folder / "external.cxi"), "is a link to /images in part.h5");
}

TEST_CASE("layouts: a mask or frames that a broken link leads to are missed") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi", mask = "/entry_1/data_1/mask";
  Hdf5File file = Hdf5File::create(path);
  write_frames<uint16_t>(file, cxi_data, 2);
  file.soft_link("/nowhere", mask);
  file.close();
  CHECK_CONTAINS(refusal(path), "/entry_1/data_1/mask is a link to /nowhere, which is not there");
  CHECK_CONTAINS(refusal(path), "--ignore-file-mask");
  CHECK(FrameSource::open(path, {.use_mask = false})->info().frames == 2);
  file = Hdf5File::create(path);
  write_frames<uint16_t>(file, cxi_data, 2);
  file.soft_link("/nowhere", mask);
  file.write("/entry_1/instrument_1/detector_1/mask", mask_with({3}).data(), {12, 10});
  file.close();
  CHECK(FrameSource::open(path)->mask()->masked() == 1);  // the other place has it
  file = Hdf5File::create(folder / "idh5.h5");
  file.write_string("/metadata/idh5_version", "idh5_v1.0");
  write_frames<uint16_t>(file, "/data/a/images", 2);
  file.external_link("gone.h5", "/b", "/data/b");
  write_frames<uint16_t>(file, "/data/c/images", 2);
  file.close();
  CHECK_CONTAINS(refusal(folder / "idh5.h5"), "/data/b is a link to /b in gone.h5");
}

TEST_CASE("layouts: frames that are named keep the masks and limits of their layout") {
  const TemporaryFolder folder;
  const std::string path = folder / "master.h5", detector = "/entry/instrument/detector/";
  Hdf5File file = Hdf5File::create(path);
  for (const char* part : {"/entry/data/data_000001", "/entry/data/data_000002"})
    write_frames<uint16_t>(file, part, 2);
  file.write(detector + "pixel_mask", mask_with({7}).data(), {12, 10});
  file.write_value(detector + "saturation_value", int32_t(1000));
  file.close();
  const auto named = FrameSource::open(path, {.dataset = "/entry//data/data_000002"});
  CHECK(named->info().frames == 2);
  CHECK(named->mask()->masked() == 1);
  CHECK(named->info().trusted.max == 1000);
  write_idh5(folder / "idh5.h5", {0, 0, 6, 10, 6, 0, 12, 10});
  const auto key = FrameSource::open(folder / "idh5.h5", {.dataset = "/data/b/images"});
  CHECK(key->info().frames == 3);
  CHECK(is_sample(key->read(0), 2));
  CHECK(key->mask()->masked() > 0);
  CHECK(key->info().trusted.max == 2999);
  file = Hdf5File::create(folder / "long.h5");
  write_frames<uint16_t>(file, "/entry/data/data_99999999999999999991", 2);
  file.close();
  CHECK_CONTAINS(refusal(folder / "long.h5"), "no frames found");
}

TEST_CASE("layouts: a virtual dataset whose source is missing is refused, not read as zeros") {
  const TemporaryFolder folder;
  write_dataset<uint16_t>(folder / "part.h5", "/images", 3, shape);
  {
    const Hdf5Lock lock;  // virtual datasets need a newer format than Hdf5File::create writes
    const Hdf5Id file(
        H5Fcreate((folder / "all.cxi").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Hdf5Id links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    const hsize_t size[3] = {3, hsize_t(shape.ss), hsize_t(shape.fs)};
    const Hdf5Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_virtual(creation, space, "part.h5", "/images", space);
    const Hdf5Id data(
        H5Dcreate2(file, cxi_data, H5T_STD_U16LE, space, links, creation, H5P_DEFAULT), H5Dclose);
  }
  {
    const auto source = FrameSource::open(folder / "all.cxi");
    CHECK(source->info().storage == "virtual");
    const auto part = FrameSource::open(folder / "part.h5", {.dataset = "/images"});
    CHECK(is_sample(source->read(2), 2));  // though its source is open here, too
    const int writer = ::open((folder / "part.h5").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::flock(writer, LOCK_EX) == 0);
    const auto again = FrameSource::open(folder / "all.cxi");
    CHECK(is_sample(again->read(1), 1));
    ::close(writer);
  }
  write_dataset<uint16_t>(folder / "part.h5", "/elsewhere", 3, shape);
  CHECK_CONTAINS(refusal(folder / "all.cxi"), "its source part.h5:/images is missing");
  std::filesystem::remove(folder / "part.h5");
  CHECK_CONTAINS(refusal(folder / "all.cxi"), "its source file part.h5 is missing");
}

TEST_CASE("layouts: files of HDF5 1.10's format, and groups that are links") {
  const TemporaryFolder folder;
  {
    const Hdf5Lock lock;
    const Hdf5Id newest(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_libver_bounds(newest, H5F_LIBVER_V110, H5F_LIBVER_V110);
    const Hdf5Id file(H5Fcreate((folder / "new.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, newest),
                      H5Fclose);
    const Hdf5Id group(H5Gcreate2(file, "/real", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const hsize_t size[3] = {2, hsize_t(shape.ss), hsize_t(shape.fs)};
    const Hdf5Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const Hdf5Id data(
        H5Dcreate2(group, "images", H5T_STD_U16LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    const auto values = sample_run<uint16_t>(2, shape);
    REQUIRE(H5Dwrite(data, H5T_STD_U16LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    REQUIRE(H5Lcreate_soft("/real", file, "/link", H5P_DEFAULT, H5P_DEFAULT) >= 0);
  }
  CHECK(is_sample(FrameSource::open(folder / "new.h5", {.dataset = "/link/images"})->read(1), 1));
  CHECK(Hdf5File::open(folder / "new.h5").children("/link") == std::vector<std::string>{"images"});
}

TEST_CASE("layouts: a filter that nobody can undo is named with file and dataset") {
  const TemporaryFolder folder;
  {
    Hdf5File file = Hdf5File::create(folder / "a.cxi");
    file.make_group("/entry_1/data_1");
    const Hdf5Lock lock;
    const hsize_t size[3] = {1, hsize_t(shape.ss), hsize_t(shape.fs)};
    const Hdf5Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(creation, 3, size);
    H5Pset_filter(creation, 32013, H5Z_FLAG_OPTIONAL, 0, nullptr);  // optional: may be missing
    const Hdf5Id data(
        H5Dcreate2(file.id(), cxi_data, H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT),
        H5Dclose);
    const char chunk[240] = {};
    const hsize_t start[3] = {};
    H5Dwrite_chunk(data, H5P_DEFAULT, 0, start, sizeof chunk, chunk);
  }
  const std::string message = refusal(folder / "a.cxi");
  CHECK_CONTAINS(message, "a.cxi: /entry_1/data_1/data: is compressed with ZFP (filter 32013)");
  CHECK_CONTAINS(message, "HDF5_PLUGIN_PATH");
}

TEST_CASE("layouts: CXI masks at either place, for all frames or one a frame") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  Hdf5File file = Hdf5File::create(path);
  write_frames<uint16_t>(file, detector_data, 3);
  file.soft_link(detector_data, cxi_data);
  file.write("/entry_1/data_1/mask", mask_with({7}).data(), {shape.ss, shape.fs});
  std::vector<uint16_t> own;
  for (const size_t bad : {25, 26, 27})
    for (const uint16_t value : mask_with({bad})) own.push_back(value);
  file.write("/entry_1/instrument_1/detector_1/mask", own.data(), {3, shape.ss, shape.fs});
  file.close();

  const auto source = FrameSource::open(path);
  CHECK_CONTAINS(source->info().mask,
                 "/entry_1/data_1/mask (0 = good), 1 of 120 pixels, 0.83 % masked");
  CHECK_CONTAINS(source->info().mask, "/entry_1/instrument_1/detector_1/mask (one a frame");
  for (int64_t i = 0; i < 3; ++i) {
    const Frame frame = source->read(i), part = source->read(i, {2, 0, {3, 10}});
    REQUIRE(frame.bad());
    for (int64_t at = 0; at < shape.pixels(); ++at)
      CHECK(bool(frame.bad()[at]) == (at == 7 || at == 25 + i));
    CHECK(good_pixels(frame) == 118);
    CHECK(part.bad()[5 + i] == 1);
    CHECK(good_pixels(part) == 29);
  }
  const auto without = FrameSource::open(path, {.use_mask = false});
  CHECK(without->info().mask == "none");
  CHECK(without->read(0).bad() == nullptr);
}

TEST_CASE("layouts: a mask that is mostly bad, or of another shape, stops with the reason") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  Hdf5File file = Hdf5File::create(path);
  write_frames<uint16_t>(file, cxi_data, 1);
  const std::vector<uint8_t> ones(size_t(shape.pixels()), 1);
  file.write("/entry_1/data_1/mask", ones.data(), {shape.ss, shape.fs});
  file.close();
  const std::string message = refusal(path);
  CHECK_CONTAINS(message, "/entry_1/data_1/mask: 100 % of the pixels would be masked");
  CHECK_CONTAINS(message, "read as 0 = good");
  file = Hdf5File::create(path);
  write_frames<uint16_t>(file, cxi_data, 1);
  file.write("/entry_1/data_1/mask", ones.data(), {shape.fs, shape.ss});
  file.close();
  CHECK(!refusal(path).empty());
}

TEST_CASE("layouts: CXIDB 76, several KEYs in name order, trusted range and active areas") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  write_idh5(path, {0, 0, 12, 5, 0, 6, 12, 10});
  auto source = FrameSource::open(path);
  const SourceInfo& info = source->info();
  CHECK(info.layout == "CXIDB 76");
  CHECK(info.frames == 5);
  for (int64_t i = 0; i < 5; ++i) CHECK(is_sample(source->read(i), i));
  CHECK(info.trusted.min == -10);
  CHECK(info.trusted.max == 2999);
  REQUIRE(info.photon_energy_ev.size() == 5);
  CHECK(info.photon_energy_ev[1] == doctest::Approx(12398.42 / 2));
  CHECK(info.photon_energy_ev[4] == doctest::Approx(12398.42 / 1.3));
  const Mask& mask = *source->mask();  // x along ss; one pixel inside each edge is left out
  for (int64_t row = 0; row < 12; ++row)
    for (int64_t column = 0; column < 10; ++column) {
      const bool active =
          row >= 1 && row < 11 && ((column >= 1 && column < 4) || (column >= 7 && column < 9));
      CHECK(bool(mask.bad[size_t(row * 10 + column)]) == !active);
    }
  source.reset();

  write_idh5(path, {0, 0, 12, 10});  // one tile is the whole detector
  CHECK(FrameSource::open(path)->mask() == nullptr);
  write_idh5(path, {0, 0, 12, 10, 3});
  CHECK_CONTAINS(refusal(path), "/metadata/ACTIVE_AREAS: 5 numbers");
  write_idh5(path, {0, 0, 12, 10, 3, 3, 13, 5});
  CHECK_CONTAINS(refusal(path), "tile 1 (3, 3, 13, 5) is not inside");
  write_idh5(path, {}, -20);
  CHECK_CONTAINS(refusal(path), "no value is trusted");
}

TEST_CASE("layouts: the real and the independently simulated frames open") {
  const std::string folder = shared_folder();
  if (folder.empty()) return;
  int64_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/frames")) {
    if (entry.path().extension() != ".cxi") continue;
    const auto source = FrameSource::open(entry.path().string());
    const SourceInfo& info = source->info();
    CAPTURE(info.path);
    CHECK(info.layout == "CXI");
    const Frame frame = source->read(info.frames - 1);
    CHECK(frame.shape == info.shape);
    CHECK(good_pixels(frame) > info.shape.pixels() / 2);
    ++files;
  }
  CHECK(files >= 7);
}
