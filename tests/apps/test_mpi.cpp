// screen and train under mpirun, where the build has MPI.
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/apps/screening_run.h"

#ifdef HITSIEVE_MPIRUN

namespace {

/// mpirun on this machine alone, as root too, and without asking how many cores there are.
Result run_processes(int count, const std::vector<std::string>& arguments,
                     const std::string& before = "", const std::string& after = "") {
  std::string command =
      "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
      " OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_rmaps_base_oversubscribe=1"
      " OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl=self,vader; " +
      before + " mpirun -n " + std::to_string(count) + " " HITSIEVE_COMMAND;
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += after;
  return run({"-c", command}, {.program = "/bin/bash"});
}

}  // namespace

TEST_CASE("processes with different arguments are an error, in all of them") {
  const TemporaryFolder folder;
  const auto arguments = screen_arguments(folder, "x", example().frames);
  for (const std::string other : {"--part 2/2", "--no-such-option"}) {
    std::vector<std::string> line = arguments;
    for (const char* word : {"--part", "1/2", ":", "-n", "1", HITSIEVE_COMMAND})
      line.push_back(word);
    line.insert(line.end(), arguments.begin(), arguments.end());
    const Result result = run_processes(1, line, "", " " + other);
    CHECK(result.code == 2);
    CHECK_CONTAINS(result.error, "were started with different arguments");
    CHECK(result.error.find("different") == result.error.rfind("different"));
    CHECK(!exists(folder / "x.lst"));
  }
}

TEST_CASE("four processes of MPI write the bytes of one, parts and resumed ones too") {
  const TemporaryFolder folder;
  const std::string list = long_list(folder, 4);
  const std::vector<std::string> misses = {"--misses", "5", "-j", "1"};
  const Result one = run(screen_arguments(folder, "one", list, misses));
  REQUIRE_MESSAGE(one.code == 0, one.error);
  const auto arguments = screen_arguments(folder, "four", list, misses);
  const Result four = run_processes(4, arguments);
  CHECK_MESSAGE(four.code == 0, four.error);
  CHECK(four.out == one.out);  // said once
  CHECK_CONTAINS(four.error, ", summed over the threads of 4 processes; write ");
  check_same_outputs(folder, "one", "four");
  CHECK(!exists(folder / "four.lst.journal"));
}

TEST_CASE("a process that is killed ends the job; what was done is kept and gone on with") {
  const TemporaryFolder folder;
  const std::string list = long_list(folder, 20), journal = folder / "x.lst.journal";
  const auto arguments = screen_arguments(folder, "x", list, {"-j", "1"});
  // Once the journal has frames, the youngest of the processes is killed.
  const std::string killer = "(until [ \"$(wc -l 2>/dev/null <'" + journal +
                             "')\" -gt 40 ] 2>/dev/null; do sleep 0.01; done;"
                             " kill -9 $(pgrep -n -f \"^" HITSIEVE_COMMAND " screen .*" +
                             folder.path + "/x.lst\")) & ";
  const Result killed = run_processes(3, arguments, killer);
  CHECK(killed.code != 0);
  CHECK(!exists(folder / "x.lst"));
  REQUIRE(exists(journal));
  const Result again = run(arguments);
  CHECK(again.code == 4);
  CHECK_CONTAINS(again.error, "a screening was cut off here after");
  const Result resumed = run_processes(3, joined(arguments, {"--resume"}));
  CHECK_MESSAGE(resumed.code == 0, resumed.error);
  CHECK_CONTAINS(resumed.error, "frames are done already");
  REQUIRE(run(screen_arguments(folder, "one", list)).code == 0);
  check_same_outputs(folder, "one", "x");
}

TEST_CASE("errors of any process are said once, and end all") {
  const TemporaryFolder folder;
  write_frames(folder / "bad.h5", {.frames = 40, .constant = {20}});
  const Result bad = run_processes(2, screen_arguments(folder, "x", folder / "bad.h5"));
  CHECK(bad.code == 3);
  CHECK_CONTAINS(bad.error, "//20");
  const Result missing = run_processes(2, screen_arguments(folder, "y", folder / "none.h5"));
  CHECK(missing.code == 3);
  CHECK_CONTAINS(missing.error, "none.h5: no such file");
  CHECK(missing.error.find("none.h5: no such file") == missing.error.rfind("none.h5: no such"));
  put_file(folder / "y.lst", "precious");
  CHECK(run_processes(2, screen_arguments(folder, "y", example().frames)).code == 4);
  CHECK(file_content(folder / "y.lst") == "precious");
  const Result info = run_processes(2, {"info", example().frames});
  CHECK(info.code == 0);
  CHECK(info.out.find("layout") == info.out.rfind("layout"));
}

