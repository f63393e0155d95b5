// The paper's experiments on very few simulated frames: that all is there, kept, and repeatable.
// How good the methods are is measured elsewhere.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::vector<std::string> arguments(const std::string& folder, bool resume = false) {
  std::vector<std::string> out = {"paper",  "-o", folder,     "--frames", "60",
                                  "--seed", "1",  "--epochs", "1"};
  if (resume) out.emplace_back("--resume");
  return out;
}

/// A report made once for all tests.
const std::string& report() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    const std::string out = folder / "report";
    const Result result = run(arguments(out));
    REQUIRE_MESSAGE(result.code == 0, result.error);
    return out;
  }();
  return path;
}

/// The tables without the measured speeds, the only numbers that are not the same every time.
Json tables(const std::string& folder) {
  Json out = Json::parse(file_content(folder + "/tables.json"));
  for (Json& row : out["T6"]["rows"]) {
    CHECK(row["frames_per_second"] > 0);
    row.erase("frames_per_second");
  }
  return out;
}

std::map<std::string, fs::file_time_type> times(const std::string& folder) {
  std::map<std::string, fs::file_time_type> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out[entry.path().string()] = entry.last_write_time();
  return out;
}

}  // namespace

TEST_CASE("the paper's tables have their rows, each number with its data, split and seed") {
  const Json all = tables(report());
  const std::map<std::string, size_t> rows = {{"T1", 12}, {"T2", 6}, {"T3", 6}, {"T4", 8},
                                              {"T5", 12}, {"T6", 4}, {"T7", 12}};
  CHECK(all.size() == rows.size());
  for (const auto& [name, count] : rows) {
    INFO(name);
    const Json& table = all.at(name);
    CHECK(table["rows"].size() == count);
    CHECK(table["data"] == "simulated");
    CHECK(table["seeds"] == 1);
    CHECK(!table["split"].get<std::string>().empty());
    for (const Json& row : table["rows"]) {
      CHECK(row["accuracy"] >= 0);
      CHECK(row["accuracy"] <= 1);
      CHECK(row["recall_sd"].is_null() == (name != "T6"));  // T6: also over the sets
    }
    CHECK(lines_of(file_content(report() + "/" + name + ".csv")).size() == count + 1);
  }
  CHECK(all["T1"]["split"].get<std::string>().starts_with("36 train, 12 validate, 12 test"));
}

TEST_CASE("a row counts the frames that it says it was tested on") {
  const Json all = tables(report());
  const auto frames = [](const Json& row) {
    int64_t out = 0;
    for (const Json& decided : row["confusion"][0])
      out += decided["miss"].get<int64_t>() + decided["hit"].get<int64_t>();
    return out;
  };
  for (const Json& row : all["T1"]["rows"]) CHECK(frames(row) == (row.contains("set") ? 12 : 60));
  for (const Json& row : all["T2"]["rows"]) CHECK(frames(row) == 30);
  for (const Json& row : all["T3"]["rows"]) CHECK(frames(row) == 30);
  for (const Json& row : all["T5"]["rows"]) CHECK(frames(row) == 60);
}

TEST_CASE("Tables 3 and 5 end with the means of the methods they compare") {
  const Json all = tables(report());
  const auto mean = [](const Json& table, const std::string& method) {
    double sum = 0, count = 0;
    for (const Json& row : table["rows"])
      if (row["method"] == method) sum += row["recall"].get<double>(), ++count;
    return doctest::Approx(sum / count);
  };
  CHECK(all["T3"]["means"][0]["recall"] == mean(all["T3"], "transfer"));
  CHECK(all["T3"]["means"][1]["recall"] == mean(all["T2"], "2D CNN"));
  CHECK(all["T5"]["means"][0]["recall"] == mean(all["T5"], "DANN"));
  CHECK(all["T5"]["means"][1]["recall"] == mean(all["T5"], "2D CNN of Table 1"));
}

TEST_CASE("only what is known in print stands beside the numbers as published") {
  const Json all = tables(report());
  std::set<std::string> found;
  for (const Json& row : all["T5"]["rows"])
    if (row.contains("published"))
      found.insert(row["method"].get<std::string>() + " " + row["source"].get<std::string>() + " " +
                   row["target"].get<std::string>() + " " + row["published"]["recall"].dump());
  CHECK(found ==
        std::set<std::string>{"DANN LN83 LO19 0.8967", "2D CNN of Table 1 LN83 LO19 0.7037"});
}

