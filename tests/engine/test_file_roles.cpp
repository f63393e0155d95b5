#include <filesystem>

#include <doctest/doctest.h>

#include "engine/file_roles.h"
#include "engine/input_file.h"
#include "engine/output_file.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

TEST_CASE("file roles: no output replaces an input, however its name is spelled") {
  const ProtectedInputs inputs;
  const TemporaryFolder folder;
  const std::string run = folder / "run.cxi", link = folder / "link.cxi";
  write_file(run, "frames");
  std::filesystem::create_symlink(run, link);
  check_readable(link, "a run");
  for (const std::string& name : {run, link, (folder / ".") + "/run.cxi"})
    CHECK_CONTAINS(error_of([&] { write_file(name, "list", true); }), "is an input");
  CHECK(read_file(run) == "frames");
}

TEST_CASE("file roles: an output that is open already is no input") {
  const ProtectedInputs inputs;
  const TemporaryFolder folder;
  const std::string path = folder / "a.lst";
  write_file(path, "old");
  {
    const OutputFile output(path, true);
    CHECK_CONTAINS(error_of([&] { check_readable(path, "a list"); }), "is also the output");
  }
  check_readable(path, "a list");
  CHECK(read_file(path) == "old");
}

TEST_CASE("file roles: outputs of one name are found, however it is spelled") {
  const TemporaryFolder folder;
  check_distinct({folder / "a", "", folder / "b", ""});
  CHECK_CONTAINS(error_of([&] {
                   check_distinct({folder / "a", folder / "b", (folder / ".") + "/a"});
                 }),
                 "two outputs");
}