namespace {

std::vector<std::string> train_arguments(const std::string& output, const std::string& input) {
  return {"train",    "-i", input, "--train", "30", "--validate", "20",
          "--epochs", "3",  "-j",  "1",       "-o", output};
}

/// The scores that a model gives the example's frames.
std::vector<double> scores(const TemporaryFolder& folder, const std::string& model) {
  const Result screened = run({"screen", "-m", model, "-i", example().frames, "-o",
                               folder / "s.lst", "--table", folder / "s.tsv", "--overwrite"});
  REQUIRE_MESSAGE(screened.code == 0, screened.error);
  std::istringstream table(file_content(folder / "s.tsv"));
  std::vector<double> found;
  std::string line, file, event, score;
  for (std::getline(table, line); std::getline(table, line);) {
    std::istringstream fields(line);
    for (std::string* field : {&file, &event, &score}) std::getline(fields, *field, '\t');
    found.push_back(std::stod(score));
  }
  return found;
}

}  // namespace

TEST_CASE("processes of MPI train the model of one, up to rounding, and say it once") {
  const TemporaryFolder folder;
  REQUIRE(run(train_arguments(folder / "one.h5", example().frames)).code == 0);
  const Result three = run_processes(3, train_arguments(folder / "three.h5", example().frames));
  REQUIRE_MESSAGE(three.code == 0, three.error);
  CHECK(three.out.find("accuracy") == three.out.rfind("accuracy"));
  const auto one = scores(folder, folder / "one.h5"), found = scores(folder, folder / "three.h5");
  REQUIRE(one.size() == size_t(ExampleRun::count));
  for (size_t i = 0; i < one.size(); ++i)
    CHECK(found.at(i) == doctest::Approx(one[i]).epsilon(0.01));
}

TEST_CASE("training by MPI: what fails in one process ends all, and is said once") {
  const TemporaryFolder folder;
  const auto once = [](const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos && text.find(what) == text.rfind(what);
  };
  const Result missing = run_processes(2, train_arguments(folder / "m.h5", folder / "none.h5"));
  CHECK(missing.code == 3);
  CHECK(once(missing.error, "none.h5: no such file"));
  // Process 1 is in a folder where the list of frames is not there, then has other frames.
  std::filesystem::create_directories(folder / "0");
  std::filesystem::create_directories(folder / "1");
  write_list(folder / "0/run.lst", {example().frames});
  const auto in_two_folders = [&] {
    const auto arguments = train_arguments(folder / "m.h5", "run.lst");
    std::vector<std::string> both = arguments;
    for (const std::string& word :
         std::vector<std::string>{":", "-n", "1", "-wdir", folder / "1", HITSIEVE_COMMAND})
      both.push_back(word);
    return run_processes(1, joined(both, arguments), "cd '" + (folder / "0") + "';");
  };
  const Result alone = in_two_folders();
  CHECK(alone.code == 3);
  CHECK(once(alone.error, "process 1 on "));
  CHECK(once(alone.error, "run.lst: no such file"));
  write_list(folder / "1/run.lst", [] {
    std::vector<std::string> lines;
    for (int64_t i = ExampleRun::count; i-- > 0;)
      lines.push_back(example().frames + " //" + std::to_string(i));
    return lines;
  }());
  const Result other = in_two_folders();
  CHECK(other.code == 3);
  CHECK(once(other.error, "process 1 has read other frames than process 0"));
  CHECK(!exists(folder / "m.h5"));
}

#else

TEST_CASE("under mpirun a build without MPI says that it cannot share the work") {
  const TemporaryFolder folder;
  ::setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  const Result result = run(screen_arguments(folder, "x", example().frames));
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  CHECK(result.code == 2);
  CHECK_CONTAINS(result.error, "was started as 4 processes");
  CHECK_CONTAINS(result.error, "HITSIEVE_MPI=ON");
}

#endif