TEST_CASE("the page has all tables and figures and needs nothing from outside") {
  const std::string page = file_content(report() + "/report.html");
  for (int table = 1; table <= 7; ++table)
    CHECK_CONTAINS(page, "Table " + std::to_string(table) + ".");
  for (int figure = 5; figure <= 10; ++figure)
    CHECK_CONTAINS(page, "Figure " + std::to_string(figure) + ".");
  CHECK_CONTAINS(page, "simulated");
  CHECK(page.find("src=\"http") == std::string::npos);
  CHECK(page.find("href=") == std::string::npos);
}

TEST_CASE("a finished report is not repeated, and not overwritten") {
  const std::string folder = report();
  const auto before = times(folder);
  const Result again = run(arguments(folder));
  CHECK(again.code == 4);
  CHECK_CONTAINS(again.error, "--resume");
  CHECK(run(arguments(folder, true)).code == 0);
  Result other =
      run({"paper", "-o", folder, "--frames", "60", "--seed", "1", "--epochs", "2", "--resume"});
  CHECK(other.code == 4);
  CHECK_CONTAINS(other.error, "another epochs");
  CHECK(times(folder) == before);
}

TEST_CASE("what is missing is made again, with the same numbers, and nothing else") {
  const TemporaryFolder temporary;
  const std::string folder = temporary / "copy";
  fs::copy(report(), folder, fs::copy_options::recursive);
  const Json before = tables(folder);
  for (const char* file : {"results/T4/LN83/seed1.json", "results/T3/LN84-LN83/seed1.json",
                           "results/T1/LN84/seed1.json", "models/T1/LN84/seed1.h5"})
    REQUIRE(fs::remove(folder + "/" + file));
  const std::string kept = folder + "/results/T5/LN83-LO19/seed1.json";
  const auto time = fs::last_write_time(kept);
  const Result result = run(arguments(folder, true));
  REQUIRE_MESSAGE(result.code == 0, result.error);
  CHECK(tables(folder) == before);
  CHECK(fs::last_write_time(kept) == time);
}

TEST_CASE("an interrupted report keeps its results, and goes on") {
  const TemporaryFolder temporary;
  const std::string folder = temporary / "report";
  fs::create_directories(folder);
  fs::copy(report() + "/data", folder + "/data", fs::copy_options::recursive);
  fs::copy(report() + "/settings.json", folder + "/settings.json");
  const std::string first = folder + "/results/T4/LN84/seed1.json";
  const Result result = run_and_signal(arguments(folder, true), SIGINT,
                                       [&](const std::string&) { return exists(first); });
  CHECK(result.code == 130);
  CHECK(Json::parse(file_content(first))["tests"].size() == 5);
  CHECK(!exists(folder + "/tables.json"));
  for (const auto& [path, time] : times(folder))
    CHECK(path.find(".inprogress") == std::string::npos);
}

TEST_CASE("a folder without the sets, or that is none, is a clear error") {
  const TemporaryFolder folder;
  const Result none = run({"paper", "-o", folder / "a", "--data", folder / "nowhere"});
  CHECK(none.code == 3);
  CHECK_CONTAINS(none.error, "nowhere");
  CHECK(!exists(folder / "a"));
  fs::create_directories(folder / "empty");
  const Result empty = run({"paper", "-o", folder / "b", "--data", folder / "empty"});
  CHECK(empty.code == 3);
  CHECK_CONTAINS(empty.error, "LN84 (r0095_2000.h5)");
  CHECK(!exists(folder / "b"));  // nothing is made before the data are known to do
}

TEST_CASE("an experiment that cannot be made is named, with what to do") {
  const TemporaryFolder folder;
  const Result result =
      run({"paper", "-o", folder / "report", "--frames", "20", "--epochs", "1", "-q"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "RWD on LG36 (T4/LG36/seed1): training: all 5 frames are misses");
  CHECK_CONTAINS(result.error, "--frames makes more");
}

TEST_CASE("a folder of something else is left alone") {
  const TemporaryFolder folder;
  std::ofstream(folder / "notes.txt") << "mine";
  const std::string path = fs::path(folder / "notes.txt").parent_path().string();
  const Result result = run({"paper", "-o", path, "--resume"});
  CHECK(result.code == 4);
  CHECK_CONTAINS(result.error, "settings.json");
}
