// screen under mpirun, where the build has MPI.
#include <cstdlib>

#include <doctest/doctest.h>

#include "tests/apps/screening_run.h"

#ifdef HITSIEVE_MPIRUN

namespace {

/// mpirun on this machine alone, as root too, and without asking how many cores there are.
Result run_processes(int count, const std::vector<std::string>& arguments,
                     const std::string& before = "") {
  std::string command =
      "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
      " OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_rmaps_base_oversubscribe=1"
      " OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl=self,vader; " +
      before + " mpirun -n " + std::to_string(count) + " " HITSIEVE_COMMAND;
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  return run({"-c", command}, {.program = "/bin/bash"});
}

}  // namespace

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
