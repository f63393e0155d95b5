#include <doctest/doctest.h>
#include <unistd.h>

#include "data/cxi_writer.h"
#include "data/frame_source.h"
#include "engine/output_file.h"
#include "tests/data/runs.h"
#include "tests/full_disk.h"

using namespace hitsieve;
namespace fs = std::filesystem;

namespace {

constexpr FrameShape shape{12, 10};

}  // namespace

TEST_CASE("cxi writer: what a run holds") {
  const TemporaryFolder folder;
  Mask mask{12, 10, std::vector<uint8_t>(120)};
  mask.bad[7] = 1;
  write_run(folder / "a.cxi", 4, shape, {.mask = mask});
  const Hdf5File file = Hdf5File::open(folder / "a.cxi");
  CHECK(file.read_value<int64_t>("/cxi_version") == 140);
  CHECK(text_of(file.info("/entry_1/data_1/data")) == "/entry_1/data_1/data (4, 12, 10) uint16");
  CHECK(file.read<uint8_t>("/entry_1/labels") == std::vector<uint8_t>{2, 0, 0, 2});
  CHECK(file.read<int32_t>("/entry_1/n_spots") == std::vector<int32_t>{0, 1, 2, 3});
  CHECK(file.read<double>("/LCLS/photon_energy_eV")[3] == 9503);
  CHECK(file.read<double>("/LCLS/detector_1/EncoderValue")[0] == 120);
  CHECK(file.read_strings("/entry_1/experiment_identifier")[1] == "f");
  const auto source = FrameSource::open(folder / "a.cxi");
  CHECK(source->info().storage == "chunk 1 x 12 x 10, shuffle (filter 2), deflate (filter 1)");
  CHECK(source->mask()->bad == mask.bad);
}

TEST_CASE("cxi writer: HDF5's own decoder agrees with ours") {
  const TemporaryFolder folder;
  for (const DType type : {DType::u16, DType::i32, DType::f32}) {
    write_run(folder / "a.cxi", 3, shape, {.type = type, .overwrite = true});
    const Hdf5File file = Hdf5File::open(folder / "a.cxi");
    const auto values = file.read<double>("/entry_1/data_1/data");
    const auto expected = sample_run<double>(3, shape);
    CHECK(values == expected);
  }
}

TEST_CASE("cxi writer: the same frames are the same bytes, whoever compresses them") {
  const TemporaryFolder folder;
  write_run(folder / "a.cxi", 3, shape);
  ::sleep(1);
  CxiWriter writer(folder / "b.cxi", {.shape = shape});
  std::vector<Bytes> encoded;
  for (int64_t i = 0; i < 3; ++i) encoded.push_back(writer.encode(sample_frame(i, shape).data()));
  for (int64_t i = 0; i < 3; ++i)
    writer.append(encoded[size_t(i)],
                  {i % 3 == 0 ? Label::hit : Label::miss, int32_t(i), 9500. + double(i), 120, "f"});
  writer.finish();
  CHECK(file_content(folder / "a.cxi") == file_content(folder / "b.cxi"));
}

TEST_CASE("cxi writer: pixels that the type does not hold are refused, never clamped") {
  const TemporaryFolder folder;
  CxiWriter writer(folder / "a.cxi", {.shape = {1, 3}});
  const int32_t high[3] = {0, 65536, 1}, low[3] = {0, 65535, -1};
  CHECK_CONTAINS(error_of([&] { writer.append(high, {}); }),
                 "pixel 65536 at ss 0, fs 1 is no uint16");
  CHECK_CONTAINS(error_of([&] { writer.append(low, {}); }), "pixel -1 at ss 0, fs 2");
  const float half[3] = {0, 1, 2.5};
  CHECK_CONTAINS(error_of([&] { writer.append(half, {}); }), "pixel 2.5");
  CHECK_CONTAINS(error_of([&] { writer.finish(); }), "no frame was appended");
}

TEST_CASE("cxi writer: unfinished, refused or on a full disk, no file appears") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.cxi";
  {
    CxiWriter writer(path, {.shape = shape});
    writer.append(sample_frame(0, shape).data(), {});
    CHECK(fs::exists(path + ".inprogress"));
  }
  CHECK(fs::is_empty(folder.path));
  {
    const FullDisk full(50'000);
    const FrameShape large{200, 300};
    CHECK_THROWS_AS(write_run(path, 4, large, {.deflate = 0}), OutputError);
  }
  CHECK(fs::is_empty(folder.path));
  write_run(path, 2, shape);
  CHECK_CONTAINS(error_of([&] { write_run(path, 2, shape); }), "exists; give --overwrite");
  CHECK_CONTAINS(error_of([&] { write_run(folder / "no/a.cxi", 2, shape); }), "does not exist");
  CHECK_CONTAINS(error_of([&] {
                   write_run(folder / "b.cxi", 2, shape, {.mask = {1, 1, {0}}});
                 }),
                 "the mask has 1 x 1 pixels");
  CHECK(FrameSource::open(path)->info().frames == 2);
}
