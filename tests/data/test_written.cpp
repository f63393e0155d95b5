// Datasets that are not all there, in the ways that HDF5 reads as fill values.
#include <filesystem>

#include <doctest/doctest.h>

#include "data/frame_set.h"
#include "data/labels.h"
#include "tests/data/stored_frames.h"

using namespace hitsieve;

namespace {

/// A dataset of uint8 of which the first `written` chunks are there; chunk {}: contiguous.
void write_some(const std::string& path, const std::string& dataset, std::vector<hsize_t> size,
                const std::vector<hsize_t>& chunk, size_t written) {
  Hdf5File file = Hdf5File::create(path);
  file.write("/entry_1/data_1/data", sample_run<uint16_t>(3, {12, 10}).data(), {3, 12, 10});
  file.make_group(dataset.substr(0, dataset.rfind('/')));
  const Hdf5Lock lock;
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!chunk.empty()) H5Pset_chunk(creation, int(chunk.size()), chunk.data());
  const Hdf5Id space(H5Screate_simple(int(size.size()), size.data(), nullptr), H5Sclose);
  const Hdf5Id data(H5Dcreate2(file.id(), dataset.c_str(), H5T_STD_U8LE, space, H5P_DEFAULT,
                               creation, H5P_DEFAULT),
                    H5Dclose);
  std::vector<hsize_t> start(size.size(), 0);
  std::vector<uint8_t> zeros(1000, 0);
  hsize_t bytes = 1;
  for (const hsize_t side : chunk) bytes *= side;
  for (size_t i = 0; i < written; ++i, start[0] += chunk[0])
    REQUIRE(H5Dwrite_chunk(data, H5P_DEFAULT, 0, start.data(), bytes, zeros.data()) >= 0);
}

}  // namespace

