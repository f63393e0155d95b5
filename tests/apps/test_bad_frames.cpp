// Frames that cannot be used, in files that can: named, exit code 3; with --skip-bad left out,
// counted and written into the table.
#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

struct Screened {
  Result result;
  std::vector<std::string> table;  ///< lines
};

Screened screen(const TemporaryFolder& folder, const std::string& input,
                const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"screen",
                                        "-m",
                                        example().model,
                                        "-i",
                                        input,
                                        "-o",
                                        folder / "hits.lst",
                                        "--table",
                                        folder / "frames.tsv",
                                        "--overwrite"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Screened screened{run(arguments), {}};
  if (exists(folder / "frames.tsv")) screened.table = lines_of(file_content(folder / "frames.tsv"));
  return screened;
}

void check_bad_row(const std::string& line, const std::string& file, const std::string& event,
                   const std::string& reason) {
  const auto fields = fields_of(line);
  REQUIRE(fields.size() == 5);
  CHECK(fields[0] == file);
  CHECK(fields[1] == event);
  CHECK(fields[2] == "nan");
  CHECK(fields[3] == "bad");
  CHECK_CONTAINS(fields[4], reason);
}

}  // namespace

TEST_CASE("a constant frame") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi";
  write_frames(path, {.frames = 3, .constant = {1}});
  Screened screened = screen(folder, path);
  CHECK(screened.result.code == 3);
  CHECK_CONTAINS(screened.result.error, path + " //1");
  CHECK(!exists(folder / "hits.lst"));
  screened = screen(folder, path, {"--skip-bad"});
  CHECK(screened.result.code == 0);
  CHECK_CONTAINS(screened.result.error, path + " //1");
  CHECK_CONTAINS(screened.result.out, "Skipped: 1 bad frame");
  CHECK(lines_of(screened.result.out).back().rfind("Final: 2 images processed, ", 0) == 0);
  REQUIRE(screened.table.size() == 4);
  check_bad_row(screened.table[2], path, "//1", "constant");
}

TEST_CASE("a frame of NaN alone; single NaN do no harm") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi";
  write_float_frames(path, 3, {2});
  Screened screened = screen(folder, path);
  CHECK(screened.result.code == 3);
  CHECK_CONTAINS(screened.result.error, path + " //2");
  screened = screen(folder, path, {"--skip-bad"});
  CHECK(screened.result.code == 0);
  REQUIRE(screened.table.size() == 4);
  check_bad_row(screened.table[3], path, "//2", "pixel");
  for (size_t line : {1, 2}) CHECK(fields_of(screened.table[line])[3] != "bad");
}

TEST_CASE("every pixel outside the trusted range") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi";
  write_frames(path);
  const Screened screened = screen(folder, path, {"--trusted", "-20,50"});
  CHECK(screened.result.code == 3);
  CHECK_CONTAINS(screened.result.error, path + " //0");
  CHECK_CONTAINS(screened.result.error, "pixel");
}

TEST_CASE("over half masked by several masks together, or by NaN: said, as one mask is") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi";
  write_float_frames(path, 3, {}, {1});
  Screened screened = screen(folder, path);
  CHECK(screened.result.code == 3);
  CHECK_CONTAINS(screened.result.error,
                 path + " //1: /entry_1/data_1/data: over half of its pixels");
  CHECK_CONTAINS(screened.result.error, "mask: none; trusted: ");
  CHECK_CONTAINS(screened.result.error, "--skip-bad");
  screened = screen(folder, path, {"--skip-bad"});
  CHECK(screened.result.code == 0);
  REQUIRE(screened.table.size() == 4);
  check_bad_row(screened.table[2], path, "//1", "over half of its pixels");
  // Each of two masks takes less than half of the frame; the second lies all within the crop.
  const std::string large = folder / "large.cxi", one = folder / "one.h5", two = folder / "two.h5";
  write_frames(large, {.frames = 1, .ss = 1000, .fs = 1000});
  write_mask_file(one, 1000, 1000, [](int64_t row, int64_t) { return row < 400; });
  write_mask_file(two, 1000, 1000, [](int64_t row, int64_t column) {
    return row > 200 && row < 800 && column > 200 && column < 800;
  });
  CHECK(screen(folder, large, {"--mask", one}).result.code == 0);
  screened = screen(folder, large, {"--mask", two});
  CHECK(screened.result.code == 3);
  CHECK_CONTAINS(screened.result.error, large + " //0");
  CHECK_CONTAINS(screened.result.error, "over half of its pixels");
  CHECK_CONTAINS(screened.result.error, two);
}

