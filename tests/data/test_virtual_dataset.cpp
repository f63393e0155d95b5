// Virtual datasets whose sources are not all there, in the ways that HDF5 reads as fill values.
#include <filesystem>

#include <doctest/doctest.h>

#include "data/frame_set.h"
#include "tests/data/stored_frames.h"

using namespace hitsieve;

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
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  CHECK(is_sample(FrameSource::open("all.h5", {.dataset = "/d"})->read(2), 2));  // a bare name
  std::filesystem::current_path(here);
}
