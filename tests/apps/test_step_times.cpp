// Where the time of a screening went. No test asks how much it was.
#include <regex>

#include "tests/apps/screening_run.h"

namespace {

const std::string seconds = "([0-9]+ min )?[0-9][0-9.]* s";

/// The one line of standard error that says it.
std::string time_line(const Result& result) {
  REQUIRE_MESSAGE(result.code == 0, result.error);
  std::string found;
  for (const std::string& line : lines_of(result.error)) {
    if (line.rfind("time: ", 0) != 0) continue;
    CHECK_MESSAGE(found.empty(), "twice: ", line);
    found = line;
  }
  CHECK(!contains(result.out, "time: "));
  return found;
}

/// `words`, in which # stands for some seconds.
void check_line(const Result& result, const std::string& words) {
  const std::regex wanted(std::regex_replace(words, std::regex("#"), seconds));
  const std::string line = time_line(result);
  CHECK_MESSAGE(std::regex_match(line, wanted), "wanted: ", words, "\ngot: ", line);
}

}  // namespace

TEST_CASE("screen ends with the times of its steps, of which copies are for a GPU alone") {
  const TemporaryFolder folder;
  const std::string steps = "time: #; read #, decode #, compute #";
  check_line(run(screen_arguments(folder, "one", example().frames, {"-j", "1"})),
             steps + " on one thread; write #");
  check_line(run(screen_arguments(folder, "three", example().frames, {"-j", "3"})),
             steps + ", summed over 3 threads; write #");
  check_line(run({"screen", "--method", "peaks", "-i", example().frames, "-o", folder / "peaks.lst",
                  "-j", "2"}),
             steps + ", summed over 2 threads; write #");
  CHECK(time_line(run(screen_arguments(folder, "quiet", example().frames, {"-q"}))).empty());
}

TEST_CASE("a screening with nothing left to do claims no step but the last") {
  const TemporaryFolder folder;
  const auto arguments = screen_arguments(folder, "part", example().frames, {"--part", "1/2"});
  REQUIRE(run(arguments).code == 0);
  check_line(run(joined(arguments, {"--resume"})), "time: #; write #");
}

TEST_CASE("a status file ends with the seconds of each step") {
  const TemporaryFolder folder;
  const std::string status = folder / "status.txt";
  REQUIRE(run(screen_arguments(folder, "x", example().frames, {"--status", status})).code == 0);
  const std::string content = file_content(status);
  for (const std::string step : {"reading", "decoding", "computing", "writing"}) {
    const std::string name = "\nSeconds " + step + ": ";
    const size_t at = content.find(name);
    REQUIRE_MESSAGE(at != std::string::npos, step, " is not in ", content);
    CHECK(std::stod(content.substr(at + name.size())) > 0);
  }
  CHECK(!contains(content, "copying"));
}
