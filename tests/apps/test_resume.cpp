// Screenings that were cut off, and what the journal makes of them.
#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/apps/screening_run.h"

namespace {

constexpr size_t times = 25;  // 1,500 frames

size_t journal_lines(const std::string& path) {
  const std::string content = file_content(path);
  return size_t(std::count(content.begin(), content.end(), '\n'));
}

/// Screens the long list as `name` and ends it by a signal in the middle.
Result cut_off(const TemporaryFolder& folder, const std::string& name, const std::string& list,
               int signal) {
  const std::string journal = folder / (name + ".lst.journal");
  return run_and_signal(screen_arguments(folder, name, list, {"--misses", "5", "-j", "1"}), signal,
                        [&](const std::string&) { return journal_lines(journal) > 50; });
}

/// A part of the example, of which the journal stays; cut after `bytes` less than it has.
void cut_journal(const TemporaryFolder& folder, size_t bytes) {
  const Result result = run(screen_arguments(folder, "part", example().frames, {"--part", "1/2"}));
  REQUIRE_MESSAGE(result.code == 0, result.error);
  const std::string path = folder / "part.lst.journal", journal = file_content(path);
  put_file(path, journal.substr(0, journal.size() - bytes));
  for (const std::string ending : {".lst", ".tsv", ".json"})
    std::filesystem::remove(folder / ("part" + ending));
}

Result resume(const TemporaryFolder& folder, const std::vector<std::string>& more = {},
              const std::string& input = example().frames) {
  return run(screen_arguments(folder, "part", input, joined({"--part", "1/2", "--resume"}, more)));
}

}  // namespace

TEST_CASE("killed and resumed: nothing that was done is lost, and the bytes are the same") {
  const TemporaryFolder folder;
  const std::string list = long_list(folder, times);
  const Result whole = run(screen_arguments(folder, "whole", list, {"--misses", "5"}));
  REQUIRE_MESSAGE(whole.code == 0, whole.error);
  CHECK(!exists(folder / "whole.lst.journal"));
  for (const int signal : {SIGKILL, SIGINT, SIGHUP}) {
    const Result result = cut_off(folder, "cut", list, signal);
    REQUIRE(result.code == (signal == SIGKILL ? 128 + SIGKILL : 130));
    if (signal != SIGKILL) CHECK_CONTAINS(result.error, "--resume goes on");
    CHECK(!exists(folder / "cut.lst"));
    CHECK(exists(folder / "cut.lst.inprogress") == (signal == SIGKILL));
    const size_t done = journal_lines(folder / "cut.lst.journal") - 1;
    REQUIRE(done < times * ExampleRun::count);
    const auto arguments = screen_arguments(folder, "cut", list, {"--misses", "5"});
    const Result again = run(arguments);  // says what is there, and leaves it
    CHECK(again.code == 4);
    CHECK_CONTAINS(again.error, "cut.lst.journal: a screening was cut off here after");
    CHECK_CONTAINS(again.error, "--resume");
    CHECK(journal_lines(folder / "cut.lst.journal") - 1 == done);
    const Result resumed = run(joined(arguments, {"--resume"}));
    CHECK_MESSAGE(resumed.code == 0, resumed.error);
    CHECK_CONTAINS(resumed.error, " of 1,500 frames are done already");
    CHECK(resumed.out == whole.out);
    check_same_outputs(folder, "whole", "cut");
    CHECK(!exists(folder / "cut.lst.journal"));
    for (const std::string ending : {".lst", ".misses.lst", ".tsv", ".json"})
      std::filesystem::remove(folder / ("cut" + ending));
  }
}

TEST_CASE("a journal that ends in the middle of a line is gone on with") {
  const TemporaryFolder folder;
  REQUIRE(run(screen_arguments(folder, "whole", example().frames, {"--part", "1/2"})).code == 0);
  cut_journal(folder, 7);
  const Result result = resume(folder);
  CHECK_MESSAGE(result.code == 0, result.error);
  check_same_outputs(folder, "whole", "part");
  const Result finished = resume(folder);  // as a job that is queued again does
  CHECK_MESSAGE(finished.code == 0, finished.error);
  check_same_outputs(folder, "whole", "part");
}

TEST_CASE("a journal with one changed letter is damaged") {
  const TemporaryFolder folder;
  cut_journal(folder, 0);
  const std::string path = folder / "part.lst.journal", journal = file_content(path);
  const size_t end = journal.rfind("\thit\t");
  REQUIRE(end != std::string::npos);
  put_file(path, journal.substr(0, end) + "\tmiss" + journal.substr(end + 4));
  const Result result = resume(folder);
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "is damaged");
  CHECK(!exists(folder / "part.lst"));
}

