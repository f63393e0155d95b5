// Models that cannot be trusted: exit code 3.
#include <limits>

#include <doctest/doctest.h>

#include "engine/file_seal.h"
#include "engine/hdf5_file.h"
#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

void check_refused(const std::string& model, const std::vector<std::string>& words) {
  const TemporaryFolder folder;
  const Result result =
      run({"screen", "-m", model, "-i", example().frames, "-o", folder / "hits.lst"});
  CHECK(result.code == 3);
  for (const std::string& word : words) CHECK_CONTAINS(result.error, word);
  CHECK(!exists(folder / "hits.lst"));
}

/// The first dataset of floats in a model that is an array.
std::string weights_in(const hitsieve::Hdf5File& file) {
  for (const auto& info : file.datasets())
    if (info.type == "float32" && info.shape.size() > 1) return info.path;
  return "";
}

}  // namespace

TEST_CASE("a model that is not there, of another kind, or cut short") {
  const TemporaryFolder folder;
  check_refused(folder / "missing.h5", {"missing.h5", "no such file"});
  check_refused(example().frames, {"ln84.cxi", "model"});
  const std::string whole = file_content(example().model);
  put_file(folder / "cut.h5", whole.substr(0, whole.size() * 2 / 3));
  check_refused(folder / "cut.h5", {"cut.h5", "truncated"});
}

TEST_CASE("a model of another format") {
  const TemporaryFolder folder;
  const std::string path = folder / "newer.h5";
  put_file(path, file_content(example().model));
  {
    const hitsieve::Hdf5Lock lock;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(file, "hitsieve_format", H5P_DEFAULT);
    const int format = 99;
    REQUIRE(H5Awrite(attribute, H5T_NATIVE_INT, &format) >= 0);
    H5Aclose(attribute), H5Fclose(file);
  }
  hitsieve::seal_file(path);
  check_refused(path, {"newer.h5", "99"});
}

TEST_CASE("a model with a NaN") {
  const TemporaryFolder folder;
  const std::string path = folder / "weights.h5";
  put_file(path, file_content(example().model));
  const std::string name = weights_in(hitsieve::Hdf5File::open(path));
  REQUIRE(!name.empty());
  {
    const hitsieve::Hdf5Lock lock;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    std::vector<float> values(size_t(H5Sget_simple_extent_npoints(space)),
                              std::numeric_limits<float>::quiet_NaN());
    REQUIRE(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Sclose(space), H5Dclose(set), H5Fclose(file);
  }
  check_refused(path, {"weights.h5", "the file is damaged", "copy it again"});
  hitsieve::seal_file(path);
  check_refused(path, {"weights.h5", name, "is nan"});
}
