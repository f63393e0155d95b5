// The methods beside rwd: each trains through `train`, and its model is used like any other.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

void trained(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "train");
  const Result result = run(arguments);
  REQUIRE_MESSAGE(result.code == 0, result.error);
}

nlohmann::json evaluated(const std::vector<std::string>& decider) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"evaluate", "-i", example().frames, "--json",
                                        folder / "e.json"};
  arguments.insert(arguments.end(), decider.begin(), decider.end());
  const Result result = run(arguments);
  REQUIRE_MESSAGE(result.code == 0, result.error);
  return nlohmann::json::parse(file_content(folder / "e.json"));
}

}  // namespace

TEST_CASE("a 2D network is trained, evaluated, screened with, described and transferred") {
  const TemporaryFolder folder;
  const std::string cnn = folder / "cnn.h5", moved = folder / "moved.h5";
  trained({"--method", "cnn", "-i", example().frames, "-o", cnn, "--epochs", "1"});
  nlohmann::json json = evaluated({"-m", cnn});  // 60 % and 20 % were seen
  CHECK(json["frames"] == 12);
  CHECK(json["excluded"] == 48);
  const Result screened =
      run({"screen", "-m", cnn, "-i", example().frames, "-o", folder / "hits.lst"});
  CHECK_CONTAINS(screened.out, "60 images processed");
  CHECK_CONTAINS(run({"info", cnn}).out, "method cnn");
  trained({"--method", "transfer", "--base", cnn, "-i", example().frames, "--train", "30",
           "--validate", "10", "--epochs", "1", "-o", moved});
  json = evaluated({"-m", moved});
  CHECK(json["excluded"] == 48);  // the base's frames are known too
}

TEST_CASE("a DANN reads no label of its target, which may be evaluated on as a whole") {
  const TemporaryFolder folder;
  const std::string plain = folder / "target.cxi";  // has no labels at all
  write_frames(plain, {.frames = 12});
  trained({"--method", "dann", "--net", "1d", "-i", example().frames, "--target", plain, "--epochs",
           "2", "-o", folder / "a.h5"});
  trained({"--method", "dann", "-i", example().frames, "--target", plain, "--train", "10",
           "--validate", "10", "--epochs", "1", "-o", folder / "b.h5"});
  CHECK(run({"screen", "-m", folder / "b.h5", "-i", plain, "-o", folder / "h.lst"}).code == 0);
  CHECK(run({"screen", "-m", folder / "a.h5", "-i", plain, "-o", folder / "g.lst"}).code == 0);
}

TEST_CASE("a target smaller than the crop, and a source without hits, are named") {
  const TemporaryFolder folder;
  write_frames(folder / "small.cxi", {.frames = 12, .ss = 700, .fs = 800});
  const Result small = run({"train", "--method", "dann", "-i", example().frames, "--target",
                            folder / "small.cxi", "-o", folder / "m.h5"});
  CHECK(small.code == 3);
  CHECK_CONTAINS(small.error, "small.cxi");
  const Result few = run({"train", "--method", "cnn", "-i", example().frames, "--train", "50",
                          "--validate", "20", "-o", folder / "m.h5"});
  CHECK(few.code == 3);
  CHECK(!exists(folder / "m.h5"));
}

TEST_CASE("the conventional spot finder judges the same frames") {
  const nlohmann::json json = evaluated({"--method", "peaks", "--min-snr", "4.25"});
  CHECK(json["frames"] == ExampleRun::count);
  CHECK(json["threshold"] == 4);
  CHECK(json["precision"] > 0.8);
  CHECK(json["recall"] > 0.6);
  CHECK(evaluated({"--method", "peaks", "--min-peaks", "1000"})["recall"] == 0);
}
