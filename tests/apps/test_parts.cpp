// A run shared among processes by --part, and joined again by merge.
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/apps/screening_run.h"

namespace {

std::string part_name(int k) { return "part" + std::to_string(k); }

Result run_part(const TemporaryFolder& folder, int k, int n, const std::string& input,
                const std::vector<std::string>& more = {}) {
  const std::string part = std::to_string(k) + "/" + std::to_string(n);
  return run(screen_arguments(folder, part_name(k), input, joined({"--part", part}, more)));
}

Result merge(const TemporaryFolder& folder, const std::vector<int>& parts) {
  std::vector<std::string> arguments = joined({"merge", "-q"}, output_arguments(folder, "all"));
  for (const int k : parts) arguments.push_back(folder / (part_name(k) + ".lst"));
  return run(arguments);
}

void check_refused(const TemporaryFolder& folder, const std::vector<int>& parts,
                   const std::vector<std::string>& words) {
  const Result result = merge(folder, parts);
  CHECK(result.code == 3);
  for (const std::string& word : words) CHECK_CONTAINS(result.error, word);
  CHECK(!exists(folder / "all.lst"));
  CHECK(!exists(folder / "all.tsv"));
}

}  // namespace

TEST_CASE("parts, merged in any order, are one process's outputs byte for byte") {
  const TemporaryFolder folder;
  const std::vector<std::string> misses = {"--misses", "3"};
  const Result one = run(screen_arguments(folder, "one", example().frames, misses));
  REQUIRE_MESSAGE(one.code == 0, one.error);
  CHECK(!file_content(folder / "one.misses.lst").empty());
  const std::vector<std::vector<int>> orders = {{3, 1, 4, 2}, {7, 6, 5, 4, 3, 2, 1}};
  for (const std::vector<int>& order : orders) {
    size_t lines = 0;
    for (const int k : order) {
      const Result part = run_part(folder, k, int(order.size()), example().frames,
                                   joined(misses, {"--overwrite", "-j", std::to_string(k)}));
      REQUIRE_MESSAGE(part.code == 0, part.error);
      const size_t frames = lines_of(file_content(folder / (part_name(k) + ".tsv"))).size() - 1;
      CHECK(frames >= size_t(ExampleRun::count) / order.size());
      CHECK(frames <= size_t(ExampleRun::count) / order.size() + 1);
      lines += frames;
    }
    CHECK(lines == ExampleRun::count);
    const Result all = merge(folder, order);
    CHECK_MESSAGE(all.code == 0, all.error);
    CHECK(all.out == one.out);
    check_same_outputs(folder, "one", "all");
    std::filesystem::remove(folder / "all.lst"), std::filesystem::remove(folder / "all.tsv");
    std::filesystem::remove(folder / "all.json");
    std::filesystem::remove(folder / "all.misses.lst");
  }
}

TEST_CASE("a part that is missing, given twice, or one of another number is named") {
  const TemporaryFolder folder;
  for (const int k : {1, 2, 3}) REQUIRE(run_part(folder, k, 3, example().frames).code == 0);
  check_refused(folder, {1, 3}, {"part 2/3 is missing"});
  check_refused(folder, {2}, {"1/3, 3/3"});
  check_refused(folder, {1, 2, 2, 3}, {"part2.lst", "2/3"});
  check_refused(folder, {1, 2, 4}, {"part4.lst", "missing"});
  REQUIRE(run_part(folder, 4, 4, example().frames).code == 0);
  check_refused(folder, {1, 2, 4}, {"part4.lst", "4/4", "part1.lst"});
  put_file(folder / "part5.lst.journal", "ln84.cxi //1\n");
  check_refused(folder, {1, 2, 5}, {"part5.lst.journal", "no journal"});
}

TEST_CASE("a part of another model, input or option is named") {
  const TemporaryFolder folder;
  REQUIRE(run_part(folder, 1, 2, example().frames).code == 0);
  const auto second = [&](const std::string& input, const std::vector<std::string>& more) {
    const Result result = run_part(folder, 2, 2, input, joined(more, {"--overwrite"}));
    REQUIRE_MESSAGE(result.code == 0, result.error);
  };
  const std::string twice = write_list(folder / "twice.lst", {example().frames, example().frames});
  second(twice, {});
  check_refused(folder, {1, 2}, {"part2.lst", "input", "twice.lst"});
  second(example().frames, {"--trusted", "0,60000"});
  check_refused(folder, {1, 2}, {"part2.lst", "trusted", "0,60000"});
  second(example().frames, {"--misses", "7"});
  check_refused(folder, {1, 2}, {"part2.lst", "misses", "7"});
  std::filesystem::copy(example().model, folder / "model.h5");
  std::string journal = file_content(folder / "part1.lst.journal");
  const size_t model = journal.find("content of the model\":\"") + 23;
  journal[model] = journal[model] == '0' ? '1' : '0';
  put_file(folder / "part1.lst.journal", journal);
  second(example().frames, {});
  check_refused(folder, {1, 2}, {"part2.lst", "content of the model"});
}

