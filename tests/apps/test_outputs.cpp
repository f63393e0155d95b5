// Outputs appear whole or not at all, and never in place of something else.
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/apps/example_run.h"
#include "tests/temporary_folder.h"

namespace {

std::vector<std::vector<std::string>> commands_that_write(const std::string& output) {
  const ExampleRun& run = example();
  return {{"simulate", "-n", "4", "-o", output},
          {"mask", "-i", run.frames, "-o", output},
          {"preview", "-i", run.frames, "-o", output},
          {"train", "-i", run.frames, "--train", "30", "--validate", "20", "-o", output},
          {"evaluate", "-m", run.model, "-i", run.frames, "--json", output},
          {"screen", "-m", run.model, "-i", run.frames, "-o", output}};
}

size_t files_in(const TemporaryFolder& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder.path), {}));
}

}  // namespace

TEST_CASE("an output that exists is refused before any work is done") {
  const TemporaryFolder folder;
  const std::string output = folder / "output.png";
  put_file(output, "precious");
  for (const auto& command : commands_that_write(output)) {
    const Result result = run(command);
    CHECK_MESSAGE(result.code == 4, command[0]);
    CHECK_CONTAINS(result.error, output + ": exists");
    CHECK_CONTAINS(result.error, "--overwrite");
    CHECK(file_content(output) == "precious");
    CHECK(files_in(folder) == 1);
  }
}

TEST_CASE("--overwrite replaces it") {
  const TemporaryFolder folder;
  const std::string hits = folder / "hits.lst";
  put_file(hits, "old");
  const Result result = run(
      {"screen", "-m", example().model, "-i", example().frames, "-o", hits, "--overwrite", "-q"});
  CHECK(result.code == 0);
  CHECK(result.error.empty());
  CHECK_CONTAINS(file_content(hits), "ln84.cxi //");
}

TEST_CASE("--overwrite replaces nothing that the command reads, and no other output") {
  const TemporaryFolder folder;
  const std::string frames = folder / "run.cxi", model = folder / "model.h5",
                    list = folder / "a.lst";
  std::filesystem::copy_file(example().frames, frames);
  std::filesystem::copy_file(example().model, model);
  write_list(list, {frames});
  const std::string labels = folder / "labels.txt";
  put_file(labels, "run.cxi [1] HIT\n");
  const std::string hits = folder / "hits.lst";
  const std::vector<std::string> screen = {"screen", "-q", "-m", model, "--overwrite"};
  const auto refused = [&](std::vector<std::string> command, const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
    const std::vector<std::string> inputs = {frames, model, list, labels};
    std::vector<std::string> before;
    for (const std::string& input : inputs) before.push_back(file_content(input));
    const Result result = run(command);
    CHECK_MESSAGE((result.code == 3 || result.code == 4), more.back());
    for (size_t i = 0; i < inputs.size(); ++i) CHECK(file_content(inputs[i]) == before[i]);
    return result.error;
  };
  const std::string other = "give the output another name";
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", frames}), other);
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", model}), other);
  CHECK_CONTAINS(refused(screen, {"-i", list, "-o", list}), other);
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", hits, "--status", frames}), other);
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", hits, "--write-cxi", frames}), other);
  CHECK_CONTAINS(refused({"evaluate", "-m", model, "--overwrite"},
                         {"-i", frames, "--labels", labels, "--json", labels}),
                 other);
  CHECK_CONTAINS(refused({"train", "--overwrite"},
                         {"-i", frames, "--train", "30", "--validate", "20", "-o", frames}),
                 other);
  const std::string two = "two outputs have this name";
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", hits, "--table", hits}), two);
  CHECK_CONTAINS(refused(screen, {"-i", frames, "-o", hits, "--table", hits + ".journal"}), two);
}

TEST_CASE("a folder that is missing, or is the output itself") {
  const TemporaryFolder folder;
  for (const auto& command : commands_that_write(folder / "missing/output.png")) {
    const Result result = run(command);
    CHECK_MESSAGE(result.code == 4, command[0]);
    CHECK_CONTAINS(result.error, "missing/output.png");
  }
  const Result result =
      run({"screen", "-m", example().model, "-i", example().frames, "-o", folder.path});
  CHECK(result.code == 4);
  CHECK(files_in(folder) == 0);
}

TEST_CASE("a full disk: exit code 4, nothing left") {
  const TemporaryFolder folder;
  for (const auto& command : commands_that_write(folder / "output.png")) {
    const Result result = run(command, {.file_size_limit = 100});
    CHECK_MESSAGE(result.code == 4, command[0], ": ", result.error);
    CHECK_CONTAINS(result.error, "output.png");
    CHECK(files_in(folder) == 0);
  }
}

TEST_CASE("a closed standard output") {
  const TemporaryFolder folder;
  const Result result = run({"info", example().frames}, {.closed_output = true});
  CHECK(result.code == 4);
  CHECK_CONTAINS(result.error, "standard output");
}

