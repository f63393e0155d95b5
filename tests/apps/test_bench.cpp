// bench: what it leaves can be read by programs and by people. Never how long anything takes.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

Result bench(const std::string& folder, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"bench", "--seconds", "0.002", "-j", "2", "-o", folder};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

nlohmann::json numbers(const std::string& folder) {
  return nlohmann::json::parse(file_content(folder + "/bench.json"));
}

void check_rates(const nlohmann::json& series) {
  REQUIRE(!series.empty());
  for (const auto& point : series) CHECK(point["frames_per_s"].get<double>() > 0);
}

}  // namespace

TEST_CASE("bench without a file or a model: simulated frames, a network of each kind") {
  const TemporaryFolder folder;
  const Result result = bench(folder / "b");
  REQUIRE_MESSAGE(result.code == 0, result.error);
  CHECK(result.out.find("1D network of random weights") != std::string::npos);
  CHECK(result.out.find("2D network of random weights") != std::string::npos);
  const nlohmann::json json = numbers(folder / "b");
  CHECK(json["threads"] == 2);
  CHECK(json["frames"]["source"].get<std::string>().find("simulated") != std::string::npos);
  CHECK(json["file_seconds_per_frame"].empty());
  REQUIRE(json["networks"].size() == 2);
  for (const auto& net : json["networks"]) {
    for (const char* stage : {"preprocess", "network"})
      CHECK(net["seconds_per_frame"][stage].get<double>() > 0);
    check_rates(net["by_threads"]);
    check_rates(net["by_batch"]);
    CHECK(net["latency_s"]["median"] <= net["latency_s"]["longest"]);
    CHECK(net["from_file_frames_per_s"].is_null());
  }
  check_rates(json["raw_to_vector_by_size"]);
  for (const char* of : {"one_thread", "all_threads"})
    for (const char* what : {"copy_bytes_per_s", "triad_bytes_per_s", "flops_per_s"})
      CHECK(json["ceilings"][of][what].get<double>() > 0);
  CHECK(json["roofline"].size() == 4);
  const std::string page = file_content(folder / "b/bench.html");
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.find("</html>") != std::string::npos);
  for (const char* outside : {"http:", "https:", "src=\"/", "url("})  // it opens offline
    CHECK_MESSAGE(page.find(outside) == std::string::npos, outside);
}

TEST_CASE("bench with a file and a model measures reading and decoding too") {
  const TemporaryFolder folder;
  const Result result = bench(folder / "b", {"-i", example().frames, "-m", example().model});
  REQUIRE_MESSAGE(result.code == 0, result.error);
  const nlohmann::json json = numbers(folder / "b");
  REQUIRE(json["networks"].size() == 1);
  for (const char* stage : {"read", "decode"})
    CHECK(json["file_seconds_per_frame"][stage].get<double>() > 0);
  CHECK(json["networks"][0]["from_file_frames_per_s"].get<double>() > 0);
  CHECK(!json.contains("gpu"));
  CHECK(json["frames"]["source"] == example().frames);

  CHECK(bench(folder / "b").code == 4);  // it is there already
  CHECK(bench(folder / "b", {"--overwrite"}).code == 0);
}

TEST_CASE("bench --device cuda measures the GPU too, and says which; without one it is an error") {
  const TemporaryFolder folder;
  const std::string list =
      write_list(folder / "two.lst", {example().frames + " //0", example().frames + " //1"});
  const Result result =
      bench(folder / "b", {"--device", "cuda", "-i", list, "-m", example().model});
#ifndef HITSIEVE_EMULATOR
  if (result.code != 0) {
    CHECK(result.code == 3);
    CHECK_MESSAGE(result.error.find("--device cuda: ") != std::string::npos, result.error);
    CHECK(!exists(folder / "b"));
    return;
  }
#endif
  REQUIRE_MESSAGE(result.code == 0, result.error);
  const nlohmann::json json = numbers(folder / "b"), gpu = json["gpu"];
  const std::string name = gpu["name"];
#ifdef HITSIEVE_EMULATOR
  CHECK(name.find("emulator") != std::string::npos);
#endif
  for (const char* what :
       {"copy_bytes_per_s", "triad_bytes_per_s", "flops_per_s", "copy_in_bytes_per_s"})
    CHECK(gpu["ceilings"][what].get<double>() > 0);
  REQUIRE(gpu["networks"].size() == 1);
  const auto& net = gpu["networks"][0];
  REQUIRE(net["steps"].size() == 4);
  for (const auto& step : net["steps"]) CHECK(step["seconds_per_frame"].get<double>() > 0);
  CHECK(net["steps"][0]["name"] == "raw to vector");
  CHECK(net["steps"][0]["share"].get<double>() > 0);
  CHECK(net["steps"][3]["against"] == "copy in");
  check_rates(net["network_by_batch"]);
  check_rates(net["by_batch"]);
  check_rates(gpu["raw_to_vector_by_size"]);
  for (const char* part : {"read", "decode", "copy", "compute", "write"})
    CHECK(net["streamed_seconds_per_frame"][part].get<double>() > 0);
  CHECK(net["from_file_frames_per_s"].get<double>() > 0);
  CHECK(gpu["roofline"].size() == 2);
  CHECK(!exists(folder / "b/written.lst"));
  CHECK(!exists(folder / "b/written.lst.journal"));
  CHECK(result.out.find("GPU: " + name) != std::string::npos);
  CHECK(file_content(folder / "b/bench.html").find("On the GPU: " + name) != std::string::npos);
}

TEST_CASE("bench: what is wrong with its input is said, and nothing is left") {
  const TemporaryFolder folder;
  write_list(folder / "text.h5", {"no HDF5"});
  const auto refused = [&](const std::vector<std::string>& more, int code, const char* word) {
    const Result result = bench(folder / "b", more);
    CHECK(result.code == code);
    CHECK_MESSAGE(result.error.find(word) != std::string::npos, result.error);
    CHECK(!exists(folder / "b"));
  };
  refused({"-i", folder / "none.cxi"}, 3, "none.cxi");
  refused({"-i", folder / "text.h5"}, 3, "text.h5");
  refused({"-m", folder / "none.h5"}, 3, "none.h5");
  refused({"-m", example().frames}, 3, example().frames.c_str());
  refused({"--seconds", "0"}, 2, "--seconds");
  write_frames(folder / "small.cxi", {.ss = 300, .fs = 300});
  refused({"-i", folder / "small.cxi"}, 3, "small.cxi");
  const Result nowhere = bench("/proc/none");
  CHECK(nowhere.code == 4);
}
