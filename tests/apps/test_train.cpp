// train and evaluate, from labels to numbers.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

nlohmann::json evaluate(const std::string& input, const std::vector<std::string>& more = {}) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"evaluate", "-m",     example().model,  "-i",
                                        input,      "--json", folder / "e.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result result = run(arguments);
  REQUIRE_MESSAGE(result.code == 0, result.error);
  return nlohmann::json::parse(file_content(folder / "e.json"));
}

}  // namespace

TEST_CASE("the same input and seed give the same model file, for any number of threads") {
  const TemporaryFolder folder;
  const auto train = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "train", "-i", example().frames, "--train", "30", "--validate", "20", "-o", folder / name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result result = run(arguments);
    REQUIRE_MESSAGE(result.code == 0, result.error);
    return file_content(folder / name);
  };
  const std::string seeded = train("a.h5", {"--seed", "5", "-j", "1"});
  CHECK(seeded == train("b.h5", {"--seed", "5", "-j", "3"}));
  CHECK(seeded != train("c.h5", {"--seed", "6"}));
  CHECK(file_content(example().model) == train("d.h5", {}));
}

TEST_CASE("a frame to train on and to validate by is an error, in whatever file it is") {
  const TemporaryFolder folder;
  const Result result = run({"train", "-i", example().frames, "-i", example().frames, "--train",
                             "60", "--validate", "20", "-o", folder / "model.h5"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "20 of the 20 validation frames are also among the training frames");
  CHECK(!exists(folder / "model.h5"));
}

TEST_CASE("evaluate leaves out what the model has seen, in whatever file it is") {
  const nlohmann::json own = evaluate(example().frames);
  CHECK(own["excluded"] == ExampleRun::train + ExampleRun::validate);
  CHECK(own["frames"] == ExampleRun::count - ExampleRun::train - ExampleRun::validate);
  for (const char* name : {"frames", "excluded", "accuracy", "recall", "precision", "f1",
                           "average_precision", "threshold"})
    CHECK_MESSAGE(own[name].is_number(), name);
  int64_t total = 0;
  for (const char* label : {"miss", "maybe", "hit"})
    for (const char* decided : {"miss", "hit"})
      total += own["confusion"][label][decided].get<int64_t>();
  CHECK(total == own["frames"]);

  const TemporaryFolder folder;  // the same frames, not compressed
  REQUIRE(
      run({"simulate", "-n", "60", "--seed", "1", "--compression", "0", "-o", folder / "copy.cxi"})
          .code == 0);
  CHECK(evaluate(folder / "copy.cxi")["excluded"] == own["excluded"]);
  REQUIRE(run({"simulate", "-n", "20", "--seed", "2", "-o", folder / "other.cxi"}).code == 0);
  const nlohmann::json other = evaluate(folder / "other.cxi");
  CHECK(other["excluded"] == 0);
  CHECK(other["frames"] == 20);
}

TEST_CASE("what is not defined is null in the JSON file, and no number in the table") {
  const TemporaryFolder folder;
  std::string labels;
  for (int i = 1; i <= ExampleRun::count; ++i)
    labels += "run.h5 [" + std::to_string(i) + "] MISS\n";
  put_file(folder / "labels.txt", labels);
  const nlohmann::json json = evaluate(example().frames, {"--labels", folder / "labels.txt"});
  CHECK(json["recall"].is_null());
  CHECK(json["average_precision"].is_null());
  CHECK(json["accuracy"].is_number());
  CHECK_CONTAINS(run({"evaluate", "--help"}).out, "null");
}

TEST_CASE("evaluate on nothing but known frames: exit code 5") {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  for (int i = 0; i < 10; ++i) lines.push_back(example().frames + " //" + std::to_string(i));
  const Result result = run({"evaluate", "-m", example().model, "-i",
                             write_list(folder / "known.lst", lines), "--json", folder / "e.json"});
  CHECK(result.code == 5);
  CHECK_CONTAINS(result.error, "10");
  CHECK(!exists(folder / "e.json"));
}

TEST_CASE("labels as text and as a list of hits mean the same as those in the file") {
  const TemporaryFolder folder;
  const Result info = run({"info", example().frames});
  REQUIRE(info.code == 0);
  CHECK_CONTAINS(info.out, "/entry_1/labels");
  const nlohmann::json own = evaluate(example().frames);
  // Every frame a hit but the first: precision tells which labels were used.
  std::string text = "run.h5 [1] MISS\n";
  std::vector<std::string> list;
  for (int i = 1; i < 60; ++i) {
    text += "run.h5 [" + std::to_string(i + 1) + "] MAYBE\n";
    list.push_back(example().frames + " //" + std::to_string(i));
  }
  put_file(folder / "labels.txt", text);
  const nlohmann::json from_text = evaluate(example().frames, {"--labels", folder / "labels.txt"});
  CHECK(from_text["precision"] == 1);
  const nlohmann::json from_list =
      evaluate(example().frames, {"--labels", write_list(folder / "hits.lst", list)});
  CHECK(from_list["recall"] == from_text["recall"]);
  CHECK(from_list["precision"] == 1);
}
