#include <doctest/doctest.h>

#include "data/frame_source.h"
#include "engine/hdf5_file.h"
#include "engine/output_file.h"
#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

constexpr int64_t frames = 12, side = 362;  // of a module; four of them make the 724 x 724 pixels

/// rows x columns of T, cut into its quadrants one after the other.
template <class T>
std::vector<T> quadrants(const std::vector<T>& image) {
  std::vector<T> out;
  for (const auto& [top, left] :
       {std::pair(int64_t(0), int64_t(0)), {0, side}, {side, 0}, {side, side}})
    for (int64_t row = 0; row < side; ++row)
      for (int64_t column = 0; column < side; ++column)
        out.push_back(image[size_t((top + row) * 2 * side + left + column)]);
  return out;
}

/// The example's first frames as a detector of four modules, with their mask.
void write_modules(const std::string& path) {
  const auto source = FrameSource::open(example().frames);
  std::vector<uint16_t> pixels;
  std::vector<uint32_t> bad(size_t(4 * side * side));
  for (int64_t i = 0; i < frames; ++i) {
    const Frame frame = source->read(i);
    REQUIRE(frame.type == DType::u16);
    const uint16_t* data = frame.data<uint16_t>();
    const auto cut = quadrants(std::vector<uint16_t>(data, data + 4 * side * side));
    pixels.insert(pixels.end(), cut.begin(), cut.end());
  }
  REQUIRE(source->mask());
  bad.assign(source->mask()->bad.begin(), source->mask()->bad.end());
  Hdf5File file = Hdf5File::create(path);
  file.write("/det/data", pixels.data(), {frames, 4, side, side});
  file.write("/det/mask", quadrants(bad).data(), {4, side, side});
  file.close();
}

/// `corner_of_last`: where the last module begins, from the beam.
std::string geometry(int corner_of_last = 0) {
  std::string text =
      "data = /det/data\ndim0 = %\ndim2 = ss\ndim3 = fs\nclen = 0.1\nphoton_energy = 9500\n"
      "mask0_data = /det/mask\nmask0_badbits = 0xffffffff\nres = 5000\n";
  const int corners[4][2] = {{-362, -362}, {0, -362}, {-362, 0}, {corner_of_last, corner_of_last}};
  for (int i = 0; i < 4; ++i) {
    const std::string panel = "p" + std::to_string(i) + "/";
    text += panel + "dim1 = " + std::to_string(i) + "\n" + panel + "min_fs = 0\n" + panel +
            "max_fs = 361\n" + panel + "min_ss = 0\n" + panel + "max_ss = 361\n" + panel +
            "fs = +1.0x\n" + panel + "ss = +1.0y\n" + panel +
            "corner_x = " + std::to_string(corners[i][0]) + "\n" + panel +
            "corner_y = " + std::to_string(corners[i][1]) + "\n";
  }
  return text;
}

/// The scores of the table that screen writes.
std::vector<std::string> scores(const std::vector<std::string>& input) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"screen",         "-m",      example().model, "-o",
                                        folder / "h.lst", "--table", folder / "t.tsv"};
  arguments.insert(arguments.end(), input.begin(), input.end());
  const Result result = run(arguments);
  REQUIRE_MESSAGE(result.code == 0, result.error);
  std::vector<std::string> out;
  for (const std::string& line : lines_of(file_content(folder / "t.tsv")))
    out.push_back(fields_of(line).at(2));
  out.resize(size_t(frames) + 1);
  return out;
}

}  // namespace

TEST_CASE("a detector of modules by a geometry: the scores of the frames that it makes") {
  const TemporaryFolder folder;
  write_modules(folder / "modules.h5");
  write_file(folder / "quadrants.geom", geometry());
  const std::vector<std::string> input = {"-i", folder / "modules.h5", "-g",
                                          folder / "quadrants.geom"};
  CHECK(scores(input) == scores({"-i", example().frames}));
  const Result copied = run({"screen", "-m", example().model, input[0], input[1], input[2],
                             input[3], "-o", folder / "h.lst", "--write-cxi", folder / "h.cxi"});
  CHECK(copied.code == 3);
  CHECK_CONTAINS(copied.error, "leave --write-cxi out");
  const Result peaks = run({"screen", "-m", example().model, "-i", input[1], "-g", input[3], "-o",
                            folder / "h.lst", "--write-peaks", folder / "h.cxi"});
  CHECK_CONTAINS(peaks.error, "leave --write-peaks out");
  CHECK(!exists(folder / "h.lst.journal"));
  const Result info = run({"info", folder / "modules.h5", "-g", folder / "quadrants.geom"});
  CHECK_CONTAINS(info.out, "12 of 724 x 724 pixels");
  write_file(folder / "moved.geom", geometry(40));  // a gap, and a part beyond the crop
  CHECK(scores({"-i", folder / "modules.h5", "-g", folder / "moved.geom"}) != scores(input));
}

TEST_CASE("a geometry that does not fit the file is named, with its panel") {
  const TemporaryFolder folder;
  write_modules(folder / "modules.h5");
  std::string text = geometry();
  text.replace(text.find("p2/max_fs = 361"), 15, "p2/max_fs = 400");
  write_file(folder / "wide.geom", text);
  const Result wide = run({"info", folder / "modules.h5", "-g", folder / "wide.geom"});
  CHECK(wide.code == 3);
  CHECK_CONTAINS(wide.error, "wide.geom");
  CHECK_CONTAINS(wide.error, "panel p2");
  write_file(folder / "broken.geom", "data = /det/data\np0/min_fs = many\n");
  const Result broken = run({"info", folder / "modules.h5", "-g", folder / "broken.geom"});
  CHECK(broken.code == 3);
  CHECK_CONTAINS(broken.error, "broken.geom");
  CHECK_CONTAINS(broken.error, "2");
}
