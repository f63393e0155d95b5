#include <limits>

#include <doctest/doctest.h>

#include "engine/checkpoint.h"
#include "engine/file_seal.h"
#include "engine/hdf5_file.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

Checkpoint example() {
  Checkpoint checkpoint("model");
  checkpoint.set("base/0/weight", Tensor::of<float>({1, 2}, std::vector<float>{0.1f, -3e-20f}));
  checkpoint.set("statistic", Tensor::of<double>({1}, std::vector<double>{1e-300}));
  checkpoint.set("labels", Tensor::of<int32_t>({2}, std::vector<int32_t>{0, -5}));
  checkpoint.set("threshold", 0.1);
  checkpoint.set("source", std::string("labels of ln84.cxi"));
  checkpoint.set("frames", std::vector<uint64_t>{1, ~0ull});
  return checkpoint;
}

}  // namespace

TEST_CASE("checkpoint: comes back bit for bit, and the same contents make the same file") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5", false);
  example().save(folder / "b.h5", false);
  CHECK(file_content(folder / "a.h5") == file_content(folder / "b.h5"));
  const Checkpoint back = Checkpoint::load(folder / "a.h5", "model");
  CHECK(back.tensor("base/0/weight", {1, 2}).values<float>() == std::vector<float>{0.1f, -3e-20f});
  CHECK(back.tensor("statistic").values<double>() == std::vector<double>{1e-300});
  CHECK(back.tensor("labels").values<int32_t>() == std::vector<int32_t>{0, -5});
  CHECK(back.number("threshold") == 0.1);
  CHECK(back.text("source") == "labels of ln84.cxi");
  CHECK(back.ids("frames") == std::vector<uint64_t>{1, ~0ull});
  CHECK(back.written_by() == version());
}

TEST_CASE("checkpoint: what is missing or misshapen is named") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  example().save(path, false);
  const Checkpoint back = Checkpoint::load(path, "model");
  CHECK_THROWS_WITH_AS(back.number("nothing"), doctest::Contains("has no number \"nothing\""),
                       Error);
  CHECK_THROWS_WITH_AS(back.tensor("base/0/weight", {3}),
                       doctest::Contains("the network wants (3)"), Error);
  CHECK_THROWS_WITH_AS(back.integer("threshold"), doctest::Contains("expected an integer"), Error);
}

TEST_CASE("checkpoint: other files, kinds and formats are refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  example().save(path, false);
  CHECK_THROWS_WITH_AS(Checkpoint::load(path, "optimizer"), doctest::Contains("holds a model"),
                       Error);
  CHECK_THROWS_AS(Checkpoint::load(folder / "absent.h5", "model"), Error);
  CHECK_THROWS_AS(example().save(path, false), OutputError);
  example().save(path, true);

  std::string bytes = file_content(path);
  const std::string cut = folder / "cut.h5";
  put_file(cut, bytes.substr(0, bytes.size() / 2));
  CHECK_THROWS_WITH_AS(Checkpoint::load(cut, "model"), doctest::Contains("truncated"), Error);

  const std::string other = folder / "other.h5";
  Hdf5File file = Hdf5File::create(other, seal_bytes);
  file.write_attribute_string("/", "hitsieve_kind", "model");
  file.write_attribute<int32_t>("/", "hitsieve_format", {Checkpoint::format + 1});
  file.write_attribute_string("/", "hitsieve_version", "99.0");
  file.close();
  seal_file(other);
  CHECK_THROWS_WITH_AS(Checkpoint::load(other, "model"),
                       doctest::Contains("written by hitsieve 99.0"), Error);
  Hdf5File plain = Hdf5File::create(folder / "plain.h5");
  plain.close();
  CHECK_THROWS_WITH_AS(Checkpoint::load(folder / "plain.h5", "model"),
                       doctest::Contains("no hitsieve model, but another HDF5 file"), Error);
}

TEST_CASE("checkpoint: two in memory under one name are two") {
  const TemporaryFolder folder;
  Checkpoint other = example();
  other.set("threshold", 0.2);
  example().save(folder / "a.h5", false), other.save(folder / "b.h5", false);
  const std::string a = file_content(folder / "a.h5"), b = file_content(folder / "b.h5");
  const Hdf5File held = Hdf5File::open_image("memory", std::as_bytes(std::span(a)));
  const Checkpoint loaded = Checkpoint::load("memory", std::as_bytes(std::span(b)), "model");
  CHECK(loaded.number("threshold") == 0.2);
  CHECK(held.read_value<double>("/numbers/threshold") == 0.1);
}

TEST_CASE("checkpoint: of a format before the seal, by its name") {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "old.h5");
  file.write_attribute_string("/", "hitsieve_kind", "model");
  file.write_attribute<int32_t>("/", "hitsieve_format", {3});
  file.close();
  CHECK(Checkpoint::is_one(folder / "old.h5"));
  const std::string why = error_of([&] { Checkpoint::load(folder / "old.h5", "model"); });
  CHECK_CONTAINS(why, "old.h5: a model of a format below 4");
  CHECK_CONTAINS(why, "train the model again, or use the version that wrote it");
}

TEST_CASE("checkpoint: any byte that changed is found, wherever it is") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5", false);
  const std::string whole = file_content(folder / "a.h5");
  const std::string weight("\xcd\xcc\xcc\x3d", 4);  // 0.1f
  REQUIRE(whole.find(weight) != std::string::npos);
  std::vector<size_t> places{0, 25, 300, whole.find(weight), whole.size() - 1};
  for (size_t at = 0; at < whole.size(); at += 61) places.push_back(at);
  for (const size_t at : places) {
    CAPTURE(at);
    std::string bytes = whole;
    bytes[at] = char(bytes[at] ^ 1);
    const std::string why =
        error_of([&] { Checkpoint::load("a.h5", std::as_bytes(std::span(bytes)), "model"); });
    CHECK_CONTAINS(why, "a.h5: ");
    if (at >= seal_bytes)
      CHECK_CONTAINS(why,
                     "the file is damaged, its checksum is another than when it was written; "
                     "copy it again");
  }
  put_file(folder / "longer.h5", whole + "x");
  CHECK_CONTAINS(error_of([&] { Checkpoint::load(folder / "longer.h5", "model"); }), "damaged");
}

TEST_CASE("checkpoint: a NaN or an infinity is found, and named with its place") {
  const TemporaryFolder folder;
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Checkpoint checkpoint("model");
    checkpoint.set("weight", Tensor::of<float>({2}, std::vector<float>{1, bad}));
    checkpoint.save(folder / "nan.h5", true);
    CHECK_THROWS_WITH_AS(Checkpoint::load(folder / "nan.h5", "model"),
                         doctest::Contains("weight: element 1 is"), Error);
  }
}
