#include <atomic>
#include <cstring>
#include <thread>

#include <doctest/doctest.h>
#include <unistd.h>

#include "engine/hdf5_file.h"
#include "engine/output_file.h"
#include "tests/full_disk.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;
namespace fs = std::filesystem;

namespace {

void write_sample(const std::string& path) {
  Hdf5File file = Hdf5File::create(path);
  std::vector<float> weight(600);
  for (size_t i = 0; i < weight.size(); ++i) weight[i] = float(i) / 7;
  file.write("/network/conv1/weight", weight.data(), {20, 30});
  file.write("/network/packed", weight.data(), {600}, 4);
  file.write_value("/version", int64_t(3));
  file.write_string("/source", "run 20, \xC3\x85");
  file.write_strings("/names", {"a", "", "longer"});
  file.write_attribute<double>("/network", "rates", {0.1, 0.2});
  file.write_attribute_string("/", "program", "hitsieve");
  file.soft_link("/network", "/links/soft");
  file.close();
}

}  // namespace

TEST_CASE("hdf5 file: arrays, texts, attributes and links come back") {
  const TemporaryFolder folder;
  write_sample(folder / "a.h5");
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  const auto weight = file.read<float>("/links/soft/conv1/weight");
  CHECK(weight.size() == 600);
  CHECK(weight[599] == 599.f / 7);
  CHECK(file.read<double>("/network/packed")[1] == double(1.f / 7));
  CHECK(file.info("/network/conv1/weight").shape == std::vector<int64_t>{20, 30});
  CHECK(file.read_value<int64_t>("/version") == 3);
  CHECK(file.read_string("/source") == "run 20, \xC3\x85");
  CHECK(file.read_strings("/names") == std::vector<std::string>{"a", "", "longer"});
  CHECK(file.read_attribute<double>("/network", "rates") == std::vector<double>{0.1, 0.2});
  CHECK(file.read_attribute_string("/", "program") == "hitsieve");
  CHECK(file.has("/links/soft/conv1"));
  CHECK(!file.has("/links/none"));
  CHECK(file.has_attribute("/", "program"));
  CHECK(!file.has_attribute("/", "none"));
  CHECK(file.children("/network") == std::vector<std::string>{"conv1", "packed"});
}

TEST_CASE("hdf5 file: datasets are listed once a group, links that lead back included") {
  const TemporaryFolder folder;
  {
    Hdf5File file = Hdf5File::create(folder / "a.h5");
    const uint16_t pixels[6] = {};
    file.write("/entry/data", pixels, {1, 2, 3});
    file.soft_link("/", "/entry/up");
    file.soft_link("/gone", "/entry/broken");
    file.close();
  }
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  const auto datasets = file.datasets();
  REQUIRE(datasets.size() == 1);
  CHECK(text_of(datasets[0]) == "/entry/data (1, 2, 3) uint16");
}

TEST_CASE("hdf5 file: the same contents are the same bytes, whenever they are written") {
  const TemporaryFolder folder;
  write_sample(folder / "a.h5");
  ::sleep(1);  // HDF5's time stamps have a resolution of one second
  write_sample(folder / "b.h5");
  CHECK(file_content(folder / "a.h5") == file_content(folder / "b.h5"));
}

TEST_CASE("hdf5 file: what cannot be opened, and why") {
  const TemporaryFolder folder;
  const auto refusal = [](const std::string& path) {
    return error_of([&] { Hdf5File::open(path); });
  };
  CHECK_CONTAINS(refusal(folder / "none.h5"), "none.h5: no such file");
  CHECK_CONTAINS(refusal(folder.path), "is a folder");
  CHECK_CONTAINS(refusal("/dev/null"), "is not a regular file");
  put_file(folder / "empty.h5", "");
  CHECK_CONTAINS(refusal(folder / "empty.h5"), "is empty");
  put_file(folder / "text.h5", "r0095_2000.h5 [1] MISS\n");
  CHECK_CONTAINS(refusal(folder / "text.h5"), "text.h5: is not an HDF5 file");
  write_sample(folder / "whole.h5");
  const std::string whole = file_content(folder / "whole.h5");
  put_file(folder / "cut.h5", whole.substr(0, whole.size() / 2));
  CHECK_CONTAINS(refusal(folder / "cut.h5"), "truncated");
  if (::geteuid() != 0) {
    fs::permissions(folder / "whole.h5", fs::perms::none);
    CHECK_CONTAINS(refusal(folder / "whole.h5"), "no permission");
  }
}