TEST_CASE("masks, labels and numbers that were never written, or in part, are no zeros") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi", mask = "/entry_1/data_1/mask",
                    labels = "/entry_1/labels";
  const auto opens = [&] { return error_of([&] { FrameSource::open(path); }); };
  const auto labelled = [&] { return error_of([&] { read_labels("", FrameSet({path})); }); };
  write_some(path, mask, {12, 10}, {6, 10}, 2);
  CHECK(FrameSource::open(path)->mask()->masked() == 0);
  write_some(path, mask, {12, 10}, {6, 10}, 1);
  CHECK_CONTAINS(opens(), "a.cxi: /entry_1/data_1/mask: was not written whole");
  write_some(path, mask, {12, 10}, {}, 0);
  CHECK_CONTAINS(opens(), "a.cxi: /entry_1/data_1/mask: was never written");
  write_some(path, mask, {1'000'000'000, 1'000'000'000, 1'000'000'000}, {1, 12, 10}, 0);
  CHECK_CONTAINS(error_of([&] { Hdf5File::open(path).read<uint8_t>(mask); }), "was never written");
  write_some(path, mask, {3, 12, 10}, {1, 12, 10}, 0);
  CHECK_CONTAINS(opens(), "a.cxi: /entry_1/data_1/mask: no frame was ever written");
  write_some(path, labels, {3}, {1}, 3);
  CHECK(read_labels("", FrameSet({path})).counts()[0] == 3);
  write_some(path, labels, {3}, {1}, 2);
  CHECK_CONTAINS(labelled(), "a.cxi: /entry_1/labels: was not written whole");
  write_some(path, "/LCLS/photon_energy_eV", {3}, {1}, 2);  // frames are screened without it
  const auto source = FrameSource::open(path);
  CHECK(source->info().photon_energy_ev.empty());
  CHECK_CONTAINS(source->info().notes.back(), "photon_energy_eV: was not written whole");
}

TEST_CASE("a wavelength that was never written is no reason not to screen") {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "plain.h5");
  file.write("/entry/data/data", sample_run<uint16_t>(2, {12, 10}).data(), {2, 12, 10});
  file.make_group("/entry/instrument/beam");
  {
    const Hdf5Lock lock;
    const Hdf5Id scalar(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Id data(H5Dcreate2(file.id(), "/entry/instrument/beam/incident_wavelength",
                                 H5T_IEEE_F64LE, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Dclose);
  }
  file.close();
  const auto plain = FrameSource::open(folder / "plain.h5");
  CHECK(plain->info().photon_energy_ev.empty());
  CHECK_CONTAINS(plain->info().notes.back(), "incident_wavelength: was never written");
}

TEST_CASE("frames of chunks at the edge, of which some were never written") {
  // Four chunks of 9 rows have as many bytes as three frames of 12.
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(path);
    const hsize_t size[3] = {3, 12, 10}, chunk[3] = {1, 9, 10};
    const Hdf5Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(creation, 3, chunk);
    const Hdf5Id data(
        H5Dcreate2(file, "/d", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    const auto values = sample_run<uint16_t>(3, {12, 10});
    const hsize_t starts[4][3] = {{0, 0, 0}, {0, 9, 0}, {1, 0, 0}, {2, 0, 0}};
    for (const auto& start : starts)
      REQUIRE(H5Dwrite_chunk(data, H5P_DEFAULT, 0, start, 180, values.data()) >= 0);
  }
  const auto source = FrameSource::open(path, {.dataset = "/d"});
  source->read(0);
  for (const int64_t frame : {1, 2})
    CHECK_CONTAINS(error_of([&] { source->read(frame); }), "was never written");
}

TEST_CASE("values in an external file that is missing or ends before they do") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5", raw = folder / "a.raw";
  {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(path);
    const hsize_t size[3] = {3, 12, 10};
    const Hdf5Id space(H5Screate_simple(3, size, nullptr), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_external(creation, raw.c_str(), 16, H5F_UNLIMITED);
    const Hdf5Id data(
        H5Dcreate2(file, "/d", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    const auto values = sample_run<uint16_t>(3, {12, 10});
    REQUIRE(H5Dwrite(data, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  }
  const auto open = [&] { return FrameSource::open(path, {.dataset = "/d"}); };
  CHECK(is_sample(open()->read(2), 2));
  CHECK(open()->info().linked == std::vector<std::string>{raw});
  std::filesystem::resize_file(raw, 735);
  CHECK_CONTAINS(error_of([&] { open(); }), "a.raw has 735 bytes, and 736 are wanted");
  std::filesystem::remove(raw);
  CHECK_CONTAINS(error_of([&] { open(); }), "its external file " + raw + " is missing");
}

TEST_CASE("virtual dataset: a gap in the files of a pattern, and parts that lie over each other") {
  const TemporaryFolder folder;
  const auto block = [&](int i) { return folder / ("block_" + std::to_string(i) + ".h5"); };
  for (const int i : {0, 1, 2}) write_dataset<uint16_t>(block(i), "/d", 2, {12, 10});
  {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(folder / "all.h5");
    const hsize_t size[3] = {6, 12, 10}, most[3] = {H5S_UNLIMITED, 12, 10}, zero[3] = {0, 0, 0};
    const hsize_t stride[3] = {2, 1, 1}, count[3] = {H5S_UNLIMITED, 1, 1}, part[3] = {2, 12, 10};
    const Hdf5Id space(H5Screate_simple(3, size, most), H5Sclose);
    const Hdf5Id source(H5Screate_simple(3, part, nullptr), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, zero, stride, count, part);
    REQUIRE(H5Pset_virtual(creation, space, "block_%b.h5", "/d", source) >= 0);
    const Hdf5Id data(
        H5Dcreate2(file, "/d", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    REQUIRE(data.ok());
    store_virtual(new_file(folder / "over.h5"), "/d", H5T_STD_U16LE, {4, 12, 10},
                  {{"block_0.h5", "/d", {2, 12, 10}, {0, 0, 0}, {2, 12, 10}},
                   {"block_1.h5", "/d", {2, 12, 10}, {1, 0, 0}, {2, 12, 10}}},
                  0);
  }
  const auto open = [&](const std::string& name) {
    return FrameSource::open(folder / name, {.dataset = "/d"});
  };
  CHECK(open("all.h5")->info().frames == 6);
  CHECK(open("all.h5")->info().linked.size() == 3);
  std::filesystem::remove(block(1));
  CHECK_CONTAINS(error_of([&] { open("all.h5"); }),
                 "its source file block_1.h5 is missing, but block_2.h5 is there");
  write_dataset<uint16_t>(block(1), "/d", 2, {12, 10});
  CHECK_CONTAINS(error_of([&] { open("over.h5"); }), "25 % of it has no source");
}

TEST_CASE("virtual dataset: sources that grow, that are virtual, or not written whole") {
  const TemporaryFolder folder;
  const std::string path = folder / "all.h5";
  const hsize_t four[3] = {4, 12, 10}, endless[3] = {H5S_UNLIMITED, 12, 10}, one[3] = {1, 1, 1};
  const auto write_source = [&](const std::string& name, hsize_t frames, hsize_t written) {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(folder / name);
    const hsize_t size[3] = {frames, 12, 10}, chunk[3] = {1, 12, 10};
    const Hdf5Id space(H5Screate_simple(3, size, endless), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(creation, 3, chunk);
    const Hdf5Id data(
        H5Dcreate2(file, "/d", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    const auto values = sample_run<uint16_t>(int64_t(frames), {12, 10});
    for (hsize_t i = 0; i < written; ++i) {
      const hsize_t start[3] = {i, 0, 0};
      REQUIRE(H5Dwrite_chunk(data, H5P_DEFAULT, 0, start, 240, values.data() + 120 * i) >= 0);
    }
  };
  // Two sources beside each other, both for as many frames as they have.
  const auto write_growing = [&] {
    const Hdf5Lock lock;
    const Hdf5Id file = new_file(path);
    const hsize_t size[3] = {4, 12, 20}, most[3] = {H5S_UNLIMITED, 12, 20};
    const Hdf5Id space(H5Screate_simple(3, size, most), H5Sclose);
    const Hdf5Id source(H5Screate_simple(3, four, endless), H5Sclose);
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hsize_t zero[3] = {0, 0, 0}, right[3] = {0, 0, 10}, block[3] = {1, 12, 10};
    const hsize_t count[3] = {H5S_UNLIMITED, 1, 1};
    H5Sselect_hyperslab(source, H5S_SELECT_SET, zero, one, count, block);
    for (const auto& [start, name] : {std::pair(zero, "left.h5"), std::pair(right, "right.h5")}) {
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, one, count, block);
      REQUIRE(H5Pset_virtual(creation, space, name, "/d", source) >= 0);
    }
    const Hdf5Id data(
        H5Dcreate2(file, "/d", H5T_STD_U16LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    REQUIRE(data.ok());
  };
  const auto refused = [&](const std::string& file) {
    return error_of([&] { FrameSource::open(folder / file, {.dataset = "/d"}); });
  };
  write_source("left.h5", 4, 4), write_source("right.h5", 4, 4);
  write_growing();
  CHECK(FrameSource::open(path, {.dataset = "/d"})->info().frames == 4);
  write_source("right.h5", 3, 3);
  CHECK_CONTAINS(refused("all.h5"), "takes 4 frames of its source right.h5:/d, which does not");
  std::filesystem::remove(folder / "right.h5");
  CHECK_CONTAINS(refused("all.h5"), "its source file right.h5 is missing");
  write_source("right.h5", 4, 2);
  CHECK_CONTAINS(refused("all.h5"), "its source right.h5:/d was not written whole");
  {
    const Hdf5Lock lock;
    store_virtual(new_file(folder / "outer.h5"), "/d", H5T_STD_U16LE, {4, 12, 20},
                  {{"/gone/all.h5", "/d", {4, 12, 20}, {0, 0, 0}, {4, 12, 20}}}, 0);
  }
  CHECK_CONTAINS(refused("outer.h5"), "right.h5:/d was not written whole");
  write_source("right.h5", 4, 4);
  CHECK(FrameSource::open(folder / "outer.h5", {.dataset = "/d"})->info().frames == 4);
}

TEST_CASE("virtual dataset: HDF5_VDS_PREFIX says which source is meant") {
  const TemporaryFolder folder;
  const std::string raw = folder / "raw", beside = folder / "part.h5";
  std::filesystem::create_directory(raw);
  {
    const Hdf5Lock lock;
    store_virtual(new_file(folder / "all.h5"), "/d", H5T_STD_U16LE, {3, 12, 10},
                  {{"part.h5", "/d", {3, 12, 10}, {0, 0, 0}, {3, 12, 10}}}, 0);
  }
  const auto open = [&] { return FrameSource::open(folder / "all.h5", {.dataset = "/d"}); };
  write_dataset<uint16_t>(raw + "/part.h5", "/d", 3, {12, 10});
  CHECK_CONTAINS(error_of([&] { open(); }), "its source file part.h5 is missing");
  ::setenv("HDF5_VDS_PREFIX", raw.c_str(), 1);
  CHECK(is_sample(open()->read(2), 2));
  write_dataset<uint16_t>(beside, "/d", 3, {12, 10});
  std::filesystem::remove(raw + "/part.h5");
  write_dataset<uint16_t>(raw + "/part.h5", "/d", 2, {12, 10});
  CHECK_CONTAINS(error_of([&] { open(); }), "which does not have those");
  ::unsetenv("HDF5_VDS_PREFIX");
  CHECK(is_sample(open()->read(2), 2));
  CHECK(open()->info().linked == std::vector<std::string>{beside});
  std::filesystem::create_directory(folder / "links");
  std::filesystem::create_symlink(folder / "all.h5", folder / "links/all.h5");
  const auto linked = FrameSource::open(folder / "links/all.h5", {.dataset = "/d"});
  CHECK(is_sample(linked->read(2), 2));  // beside what the link leads to
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  CHECK(is_sample(FrameSource::open("all.h5", {.dataset = "/d"})->read(2), 2));  // a bare name
  std::filesystem::current_path(here);
}
