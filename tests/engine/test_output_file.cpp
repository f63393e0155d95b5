#include <csignal>
#include <functional>
#include <utility>

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/output_file.h"
#include "tests/full_disk.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;
namespace fs = std::filesystem;

namespace {
std::function<void()> before_lock;  // once
}

/// In place of the C library's, so that a test can act between the opening and the lock.
extern "C" int flock(int descriptor, int operation) noexcept {
  if (before_lock) std::exchange(before_lock, nullptr)();
  return int(::syscall(SYS_flock, descriptor, operation));
}

TEST_CASE("output file: the name appears with the whole content, and only at commit") {
  const TemporaryFolder folder;
  const std::string path = folder / "hits.lst", long_text(200'000, 'x');
  {
    OutputFile out(path);
    CHECK(out.temporary() == path + ".inprogress");
    out.write("a.cxi //17\n");
    out.write(long_text);
    CHECK(!fs::exists(path));
    out.commit();
    CHECK(!fs::exists(out.temporary()));
  }
  CHECK(file_content(path) == "a.cxi //17\n" + long_text);
}

TEST_CASE("output file: without commit, an exception for one, nothing is left") {
  const TemporaryFolder folder;
  const std::string path = folder / "hits.lst";
  CHECK_THROWS([&] {
    OutputFile out(path);
    out.write("half");
    throw Error("interrupted");
  }());
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("output file: an existing file is kept, or replaced when told") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.h5";
  put_file(path, "old");
  CHECK_THROWS_AS(OutputFile{path}, OutputError);
  CHECK_CONTAINS(error_of([&] { OutputFile{path}; }), "exists; give --overwrite to replace it");
  { OutputFile out(path, true); }
  CHECK(file_content(path) == "old");
  write_file(path, "new", true);
  CHECK(file_content(path) == "new");

  OutputFile late(folder / "late");
  put_file(folder / "late", "somebody else's");
  CHECK_THROWS_AS(late.commit(), OutputError);
  CHECK(file_content(folder / "late") == "somebody else's");
}

TEST_CASE("output file: places that cannot be written are refused at once, with the reason") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& path, bool overwrite = false) {
    CHECK_THROWS_AS(OutputFile(path, overwrite), OutputError);
    return error_of([&] { OutputFile out(path, overwrite); });
  };
  CHECK_CONTAINS(refusal(folder / "no/such/out.h5"), "does not exist");
  put_file(folder / "file", "");
  CHECK_CONTAINS(refusal(folder / "file/out.h5"), "is not a folder");
  CHECK_CONTAINS(refusal(folder.path, true), "is a folder");
  CHECK_CONTAINS(refusal("/dev/full", true), "is not a regular file");
  CHECK_CONTAINS(refusal(""), "a file name is needed");
  if (::geteuid() == 0) {
    MESSAGE("permission not tested: running as root");
  } else {
    fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
    CHECK_CONTAINS(refusal(folder / "out.h5"), "Permission denied");
    fs::permissions(folder.path, fs::perms::owner_all);
  }
}

TEST_CASE("output file: a second writer is kept out, a killed one's leftovers are not") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  put_file(path + ".inprogress", "left by a process that was killed");
  CHECK_CONTAINS(error_of([&] { OutputFile file(path); }), "out.inprogress: is there already");
  CHECK(file_content(path + ".inprogress") == "left by a process that was killed");
  {
    OutputFile first(path, true);
    CHECK_CONTAINS(error_of([&] { OutputFile second(path); }),
                   "another process, or another output of this one, is writing it");
    first.write("short");
    first.commit();
  }
  CHECK(file_content(path) == "short");
  put_file(folder / "theirs", "precious");
  fs::create_symlink(folder / "theirs", folder / "link.inprogress");
  CHECK_CONTAINS(error_of([&] { OutputFile file(folder / "link", true); }), "no regular file");
  CHECK(file_content(folder / "theirs") == "precious");
}

TEST_CASE("output file: a writer that finishes between opening and lock keeps its file") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  OutputFile first(path);
  first.write("whole");
  before_lock = [&] { first.commit(); };
  CHECK_CONTAINS(error_of([&] { OutputFile second(path); }), "has just finished writing it");
  CHECK(!before_lock);
  CHECK(file_content(path) == "whole");
  CHECK(!fs::exists(path + ".inprogress"));
}

TEST_CASE("output file: a full disk is an error and leaves nothing under the final name") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  {
    const FullDisk full(4096);
    OutputFile out(path);
    CHECK_CONTAINS(error_of([&] {
                     out.write(std::string(10'000, 'x'));
                     out.commit();
                   }),
                   "disk is full");
  }
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("output file: a process killed in the middle leaves no file of that name") {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  const pid_t child = ::fork();
  if (child == 0) {
    OutputFile out(path);
    out.write(std::string(100'000, 'x'));
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(!fs::exists(path));
  write_file(path, "again", true);
  CHECK(file_content(path) == "again");
}