TEST_CASE("a frame smaller than the crop, alone and in a list") {
  const TemporaryFolder folder;
  const std::string small = folder / "small.cxi", good = folder / "good.cxi";
  write_frames(small, {.frames = 1, .ss = 185, .fs = 388});
  write_frames(good);
  Screened screened = screen(folder, small);
  CHECK(screened.result.code == 3);
  for (const char* word : {"small.cxi", "185", "388", "724"})
    CHECK_CONTAINS(screened.result.error, word);
  const std::string list = write_list(folder / "runs.lst", {good, small, good + " //1"});
  screened = screen(folder, list, {"--skip-bad"});
  CHECK(screened.result.code == 0);
  REQUIRE(screened.table.size() == 5);
  check_bad_row(screened.table[3], small, "//0", "724");
  CHECK(fields_of(screened.table[4])[1] == "//1");
  CHECK(lines_of(screened.result.out).back().rfind("Final: 3 images processed, ", 0) == 0);
}

TEST_CASE("a long list of frames of several shapes") {
  const TemporaryFolder folder;
  const std::string small = folder / "small.cxi", large = folder / "large.cxi";
  write_frames(small, {.frames = 1, .ss = 185, .fs = 388});
  write_frames(large, {.frames = 1, .ss = 800, .fs = 900});
  const std::string list = write_list(folder / "runs.lst", {small, example().frames, large});
  const Screened screened = screen(folder, list, {"--skip-bad"});
  CHECK_MESSAGE(screened.result.code == 0, screened.result.error);
  CHECK(lines_of(screened.result.out).back().rfind("Final: 61 images processed, ", 0) == 0);
}

TEST_CASE("a file of a list that cannot be opened") {
  const TemporaryFolder folder;
  const std::string good = folder / "good.cxi", missing = folder / "missing.cxi";
  write_frames(good);
  const std::string list = write_list(folder / "runs.lst", {missing, good});
  CHECK(screen(folder, list).result.code == 3);
  const Screened screened = screen(folder, list, {"--skip-bad"});
  CHECK(screened.result.code == 0);
  REQUIRE(screened.table.size() == 4);
  check_bad_row(screened.table[1], missing, "", "no such file");
}

TEST_CASE("all frames skipped is nothing processed: exit code 5, and the table says why") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi";
  write_frames(path, {.frames = 2, .constant = {0, 1}});
  const Screened screened = screen(folder, path, {"--skip-bad"});
  CHECK(screened.result.code == 5);
  CHECK(lines_of(screened.result.out).back() == "Final: 0 images processed, 0 hits (0.0%).");
  CHECK(screened.table.size() == 3);
  CHECK(file_content(folder / "hits.lst").empty());
}

TEST_CASE("training meets a bad frame") {
  const TemporaryFolder folder;
  const std::string path = folder / "run.cxi", labels = folder / "labels.txt";
  write_frames(path, {.frames = 4, .constant = {0}});
  put_file(labels, "run.cxi [1] HIT\nrun.cxi [2] MISS\nrun.cxi [3] HIT\nrun.cxi [4] MISS\n");
  const Result result = run({"train", "-i", path, "--labels", labels, "--train", "2", "--validate",
                             "2", "-o", folder / "model.h5"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, path + " //0");
  CHECK(!exists(folder / "model.h5"));
}