TEST_CASE("--resume without a journal starts at the first frame") {
  const TemporaryFolder folder;
  CHECK(resume(folder).code == 0);
  CHECK(exists(folder / "part.lst"));
}

TEST_CASE("--resume refuses, by name, what was not screened so before") {
  const TemporaryFolder folder;
  cut_journal(folder, 100);
  const std::string path = folder / "part.lst.journal", journal = file_content(path);
  const auto check_refused = [&](const Result& result, const std::string& what) {
    CHECK(result.code == 3);
    CHECK_CONTAINS(result.error, "part.lst.journal: ");
    CHECK_CONTAINS(result.error, what);
    CHECK(file_content(path) == journal);
    CHECK(!exists(folder / "part.lst"));
  };
  check_refused(resume(folder, {"--misses", "9"}), "misses");
  check_refused(resume(folder, {"--ignore-file-mask"}), "ignore file mask");
  check_refused(resume(folder, {}, write_list(folder / "one.lst", {example().frames})), "input");
  std::vector<std::string> other = screen_arguments(folder, "part", example().frames);
  check_refused(run(joined(other, {"--resume"})), "part 1/2");
  check_refused(run(joined(other, {"--resume", "--part", "1/3"})), "part 1/2");
  const std::string model = folder / "model.h5";
  std::filesystem::copy(example().model, model);
  std::replace(other.begin(), other.end(), example().model, model);
  check_refused(run(joined(other, {"--resume", "--part", "1/2"})), "model");
}

