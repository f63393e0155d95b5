#include <filesystem>
#include <sstream>

#include <doctest/doctest.h>

#include "data/frame_set.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

constexpr FrameShape shape{12, 10};

std::string refusal(const std::vector<std::string>& inputs, FrameSetOptions options = {}) {
  return error_of([&] { FrameSet(inputs, options); });
}

FrameSetOptions standard_input(std::istream& in) { return {.standard_input = &in}; }

}  // namespace

TEST_CASE("frame set: files, datasets, lists and standard input, in order") {
  const TemporaryFolder folder;
  const std::string a = folder / "a.cxi", b = folder / "b.h5";
  write_run(a, 3, shape);
  write_dataset<uint16_t>(b, "/images", 2, shape);
  put_file(folder / "all.lst", a + " //2\n\n  " + b + ":/images\r\n" + a + " //0\n");
  std::istringstream piped(a + "\n" + b + ":/images //1\n");
  const FrameSet set({folder / "all.lst", "-", a}, standard_input(piped));
  const std::vector<std::string> names = {
      a + " //2", b + " //0", b + " //1", a + " //0",  // the list
      a + " //0", a + " //1", a + " //2", b + " //1",  // standard input
      a + " //0", a + " //1", a + " //2"};
  REQUIRE(set.size() == int64_t(names.size()));
  CHECK(set.files() == 2);
  for (int64_t i = 0; i < set.size(); ++i) {
    CHECK(set.name(i) == names[size_t(i)]);
    const int64_t frame = set.address(i).frame;
    CHECK(is_sample(set.source(i)->read(frame), frame));
  }
  const FrameSet part = set.subset({7, 0});
  CHECK(part.size() == 2);
  CHECK(part.name(0) == b + " //1");
  CHECK(part.path(1) == a);
}

TEST_CASE("frame set: frames that come twice are found under any name of their file") {
  const TemporaryFolder folder;
  const std::string a = folder / "a.cxi", b = folder / "b.h5", link = folder / "link.cxi";
  write_run(a, 3, shape);
  write_dataset<uint16_t>(b, "/images", 2, shape);
  std::filesystem::create_symlink(a, link);
  const auto repeated = [&](const std::vector<std::string>& lines) {
    std::string list;
    for (const std::string& line : lines) list += line + "\n";
    std::istringstream in(list);
    return repeated_frames(FrameSet({"-"}, standard_input(in)));
  };
  CHECK(repeated({a, b + ":/images"}).empty());
  CHECK(repeated({a + " //2", a, b + ":/images //1", b + ":/images"}) ==
        std::vector<int64_t>{3, 6});
  CHECK(repeated({a, link + " //1"}) == std::vector<int64_t>{3});
}

TEST_CASE("frame set: many files with few open") {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 9; ++i) {
    paths.push_back(folder / std::to_string(i) + ".cxi");
    write_run(paths.back(), 2, shape);
  }
  const FrameSet set(paths, {.open_files = 2});
  for (int64_t i = 0; i < 18; ++i) CHECK(set.source((i * 7) % 18)->info().frames == 2);
}

TEST_CASE("frame set: lists with nothing or nonsense in them name the line") {
  const TemporaryFolder folder;
  const std::string a = folder / "a.cxi", list = folder / "x.lst";
  write_run(a, 3, shape);
  std::istringstream empty("\n \n");
  CHECK_CONTAINS(refusal({"-"}, standard_input(empty)), "standard input: the list is empty");
  std::istringstream again("");
  CHECK_THROWS_AS(FrameSet({"-"}, standard_input(again)), EmptyList);
  put_file(list, "");
  CHECK_CONTAINS(refusal({list}), "x.lst: the list is empty");
  put_file(list, a + " //1\n" + a + " //x\n");
  CHECK_CONTAINS(refusal({list}), "x.lst, line 2: event '//x' is not of the form //17");
  put_file(list, a + "\nno.cxi\n");
  CHECK_CONTAINS(refusal({list}), "x.lst, line 2: no.cxi: no such file");
  put_file(list, "other.lst\n");
  CHECK_CONTAINS(refusal({list}), "other.lst is a list in a list");
  CHECK_CONTAINS(refusal({folder / "none.lst"}), "none.lst: no such file");
  CHECK_CONTAINS(refusal({}), "no input");

  put_file(list, a + " //7\n");  // only opened when its turn comes
  const FrameSet set({list});
  CHECK_CONTAINS(error_of([&] { set.source(0); }), "a.cxi //7: the file has 3 frames");
}

TEST_CASE("frame set: with skip_bad a file that cannot be opened is one bad frame") {
  const TemporaryFolder folder;
  const std::string a = folder / "a.cxi", bad = folder / "bad.cxi";
  write_run(a, 2, shape);
  put_file(bad, "not HDF5");
  CHECK_CONTAINS(refusal({a, bad}), "bad.cxi: is not an HDF5 file");
  const FrameSet set({a, bad, a}, {.skip_bad = true});
  REQUIRE(set.size() == 5);
  CHECK(set.address(2).frame == -1);
  CHECK(set.name(2) == bad);
  CHECK_CONTAINS(error_of([&] { set.source(2); }), "bad.cxi: is not an HDF5 file");
  CHECK(is_sample(set.source(4)->read(1), 1));
}

TEST_CASE("frame set: a mask given by the user joins that of every file, or does not fit") {
  const TemporaryFolder folder;
  const std::string a = folder / "a.cxi";
  Mask own{12, 10, std::vector<uint8_t>(120)}, given = own;
  own.bad[3] = given.bad[4] = 1;
  write_run(a, 1, shape, {.mask = own});
  FrameSetOptions options{.mask = std::make_shared<Mask>(given), .mask_name = "mask.h5:/mask"};
  const FrameSet set({a}, options);
  const Frame frame = set.source(0)->read(0);
  REQUIRE(frame.bad());
  CHECK(good_pixels(frame) == 118);
  CHECK(frame.bad()[3] == 1);
  CHECK(frame.bad()[4] == 1);
  CHECK_CONTAINS(set.source(0)->info().mask, "; mask.h5:/mask");
  options.mask = std::make_shared<Mask>(Mask{10, 12, std::vector<uint8_t>(120)});
  CHECK_CONTAINS(refusal({a}, options),
                 "mask.h5:/mask: the mask has 10 x 12 pixels, the frames of");
}

TEST_CASE("frame set: another kind of file given as a list is told by its first line") {
  const TemporaryFolder folder;
  put_file(folder / "a.lst", "run.cxi\x1b[2J //1\n");
  CHECK_CONTAINS(error_of([&] { FrameSet({folder / "a.lst"}); }),
                 "a.lst, line 1: 'run.cxi?[2J //1' is no path: this is no list of files");
  put_file(folder / "b.lst", std::string(5000, 'x'));
  CHECK_CONTAINS(error_of([&] { FrameSet({folder / "b.lst"}); }), "is no path");
}