TEST_CASE("hdf5 file: missing datasets and links that lead nowhere are named") {
  const TemporaryFolder folder;
  {
    Hdf5File file = Hdf5File::create(folder / "a.h5");
    file.soft_link("/entry_2", "/entry_1");
    file.external_link("data_000001.h5", "/entry/data", "/data/part");
    file.close();
  }
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  CHECK_CONTAINS(error_of([&] { file.info("/none"); }), "/none: no such dataset");
  CHECK(file.broken_link("/none") == "");
  CHECK_CONTAINS(file.broken_link("/entry_1/data"), "/entry_1 is a link to /entry_2");
  CHECK_CONTAINS(error_of([&] { file.read<float>("/data/part"); }),
                 "/data/part is a link to /entry/data in data_000001.h5");
}

TEST_CASE("hdf5 file: numbers are never clamped, and text is not a number") {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.write_value("/i64", int64_t(-5));
  file.write_value("/u8", uint8_t(200));
  file.write_value("/f64", 0.1);
  file.write_string("/text", "7");
  CHECK(file.read_value<int16_t>("/u8") == 200);
  CHECK(file.read_value<double>("/i64") == -5);
  CHECK_THROWS_AS(file.read_value<int32_t>("/i64"), Error);
  CHECK_THROWS_AS(file.read_value<uint64_t>("/i64"), Error);
  CHECK_THROWS_AS(file.read_value<int8_t>("/u8"), Error);
  CHECK_THROWS_AS(file.read_value<float>("/f64"), Error);
  CHECK_THROWS_AS(file.read_value<int64_t>("/f64"), Error);
  CHECK_CONTAINS(error_of([&] { file.read<int64_t>("/text"); }), "/text: holds no numbers");
  CHECK_CONTAINS(error_of([&] { file.read_string("/u8"); }), "/u8: holds no text");
}

TEST_CASE("hdf5 file: booleans as h5py writes them") {
  const TemporaryFolder folder;
  {
    Hdf5File file = Hdf5File::create(folder / "a.h5");
    const Hdf5Lock lock;
    const Hdf5Id type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
    const int8_t no = 0, yes = 1, values[3] = {1, 0, 1};
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    const hsize_t size = 3;
    const Hdf5Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
    const Hdf5Id data(
        H5Dcreate2(file.id(), "/hit", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  }
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  CHECK(file.info("/hit").type == "bool");
  CHECK(file.read<int64_t>("/hit") == std::vector<int64_t>{1, 0, 1});
}

TEST_CASE("hdf5 file: a full disk is an OutputError, and the library lives on") {
  const TemporaryFolder folder;
  {
    const FullDisk full(100'000);
    OutputFile out(folder / "a.h5");
    CHECK_THROWS_AS(
        [&] {
          Hdf5File file = Hdf5File::create(out.temporary());
          const std::vector<double> values(100'000, 1.5);
          file.write("/values", values.data(), {100'000});
          file.close();
        }(),
        OutputError);
  }
  CHECK(fs::is_empty(folder.path));
  write_sample(folder / "b.h5");
  CHECK(Hdf5File::open(folder / "b.h5").has("/version"));
}

TEST_CASE("hdf5 file: threads read at the same time") {
  const TemporaryFolder folder;
  write_sample(folder / "a.h5");
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  const auto expected = file.read<float>("/network/packed");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        wrong += file.read<float>("/network/packed") != expected;
        wrong += error_of([&] { file.info("/none"); }).empty();
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
