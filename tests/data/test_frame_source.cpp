#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "data/frame_source.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

constexpr FrameShape shape{12, 10};

std::string refusal(const std::string& path, SourceOptions options = {}) {
  return error_of([&] { FrameSource::open(path, options); });
}

/// A dataset made by hand: chunk {} is contiguous; the filter, when there is one, is only named.
void make_dataset(const std::string& path, const std::string& dataset, hid_t type,
                  const std::vector<hsize_t>& size, const std::vector<hsize_t>& chunk, int deflate,
                  const void* values) {
  Hdf5File file = Hdf5File::create(path);
  file.make_group(dataset.substr(0, dataset.rfind('/')));
  const Hdf5Lock lock;
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!chunk.empty()) H5Pset_chunk(creation, int(chunk.size()), chunk.data());
  if (deflate > 0) H5Pset_deflate(creation, unsigned(deflate));
  const Hdf5Id space(H5Screate_simple(int(size.size()), size.data(), nullptr), H5Sclose);
  const Hdf5Id data(
      H5Dcreate2(file.id(), dataset.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
      H5Dclose);
  if (values) H5Dwrite(data, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

template <class T>
Frame read_single(const std::string& path, const std::vector<T>& values) {
  Hdf5File file = Hdf5File::create(path);
  file.write("/data", values.data(), {1, 1, int64_t(values.size())});
  file.close();
  return FrameSource::open(path, {.dataset = "/data"})->read(0);
}

std::vector<int> good(const Frame& frame) {
  std::vector<int> result;
  for (int64_t i = 0; i < frame.shape.fs; ++i) {
    const double value = pixel(frame, 0, i);
    result.push_back(value >= frame.trusted.min && value <= frame.trusted.max);
  }
  return result;
}

}  // namespace

TEST_CASE("frame source: CXI, compressed or not, whole and cut") {
  const TemporaryFolder folder;
  for (const DType type : {DType::u16, DType::i16, DType::i32, DType::f32})
    for (const int deflate : {0, 4}) {
      CAPTURE(name_of(type));
      const std::string path = folder / "a.cxi";
      write_run(path, 5, shape, {.type = type, .deflate = deflate, .overwrite = true});
      const auto source = FrameSource::open(path);
      CHECK(source->info().layout == "CXI");
      CHECK(source->info().frames == 5);
      CHECK(source->info().type == type);
      CHECK(source->info().photon_energy_ev[4] == 9504);
      CHECK(is_sample(source->read(3), 3));
      CHECK(is_sample(source->read(4, {2, 3, {5, 6}}), 4, 2, 3));
    }
}

TEST_CASE("frame source: every storage gives the same pixels") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  const auto values = sample_run<int32_t>(6, shape);
  const std::vector<std::vector<hsize_t>> chunks = {
      {}, {1, 12, 10}, {1, 5, 4}, {4, 12, 10}, {3, 7, 10}};
  for (const auto& chunk : chunks)
    for (const hid_t type : {H5T_STD_U16LE, H5T_STD_U16BE, H5T_STD_I32BE, H5T_IEEE_F64LE})
      for (const int deflate : {0, 5}) {
        if (chunk.empty() && deflate > 0) continue;
        make_dataset(path, "/x/images", type, {6, 12, 10}, chunk, deflate, values.data());
        const auto source = FrameSource::open(path, {.dataset = "/x/images"});
        CAPTURE(source->info().storage);
        for (int64_t i = 0; i < 6; ++i) {
          CHECK(is_sample(source->read(i), i));
          CHECK(is_sample(source->read(i, {4, 1, {7, 8}}), i, 4, 1));
        }
      }
}

TEST_CASE("frame source: a single frame without an axis of frames") {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.cxi");
  const auto values = sample_run<int16_t>(1, shape);
  file.write("/entry_1/instrument_1/detector_1/data", values.data(), {12, 10}, 3);
  file.close();
  const auto source = FrameSource::open(folder / "a.cxi");
  CHECK(source->info().frames == 1);
  CHECK(source->info().dataset == "/entry_1/instrument_1/detector_1/data");
  CHECK(is_sample(source->read(0), 0));
}

TEST_CASE("frame source: pixel types are widened, narrowed by rule, or refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  Frame frame = read_single<uint8_t>(path, {0, 253, 254, 255});
  CHECK(frame.type == DType::u16);
  CHECK(good(frame) == std::vector<int>{1, 1, 0, 0});
  frame = read_single<uint16_t>(path, {0, 65533, 65534, 65535});
  CHECK(good(frame) == std::vector<int>{1, 1, 0, 0});
  frame = read_single<uint32_t>(path, {7, 2147483645u, 2147483646u, 4294967294u, 4294967295u});
  CHECK(frame.type == DType::i32);
  CHECK(good(frame) == std::vector<int>{1, 1, 0, 0, 0});
  CHECK(pixel(frame, 0, 0) == 7);
  CHECK(pixel(frame, 0, 3) == 2147483646);
  CHECK(pixel(frame, 0, 4) == 2147483647);
  frame = read_single<int64_t>(path, {-5, 1ll << 40, -(1ll << 40), 2147483645});
  CHECK(good(frame) == std::vector<int>{1, 0, 0, 1});
  CHECK(pixel(frame, 0, 0) == -5);
  frame = read_single<int8_t>(path, {-128, 127});
  CHECK(good(frame) == std::vector<int>{1, 1});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  frame = read_single<double>(path, {-1.5, nan, INFINITY, 1e300});
  CHECK(frame.type == DType::f32);
  CHECK(good(frame) == std::vector<int>{1, 0, 0, 0});
  CHECK(good_pixels(frame) == 1);
  CHECK(good_pixels(read_single<float>(path, {float(nan), float(nan)})) == 0);
  frame = read_single<float>(path, {3e9f, -3e9f, 2e9f, -2e9f});
  CHECK(good(frame) == std::vector<int>{0, 0, 1, 1});

  Hdf5File file = Hdf5File::create(path);
  file.write_strings("/data", {"a", "b"});
  file.close();
  CHECK_CONTAINS(refusal(path, {.dataset = "/data"}), "has 1 dimensions, want 3");
  const int32_t nothing[6] = {};
  make_dataset(path, "/data", H5T_IEEE_F32LE, {1, 2, 3}, {}, 0, nothing);
  CHECK(refusal(path, {.dataset = "/data"}).empty());
  const Hdf5Id half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(half, 15, 10, 5, 0, 10), H5Tset_size(half, 2), H5Tset_ebias(half, 15);
  make_dataset(path, "/data", half, {1, 2, 3}, {}, 0, nothing);
  CHECK_CONTAINS(refusal(path, {.dataset = "/data"}), "pixels of type float16, want one of uint8");
}