TEST_CASE("frames that changed meanwhile are not gone on with") {
  const TemporaryFolder folder;
  const std::string frames = folder / "frames.cxi";
  std::filesystem::copy(example().frames, frames);
  const auto part = [&](const std::vector<std::string>& more) {
    return run(screen_arguments(folder, "part", frames, joined({"--part", "1/2"}, more)));
  };
  REQUIRE(part({}).code == 0);
  const auto before = std::filesystem::last_write_time(frames);
  std::filesystem::last_write_time(frames, before + std::chrono::seconds(1));
  const Result result = part({"--resume"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "time of change of the files");
}

TEST_CASE("frames that a link leads to, and that changed meanwhile, are not gone on with") {
  const TemporaryFolder folder;
  const std::string data = folder / "data.h5", master = folder / "master.h5";
  write_frames(data, {.frames = 6});
  link_frames(master, data);
  const auto part = [&](const std::vector<std::string>& more) {
    return run(screen_arguments(folder, "part", master, joined({"--part", "1/2"}, more)));
  };
  REQUIRE(part({}).code == 0);
  CHECK(part({"--resume"}).code == 0);
  const auto before = std::filesystem::last_write_time(data);
  std::filesystem::last_write_time(data, before + std::chrono::seconds(1));
  const Result result = part({"--resume"});
  CHECK(result.code == 3);
  CHECK_CONTAINS(result.error, "time of change of the files");
}

TEST_CASE("a journal that was cut off in its first line has nothing to go on with") {
  const TemporaryFolder folder;
  for (const char* left : {"", "{\"hitsieve_screening\":2,\"run\""}) {
    put_file(folder / "part.lst.journal", left);
    const Result result = resume(folder);
    CHECK_MESSAGE(result.code == 0, result.error);
    for (const std::string ending : {".lst", ".tsv", ".json", ".lst.journal"})
      std::filesystem::remove(folder / ("part" + ending));
  }
  put_file(folder / "part.lst.journal", "precious");
  const Result refused = resume(folder);
  CHECK(refused.code == 3);
  CHECK_CONTAINS(refused.error, "part.lst.journal: is no journal of a screening");
  CHECK(file_content(folder / "part.lst.journal") == "precious");
}

TEST_CASE("a bad frame ends a screening, --skip-bad goes on with it") {
  const TemporaryFolder folder;
  write_frames(folder / "bad.h5", {.frames = 40, .constant = {39}});
  const Result stopped = run(screen_arguments(folder, "x", folder / "bad.h5", {"-j", "1"}));
  CHECK(stopped.code == 3);
  CHECK_CONTAINS(stopped.error, "//39");
  CHECK_CONTAINS(stopped.error, "x.lst.journal: keeps 39 of 40 frames");
  const Result resumed =
      run(screen_arguments(folder, "x", folder / "bad.h5", {"--skip-bad", "--resume"}));
  CHECK_MESSAGE(resumed.code == 0, resumed.error);
  CHECK_CONTAINS(resumed.out, "Skipped: 1 bad frames.");
  const auto table = lines_of(file_content(folder / "x.tsv"));
  REQUIRE(table.size() == 41);
  CHECK_CONTAINS(table.back(), "constant");
}

TEST_CASE("a status file that can be written no more does not end the screening") {
  const TemporaryFolder folder;
  const std::string away = folder / "away";
  std::filesystem::create_directory(away);
  const auto arguments =
      screen_arguments(folder, "x", long_list(folder, times), {"--status", away + "/status.txt"});
  const Result result = run_and_signal(arguments, SIGCONT, [&](const std::string&) {
    if (journal_lines(folder / "x.lst.journal") < 50) return false;
    std::filesystem::remove_all(away);
    return true;
  });
  CHECK_MESSAGE(result.code == 0, result.error);
  CHECK_CONTAINS(result.error, "status.txt: cannot be written for now: No such file");
  CHECK(lines_of(file_content(folder / "x.tsv")).size() == times * ExampleRun::count + 1);
}

TEST_CASE("outputs that cannot be written at the end: the journal says how to write others") {
  const TemporaryFolder folder;
  const std::string away = folder / "away";
  std::filesystem::create_directory(away);
  auto arguments = screen_arguments(folder, "x", example().frames);
  std::replace(arguments.begin(), arguments.end(), folder / "x.tsv", away + "/x.tsv");
  const Result failed = run_and_signal(arguments, SIGCONT, [&](const std::string&) {
    if (!exists(away + "/x.tsv.inprogress")) return false;
    std::filesystem::remove_all(away);
    return true;
  });
  CHECK(failed.code == 4);
  CHECK_CONTAINS(failed.error, "x.lst.journal: keeps all 60 frames; --resume writes");
  const Result merged = run({"merge", "-o", folder / "y.lst", folder / "x.lst.journal"});
  CHECK_MESSAGE(merged.code == 0, merged.error);
  REQUIRE(run(screen_arguments(folder, "z", example().frames)).code == 0);
  CHECK(file_content(folder / "y.lst") == file_content(folder / "z.lst"));
}

TEST_CASE("a status file that something else writes too is warned of") {
  const TemporaryFolder folder;
  const std::string status = folder / "status.txt";
  const auto arguments =
      screen_arguments(folder, "x", long_list(folder, times), {"--status", status});
  const Result result = run_and_signal(arguments, SIGCONT, [&](const std::string&) {
    if (journal_lines(folder / "x.lst.journal") < 50) return false;
    put_file(folder / "theirs", "# hitsieve status\n");
    std::filesystem::rename(folder / "theirs", status);
    return true;
  });
  CHECK_MESSAGE(result.code == 0, result.error);
  CHECK_CONTAINS(result.error, "status.txt: something else writes it too");
}

TEST_CASE("the status file says how far it is, while it runs and when it was stopped") {
  const TemporaryFolder folder;
  const std::string status = folder / "status.txt", list = long_list(folder, times);
  std::string seen;
  const auto arguments =
      screen_arguments(folder, "x", list, {"--status", status, "-j", "1", "--overwrite"});
  const Result stopped = run_and_signal(arguments, SIGTERM, [&](const std::string&) {
    const std::string now = exists(status) ? file_content(status) : "";
    if (contains(now, "Status: screening\n")) seen = now;
    return journal_lines(folder / "x.lst.journal") > 50;
  });
  CHECK(stopped.code == 130);
  CHECK_CONTAINS(seen, "# hitsieve status\n");
  CHECK_CONTAINS(seen, "Frames in all: 1500\n");
  CHECK_CONTAINS(file_content(status), "Status: stopped\n");
  const Result done = run(screen_arguments(folder, "y", example().frames, {"--status", status}));
  REQUIRE_MESSAGE(done.code == 0, done.error);
  const std::string end = file_content(status);
  CHECK_CONTAINS(end, "Status: finished\n");
  CHECK_CONTAINS(end, "Frames processed: 60\n");
  CHECK_CONTAINS(end, "Number of hits: " +
                          std::to_string(lines_of(file_content(folder / "y.lst")).size()) + "\n");
  put_file(status, "precious");
  const Result refused = run(screen_arguments(folder, "z", example().frames, {"--status", status}));
  CHECK(refused.code == 4);
  CHECK_CONTAINS(refused.error, "status.txt: exists");
  CHECK(file_content(status) == "precious");
}