TEST_CASE("an unfinished part is named") {
  const TemporaryFolder folder;
  for (const int k : {1, 2}) REQUIRE(run_part(folder, k, 2, example().frames).code == 0);
  const std::string path = folder / "part2.lst.journal", journal = file_content(path);
  put_file(path, journal.substr(0, journal.size() - 3));  // killed in the middle of a line
  check_refused(folder, {1, 2}, {"part2.lst", "2/2 is unfinished: 1 of 30", "--resume"});
  put_file(path, journal + "3\t0\t3\thit\t1\t\n");  // of the other part
  check_refused(folder, {1, 2}, {"part2.lst.journal, line 32", "damaged"});
}

TEST_CASE("more parts than frames: those without one are empty, and merge takes them") {
  const TemporaryFolder folder;
  const std::string two =
      write_list(folder / "two.lst", {example().frames + " //0", example().frames + " //1"});
  REQUIRE(run(screen_arguments(folder, "one", two)).code == 0);
  for (const int k : {1, 2, 3}) {
    const Result result = run_part(folder, k, 3, two);
    CHECK_MESSAGE(result.code == 0, result.error);
  }
  CHECK(merge(folder, {1, 2, 3}).code == 0);
  check_same_outputs(folder, "one", "all");
}

TEST_CASE("one part of one is a part, one of bad frames alone is done") {
  const TemporaryFolder folder;
  REQUIRE(run_part(folder, 1, 1, example().frames).code == 0);
  CHECK(merge(folder, {1}).code == 0);
  CHECK(file_content(folder / "all.lst") == file_content(folder / "part1.lst"));
  write_frames(folder / "bad.h5", {.frames = 6, .constant = {3, 4, 5}});
  for (const int k : {1, 2}) {
    const Result part =
        run_part(folder, k, 2, folder / "bad.h5", {"--skip-bad", "--overwrite", "-q"});
    CHECK_MESSAGE(part.code == 0, part.error);
  }
}

TEST_CASE("frames that change between parts, or before merge reads them again, are said") {
  const TemporaryFolder folder;
  const std::string frames = folder / "frames.cxi";
  std::filesystem::copy(example().frames, frames);
  REQUIRE(run_part(folder, 1, 2, frames).code == 0);
  REQUIRE(run_part(folder, 2, 2, frames).code == 0);
  const auto merge_into = [&](const std::string& name, const std::vector<std::string>& more) {
    return run(
        joined({"merge", "-o", folder / name, folder / "part1.lst", folder / "part2.lst"}, more));
  };
  const auto before = std::filesystem::last_write_time(frames);
  std::filesystem::last_write_time(frames, before + std::chrono::seconds(1));
  for (const std::string copies : {"--write-cxi", "--write-peaks"}) {
    const Result result = merge_into("a.lst", {copies, folder / "a.cxi"});
    CHECK(result.code == 3);
    CHECK_CONTAINS(result.error, "part1.lst: its frames' files");
    CHECK_CONTAINS(result.error, "frames.cxi, are not there as they were");
    CHECK(!exists(folder / "a.cxi"));
  }
  const Result result = merge_into("a.lst", {});
  CHECK(result.code == 0);
  CHECK(result.error.find("time of change") == std::string::npos);
  REQUIRE(run_part(folder, 2, 2, frames, {"--overwrite"}).code == 0);
  CHECK_CONTAINS(merge_into("b.lst", {}).error, "part2.lst: the frames' files had another time");
}

TEST_CASE("an unlimited parameter of the spot finder is gone on with, and merged") {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments = {
      "screen",         "--method", "peaks", "--max-res", "inf", "-i",
      example().frames, "--part",   "1/1",   "--resume",  "-o",  folder / "part.lst"};
  REQUIRE(run(arguments).code == 0);
  const Result again = run(arguments);
  CHECK_MESSAGE(again.code == 0, again.error);
  const Result merged = run({"merge", "-o", folder / "all.lst", "--write-peaks",
                             folder / "peaks.cxi", folder / "part.lst"});
  CHECK_MESSAGE(merged.code == 0, merged.error);
}

TEST_CASE("what is no part is a usage error") {
  const TemporaryFolder folder;
  for (const std::string part : {"0/4", "5/4", "1", "1/", "/4", "-1/4", "1/4x", "a/b"}) {
    const Result result = run(screen_arguments(folder, "x", example().frames, {"--part=" + part}));
    CHECK_MESSAGE(result.code == 2, part);
    CHECK_CONTAINS(result.error, part);
  }
}