TEST_CASE("frame source: no image dataset; those in the file are listed") {
  const TemporaryFolder folder;
  write_dataset<uint16_t>(folder / "a.h5", "/raw/images", 2, shape);
  const std::string message = refusal(folder / "a.h5");
  CHECK_CONTAINS(message, "no frames found at /entry_1/data_1/data");
  CHECK_CONTAINS(message, "/raw/images (2, 12, 10) uint16");
  CHECK_CONTAINS(refusal(folder / "a.h5", {.dataset = "/none"}), "/none: no such dataset");
}

TEST_CASE("frame source: shapes that are no run of frames are refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi", data = "/entry_1/data_1/data";
  make_dataset(path, data, H5T_STD_U16LE, {2, 8, 4, 3}, {}, 0,
               sample_run<int32_t>(2, {8, 12}).data());
  CHECK_CONTAINS(refusal(path), "is modular (frame, module, ss, fs)");
  make_dataset(path, data, H5T_STD_U16LE, {120}, {}, 0, sample_run<int32_t>(1, shape).data());
  CHECK_CONTAINS(refusal(path), "has 1 dimensions, want 3");
  make_dataset(path, data, H5T_STD_U16LE, {0, 12, 10}, {}, 0, nullptr);
  CHECK_CONTAINS(refusal(path), "/entry_1/data_1/data: holds no frames");
  make_dataset(path, data, H5T_STD_U16LE, {3, 12, 10}, {1, 12, 10}, 1, nullptr);
  CHECK_CONTAINS(refusal(path), "no frame was ever written");
}

TEST_CASE("frame source: a run that is still being written gives what is there") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  for (const std::vector<hsize_t>& chunk : {std::vector<hsize_t>{1, 12, 10}, {1, 6, 10}}) {
    make_dataset(path, "/entry_1/data_1/data", H5T_STD_U16LE, {3, 12, 10}, chunk, 1, nullptr);
    {
      const Hdf5Lock lock;
      const Hdf5Id file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
      const Hdf5Id data(H5Dopen2(file, "/entry_1/data_1/data", H5P_DEFAULT), H5Dclose);
      const Hdf5Id space(H5Dget_space(data), H5Sclose);
      const hsize_t start[3] = {0, 0, 0}, count[3] = {2, 12, 10};
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
      const Hdf5Id memory(H5Screate_simple(3, count, nullptr), H5Sclose);
      H5Dwrite(data, H5T_NATIVE_INT32, memory, space, H5P_DEFAULT,
               sample_run<int32_t>(2, shape).data());
    }
    const auto source = FrameSource::open(path);
    CHECK(is_sample(source->read(1), 1));
    CHECK_CONTAINS(error_of([&] { source->read(2); }),
                   "//2: /entry_1/data_1/data: frame 2 was never");
    CHECK_CONTAINS(error_of([&] { source->read(3); }), "//3: the file has 3 frames");
  }
}

TEST_CASE("frame source: damaged and truncated frames are named") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  write_run(path, 3, {40, 50}, {.deflate = 6});
  std::string content = file_content(path);
  uint64_t where = 0;
  {
    const Hdf5Lock lock;
    const Hdf5File file = Hdf5File::open(path);
    const Hdf5Id data(H5Dopen2(file.id(), "/entry_1/data_1/data", H5P_DEFAULT), H5Dclose);
    const Hdf5Id space(H5Dget_space(data), H5Sclose);
    hsize_t offset[3], size;
    unsigned mask;
    haddr_t address;
    H5Dget_chunk_info(data, space, 1, offset, &mask, &address, &size);
    where = address;
  }
  for (size_t i = 0; i < 20; ++i) content[where + 30 + i] = char(~content[where + 30 + i]);
  put_file(path, content);
  {
    const auto source = FrameSource::open(path);
    CHECK(is_sample(source->read(0), 0));
    CHECK(is_sample(source->read(2), 2));
    CHECK_CONTAINS(error_of([&] { source->read(1); }),
                   "a.cxi //1: /entry_1/data_1/data: frame 1 deflate data are damaged");
  }
  put_file(path, content.substr(0, content.size() - 1000));
  CHECK_CONTAINS(refusal(path), "truncated");
}

TEST_CASE("frame source: the user's trusted range is used, within what the type can mean") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 1, shape);
  const auto source = FrameSource::open(folder / "a.cxi", {.trusted = TrustedRange{10, 1e9}});
  CHECK(source->info().trusted.min == 10);
  CHECK(source->info().trusted.max == 65533);
  CHECK_CONTAINS(refusal(folder / "a.cxi", {.trusted = TrustedRange{-5, -1}}), "no uint16 value");
}
