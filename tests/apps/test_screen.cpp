// What screen writes, line by line.
#include <filesystem>
#include <regex>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

struct Outputs {
  Result result;
  std::vector<std::string> hits, table;
  nlohmann::json json;
};

Outputs screen(const std::string& input, const std::vector<std::string>& more = {},
               const std::string& standard_input = "") {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"screen",
                                        "-m",
                                        example().model,
                                        "-i",
                                        input,
                                        "-o",
                                        folder / "hits.lst",
                                        "--table",
                                        folder / "t.tsv",
                                        "--json",
                                        folder / "s.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Outputs outputs;
  outputs.result = run(arguments, {.input = standard_input});
  REQUIRE_MESSAGE(outputs.result.code == 0, outputs.result.error);
  outputs.hits = lines_of(file_content(folder / "hits.lst"));
  outputs.table = lines_of(file_content(folder / "t.tsv"));
  outputs.json = nlohmann::json::parse(file_content(folder / "s.json"));
  return outputs;
}

}  // namespace

TEST_CASE("hit list, table, summary and final line agree with each other") {
  const Outputs outputs = screen(example().frames);
  REQUIRE(outputs.table.size() == ExampleRun::count + 1);
  CHECK(outputs.table[0] == "file\tevent\tscore\tclass\treason");
  const double threshold = outputs.json["threshold"];
  std::vector<std::string> hits;
  for (size_t i = 1; i < outputs.table.size(); ++i) {
    const auto fields = fields_of(outputs.table[i]);
    REQUIRE(fields.size() == 5);
    CHECK(fields[0] == example().frames);
    CHECK(fields[1] == "//" + std::to_string(i - 1));
    const double score = std::stod(fields[2]);
    CHECK((score >= 0 && score <= 1));
    CHECK((fields[3] == "hit" || fields[3] == "miss"));
    if (std::fabs(score - threshold) > 1e-6) CHECK((fields[3] == "hit") == (score >= threshold));
    CHECK(fields[4].empty());
    if (fields[3] == "hit") hits.push_back(fields[0] + " " + fields[1]);
  }
  CHECK(outputs.hits == hits);
  CHECK(!hits.empty());
  CHECK(hits.size() < size_t(ExampleRun::count));
  char final_line[100];
  std::snprintf(final_line, sizeof final_line, "Final: 60 images processed, %zu hits (%.1f%%).",
                hits.size(), 100.0 * double(hits.size()) / 60);
  CHECK(lines_of(outputs.result.out).back() == final_line);
  CHECK(outputs.json["frames"] == 60);
  CHECK(outputs.json["hits"] == hits.size());
  CHECK(outputs.json["bad"] == 0);
}

TEST_CASE("the hits are the same for any number of threads") {
  const Outputs one = screen(example().frames, {"-j", "1"});
  const Outputs three = screen(example().frames, {"-j", "3"});
  CHECK(one.table == three.table);
}

TEST_CASE("lists: a file, a frame, from standard input, in the order given") {
  const std::string& path = example().frames;
  const Outputs all = screen(path);
  const Outputs some = screen("-", {}, path + " //7\n\n" + path + " //3\n");
  REQUIRE(some.table.size() == 3);
  CHECK(some.table[1] == all.table[8]);
  CHECK(some.table[2] == all.table[4]);
  CHECK(lines_of(some.result.out).back().rfind("Final: 2 images processed, ", 0) == 0);
}

TEST_CASE("frames given twice are warned of, those that a list cannot name are refused") {
  const TemporaryFolder folder;
  const std::string run = folder / "run.h5", again = folder / "again.h5";
  write_frames(run);
  const std::string images = ":/entry_1/data_1/data";
  std::filesystem::create_symlink(run, again);
  const std::string list = write_list(folder / "x.lst", {run + images, again + images + " //1"});
  const Outputs twice = screen(list);
  CHECK_CONTAINS(twice.result.error, again + " //1 was given already: what comes twice");
  CHECK(twice.table.size() == 4);
  CHECK(screen(run + images).result.error.find("already") == std::string::npos);
  const auto refused = [&](const std::string& input) {
    const Result result = ::run({"screen", "-m", example().model, "-i", run + images, "-i", input,
                                 "-o", folder / "hits.lst"});
    CHECK(result.code == 3);
    CHECK(!exists(folder / "hits.lst"));
    return result.error;
  };
  CHECK_CONTAINS(refused(run), "run.h5: frames of two datasets of the file");
  std::filesystem::rename(again, again + "\n");
  CHECK_CONTAINS(refused(again + "\n" + images), "a list of frames cannot hold this name");
}

TEST_CASE("a hit list is an input: screening the hits again keeps them all") {
  const TemporaryFolder folder;
  const Outputs first = screen(example().frames);
  const Outputs again = screen(write_list(folder / "hits.lst", first.hits));
  CHECK(again.hits == first.hits);
  CHECK(again.json["frames"] == first.hits.size());
}

TEST_CASE("screen says once which mask removed how much, with its polarity") {
  const Outputs outputs = screen(example().frames);
  CHECK_CONTAINS(outputs.result.error, "/entry_1/data_1/mask");
  CHECK_CONTAINS(outputs.result.error, "0 = good");
  CHECK(outputs.result.error.find("warning") == std::string::npos);
}

TEST_CASE("frames that look unmasked are warned of") {
  const Outputs outputs = screen(example().frames, {"--ignore-file-mask"});
  CHECK_CONTAINS(outputs.result.error, "warning");
  CHECK_CONTAINS(outputs.result.error, "hitsieve mask");
}

TEST_CASE("a model trained on masked frames says so once of frames without a mask") {
  const std::string warning = "was trained on masked frames (/entry_1/data_1/mask (0 = good)";
  const std::string error = screen(example().frames, {"--ignore-file-mask"}).result.error;
  CHECK_CONTAINS(error, warning);
  CHECK(error.find(warning) == error.rfind(warning));
}