TEST_CASE("an input that has the name of an unfinished output stays as it is") {
  const TemporaryFolder folder;
  const std::string frames = folder / "run.inprogress", list = folder / "a.lst";
  write_frames(frames, {.frames = 4});
  write_list(list, {frames});
  const std::string before = file_content(frames);
  const std::vector<std::vector<std::string>> commands = {
      {"mask", "-i", frames, "-o", folder / "run"},
      {"mask", "-i", list, "-o", folder / "run"},
      {"screen", "-m", example().model, "-i", frames, "-o", folder / "run"},
      {"screen", "-m", example().model, "-i", frames, "-o", folder / "x.lst", "--status",
       folder / "run"},
      {"screen", "-m", example().model, "-i", frames, "-o", folder / "x.lst", "--write-cxi",
       folder / "run"}};
  for (const auto& command : commands)
    for (const bool overwrite : {false, true}) {
      if (overwrite && command[2] == list) continue;  // it says that the file may go
      std::vector<std::string> arguments = command;
      if (overwrite) arguments.emplace_back("--overwrite");
      const Result result = run(arguments);
      CHECK_MESSAGE(result.code == 4, result.error);
      CHECK(file_content(frames) == before);
      CHECK(files_in(folder) == 2);
    }
}

TEST_CASE("--overwrite replaces nothing that an input leads to, and no input of parts") {
  const TemporaryFolder folder;
  const std::string data = folder / "data.h5", master = folder / "master.h5",
                    model = folder / "model.h5", frames = folder / "run.cxi";
  write_frames(data, {.frames = 4});
  link_frames(master, data);
  std::filesystem::copy_file(example().frames, frames);
  std::filesystem::copy_file(example().model, model);
  std::filesystem::copy_file(model, folder / "q.lst.journal");
  for (const char* part : {"1/2", "2/2"})
    REQUIRE(run({"screen", "-q", "-m", model, "-i", frames, "--part", part, "-o",
                 folder / ("p" + std::string(part, 1) + ".lst")})
                .code == 0);
  const auto refused = [&](std::vector<std::string> command) {
    command.emplace_back("--overwrite");
    std::vector<std::string> before;
    const std::vector<std::string> inputs = {data, master, model, frames, folder / "q.lst.journal"};
    for (const std::string& input : inputs) before.push_back(file_content(input));
    const Result result = run(command);
    CHECK((result.code == 3 || result.code == 4));
    CHECK_CONTAINS(result.error, "give the output another name");
    for (size_t i = 0; i < inputs.size(); ++i) CHECK(file_content(inputs[i]) == before[i]);
  };
  const std::string p1 = folder / "p1.lst", p2 = folder / "p2.lst", out = folder / "out.lst";
  refused({"screen", "-m", model, "-i", master, "-o", data});
  refused({"screen", "-m", model, "-i", master, "-o", out, "--write-cxi", data});
  refused({"screen", "-m", folder / "q.lst.journal", "-i", frames, "-o", folder / "q.lst"});
  refused({"merge", p1, p2, "-o", frames});
  refused({"merge", p1, p2, "-o", out, "--json", model});
}

TEST_CASE("two outputs of one name") {
  const TemporaryFolder folder;
  const std::string path = folder / "output";
  const Result result =
      run({"screen", "-m", example().model, "-i", example().frames, "-o", path, "--table", path});
  CHECK(result.code == 4);
  CHECK(files_in(folder) == 0);
  // The name that the list has until it is whole.
  for (const char* option : {"--table", "--status"}) {
    const Result clash = run({"screen", "-m", example().model, "-i", example().frames, "-o", path,
                              option, path + ".inprogress", "--overwrite"});
    CHECK(clash.code == 4);
    CHECK_CONTAINS(clash.error, "output.inprogress: two outputs have this name");
    CHECK(files_in(folder) == 0);
  }
}

TEST_CASE("interrupted in the middle: exit code 130, nothing under the final name") {
  const TemporaryFolder folder;
  const std::string output = folder / "output";
  const auto in_progress = [&](const std::string&) { return exists(output + ".inprogress"); };
  for (const int signal : {SIGINT, SIGTERM}) {
    const Result result =
        run_and_signal({"simulate", "-n", "5000", "-o", output}, signal, in_progress);
    CHECK(result.code == 130);
    CHECK_CONTAINS(result.error, "interrupted");
    CHECK(files_in(folder) == 0);
  }
}

TEST_CASE("screen and train, interrupted") {
  const TemporaryFolder folder;
  const std::string output = folder / "output";
  const auto in_progress = [&](const std::string&) { return exists(output + ".inprogress"); };
  std::vector<std::string> lines(200, example().frames);  // 12,000 frames
  const std::string list = write_list(folder / "long.lst", lines);
  Result result = run_and_signal(
      {"screen", "-m", example().model, "-i", list, "-o", output, "--table", folder / "table"},
      SIGINT, in_progress);
  CHECK(result.code == 130);
  std::filesystem::remove(output + ".journal");  // when it had a frame already
  CHECK(files_in(folder) == 1);                  // the list
  const auto said_something = [](const std::string& error) { return contains(error, "\n"); };
  result =
      run_and_signal({"train", "-i", list, "--train", "6000", "--validate", "6000", "-o", output},
                     SIGINT, said_something);
  CHECK(result.code == 130);
  CHECK(files_in(folder) == 1);
}
