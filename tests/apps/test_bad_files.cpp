// Files that cannot be used: exit code 3, a message that names what is wrong, no output.
#include <doctest/doctest.h>

#include "engine/hdf5_file.h"
#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

using hitsieve::Hdf5File;

namespace {

/// Screens `input`, which must fail for each of the reasons in `words` and leave no output.
void check_refused(const TemporaryFolder& folder, const std::string& input,
                   const std::vector<std::string>& words) {
  const std::string hits = folder / "hits.lst";
  const Result result = run({"screen", "-m", example().model, "-i", input, "-o", hits});
  CHECK(result.code == 3);
  for (const std::string& word : words) CHECK_CONTAINS(result.error, word);
  CHECK(result.error.find("error: ") != std::string::npos);
  CHECK(result.out.empty());
  CHECK(!exists(hits));
  CHECK(!exists(hits + ".inprogress"));
}

}  // namespace

TEST_CASE("a file that is not there, no HDF5, or cut short") {
  const TemporaryFolder folder;
  check_refused(folder, folder / "missing.cxi", {"missing.cxi", "no such file"});
  put_file(folder / "note.cxi", "these are no frames");
  check_refused(folder, folder / "note.cxi", {"note.cxi", "HDF5"});
  const std::string whole = file_content(example().frames);
  put_file(folder / "cut.cxi", whole.substr(0, whole.size() / 2));
  check_refused(folder, folder / "cut.cxi", {"cut.cxi", "truncated"});
}

TEST_CASE("no image dataset: those that were found are named") {
  const TemporaryFolder folder;
  const std::string path = folder / "other.h5";
  auto file = Hdf5File::create(path);
  const std::vector<float> values(12);
  file.write("/results/profile", values.data(), {12});
  file.write("/results/map", values.data(), {3, 4});
  file.close();
  check_refused(folder, path, {"other.h5", "/results/profile", "/results/map"});
}

TEST_CASE("frames of wrong rank or type, and none at all") {
  const TemporaryFolder folder;
  const std::vector<uint16_t> pixels(48);
  const auto write = [&](const std::string& name, const std::vector<int64_t>& shape) {
    auto file = Hdf5File::create(folder / name);
    file.write("/entry_1/data_1/data", pixels.data(), shape);
    file.close();
  };
  write("one.cxi", {48});
  check_refused(folder, folder / "one.cxi", {"one.cxi", "/entry_1/data_1/data", "1 dimension"});
  write("modular.cxi", {2, 3, 2, 4});
  check_refused(folder, folder / "modular.cxi", {"modular.cxi", "modul"});
  write("none.cxi", {0, 3, 4});
  check_refused(folder, folder / "none.cxi", {"none.cxi", "no frames"});
  {
    auto file = Hdf5File::create(folder / "text.cxi");
    file.make_group("/entry_1/data_1");
    const hitsieve::Hdf5Lock lock;
    const hsize_t shape[3] = {1, 3, 4};
    const hid_t space = H5Screate_simple(3, shape, nullptr);
    const hid_t set = H5Dcreate2(file.id(), "/entry_1/data_1/data", H5T_C_S1, space, H5P_DEFAULT,
                                 H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(set), H5Sclose(space);
    file.close();
  }
  check_refused(folder, folder / "text.cxi", {"text.cxi", "string"});
}

TEST_CASE("a filter that nobody here has is named") {
  const TemporaryFolder folder;
  const std::string path = folder / "filtered.cxi";
  {
    auto file = Hdf5File::create(path);
    file.make_group("/entry_1/data_1");
    const hitsieve::Hdf5Lock lock;
    const hsize_t shape[3] = {1, 724, 724};
    const hid_t space = H5Screate_simple(3, shape, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 3, shape);
    H5Pset_filter(creation, 32013, H5Z_FLAG_OPTIONAL, 0, nullptr);
    const hid_t set = H5Dcreate2(file.id(), "/entry_1/data_1/data", H5T_NATIVE_UINT16, space,
                                 H5P_DEFAULT, creation, H5P_DEFAULT);
    const std::vector<uint16_t> chunk(724 * 724, 7);
    const hsize_t origin[3] = {};
    H5Dwrite_chunk(set, H5P_DEFAULT, 0, origin, 2 * chunk.size(), chunk.data());
    H5Dclose(set), H5Pclose(creation), H5Sclose(space);
    file.close();
  }
  check_refused(folder, path, {"filtered.cxi", "/entry_1/data_1/data", "32013", "ZFP"});
}

TEST_CASE("over half of the pixels masked: the polarity that was assumed is named") {
  const TemporaryFolder folder;
  write_frames(folder / "run.cxi");
  const std::vector<uint8_t> mask(724 * 724, 1);
  auto file = Hdf5File::create(folder / "mask.h5");
  file.write("/mask", mask.data(), {724, 724});
  file.close();
  const std::vector<std::string> screen = {"screen",           "-m", example().model,     "-i",
                                           folder / "run.cxi", "-o", folder / "hits.lst", "--mask",
                                           folder / "mask.h5"};
  Result result = run(screen);
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "mask.h5");
  CHECK_CONTAINS(result.error, "0 = good");
  std::vector<std::string> other = screen;
  other.insert(other.end(), {"--mask-polarity", "one-good"});
  result = run(other);
  CHECK(result.code == 0);
  CHECK_CONTAINS(result.error, "1 = good");
}

TEST_CASE("an empty list is nothing to do: exit code 5") {
  const TemporaryFolder folder;
  const std::string hits = folder / "hits.lst";
  for (const std::string input : {"", "\n\n"}) {
    const Result result =
        run({"screen", "-m", example().model, "-i", "-", "-o", hits}, {.input = input});
    CHECK(result.code == 5);
    CHECK_CONTAINS(result.error, "empty");
    CHECK(!exists(hits));
    CHECK(!exists(hits + ".inprogress"));
  }
  const std::string list = write_list(folder / "empty.lst", {});
  const Result result = run({"screen", "-m", example().model, "-i", list, "-o", hits});
  CHECK(result.code == 5);
  CHECK_CONTAINS(result.error, "empty.lst");
}
