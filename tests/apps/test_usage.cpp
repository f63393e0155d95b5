// The command line itself: help, version, exit code 2.
#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

TEST_CASE("help lists the subcommands and the exit codes") {
  const Result result = run({"--help"});
  CHECK(result.code == 0);
  for (const char* name : {"demo", "simulate", "info", "mask", "preview", "train", "evaluate",
                           "screen", "Exit codes:", "130"})
    CHECK_CONTAINS(result.out, name);
  CHECK(result.error.empty());
}

TEST_CASE("every subcommand explains itself with an example") {
  for (const char* name :
       {"demo", "simulate", "info", "mask", "preview", "train", "evaluate", "screen"}) {
    const Result result = run({name, "--help"});
    CHECK(result.code == 0);
    CHECK_CONTAINS(result.out, std::string("Example:\n  hitsieve ") + name);
    for (const std::string& line : lines_of(result.out)) CHECK_MESSAGE(line.size() <= 100, line);
  }
}

TEST_CASE("version") {
  const Result result = run({"--version"});
  CHECK(result.code == 0);
  CHECK(result.out.rfind("hitsieve ", 0) == 0);
}

TEST_CASE("what is not understood ends with exit code 2, says what, and writes nothing to stdout") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"scren"}, "scren"},
      {{"screen"}, "--input"},
      {{"screen", "-i", "f.cxi", "-o", "o.lst"}, "--model"},
      {{"evaluate", "-i", "f.cxi", "-m", "m.h5", "--method", "peaks"}, "needs no model"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--method", "transfer"}, "--base"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--base", "b.h5"}, "--base"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--method", "dann"}, "--target"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--method", "magic"}, "magic"},
      {{"screen", "-m", "m.h5", "-i", "f.cxi", "-o", "o.lst", "--colour"}, "--colour"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--method", "svm"}, "svm"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--min-recall", "1.5"}, "1.5"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--min-recall", "0"}, "above 0"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--min-recall", "nan"}, "above 0"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--train", "0"}, "0"},
      {{"simulate", "--like", "LN99", "-o", "x.cxi"}, "LN99"},
      {{"mask", "-i", "f.cxi", "-o", "m.h5", "--mask-polarity", "good"}, "good"},
      {{"info", "-i", "f.cxi", "--mask-polarity", "one-good"}, "--mask"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--mask-polarity", "one-good"}, "--mask"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--net", "1d"}, "--net"},
      {{"train", "-i", "f.cxi", "-o", "m.h5", "--target-mask", "m.h5"}, "--target-mask"},
      {{"evaluate", "-i", "f.cxi", "-m", "m.h5", "--min-snr", "5"}, "--min-snr"},
      {{"screen", "-m", "m.h5", "-i", "f.cxi", "-o", "o.lst", "--write-peaks", "p.cxi",
        "--min-peaks", "5"},
       "--min-peaks"},
      {{"evaluate", "-i", "f.cxi", "--method", "peaks", "--min-snr", "-3"},
       "min_snr -3, want 0 or more"},
      {{"simulate", "-o", "x.cxi", "--seed", "-1"}, "-1"},
      {{"simulate", "-o", "x.cxi", "-n", "010"}, "010: expected a whole number"},
      {{"simulate", "-o", "x.cxi", "--seed", "18446744073709551616"}, "18446744073709551616"},
      {{"mask", "-i", "f.cxi", "-o", "m.h5", "--trusted", "10"}, "MIN,MAX"},
      {{"mask", "-i", "f.cxi", "-o", "m.h5", "--trusted", "10,5"}, "MIN,MAX"},
      {{"mask", "-i", "f.cxi", "-o", "m.h5", "-q", "-v"}, "excludes"},
  };
  for (const auto& [arguments, what] : cases) {
    const Result result = run(arguments);
    CHECK_MESSAGE(result.code == 2, what);
    CHECK_CONTAINS(result.error, what);
    CHECK_CONTAINS(result.error, "--help");
    CHECK(result.out.empty());
  }
}

TEST_CASE("nothing at all shows the help, as a mistake") {
  const Result result = run({});
  CHECK(result.code == 2);
  CHECK_CONTAINS(result.out, "Exit codes:");
}
