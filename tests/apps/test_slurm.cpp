// The script that users copy, run as SLURM would, by commands that stand in for SLURM's.
#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/apps/screening_run.h"

namespace {

void put_program(const std::string& path, const std::string& content) {
  put_file(path, "#!/bin/bash\n" + content);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

/// `sbatch` runs the jobs of an array one after the other, and the others as they are; `srun` does
/// what it is told.
void make_cluster(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder / "bin");
  put_program(folder / "bin/sbatch",
              "array=; while [[ $1 == --* ]]; do [[ $1 == --array=* ]] && array=${1#--array=1-};"
              " echo \"$1\" >>\"$LOG\"; shift; done\n"
              "export SLURM_CPUS_PER_TASK=1\n"
              "for k in $(seq ${array:-1}); do [ -n \"$array\" ] && export SLURM_ARRAY_TASK_ID=$k\n"
              "  bash \"$@\" >>\"$LOG\" 2>&1 || exit 1; done\n"
              "echo 4711\n");
  put_program(folder / "bin/srun", "exec \"$@\"\n");
}

Result run_script(const TemporaryFolder& folder, const std::string& action) {
  const std::string script = HITSIEVE_SOURCE "/apps/screen.slurm";
  const std::string command = "export PATH='" + folder.path + "/bin':$PATH LOG='" +
                              (folder / "log") + "' HITSIEVE=" HITSIEVE_COMMAND " MODEL='" +
                              example().model + "' INPUT='" + example().frames + "' OUTPUT='" +
                              (folder / "hits.lst") + "' PARTS=3; bash " + script + " " + action;
  return run({"-c", command}, {.program = "/bin/bash"});
}

}  // namespace

TEST_CASE("the SLURM script: an array of parts, and the job that joins them") {
  const TemporaryFolder folder;
  make_cluster(folder);
  const Result result = run_script(folder, "submit");
  CHECK_MESSAGE(result.code == 0, result.error, file_content(folder / "log"));
  CHECK_CONTAINS(result.out, "array 4711 of 3 parts");
  CHECK_CONTAINS(file_content(folder / "log"), "--dependency=afterok:4711");
  REQUIRE(run({"screen", "-m", example().model, "-i", example().frames, "-o", folder / "one.lst",
               "--table", folder / "one.tsv", "--misses", "100"})
              .code == 0);
  CHECK(file_content(folder / "hits.lst") == file_content(folder / "one.lst"));
  CHECK(file_content(folder / "hits.tsv") == file_content(folder / "one.tsv"));
  CHECK_CONTAINS(file_content(folder / "hits.part2.status.txt"), "Status: finished");
  const Result again = run_script(folder, "submit");  // as after a node was lost: nothing is redone
  CHECK_MESSAGE(again.code == 0, again.error);
  CHECK_CONTAINS(file_content(folder / "log"), "20 of 20 frames are done already");
  CHECK(file_content(folder / "hits.lst") == file_content(folder / "one.lst"));
  std::filesystem::remove(folder / "hits.part2.lst.journal");
  const Result missing = run_script(folder, "merge");
  CHECK(missing.code == 3);
  CHECK_CONTAINS(missing.error, "hits.part2.lst: this part is missing");
}
