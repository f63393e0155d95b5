// The example of nets/README.md does what the text says it does.
#include <sstream>

#include <doctest/doctest.h>

#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

namespace {

Result run_example(const std::vector<std::string>& arguments) {
  return run(arguments, {.program = HITSIEVE_DANN_EXAMPLE});
}

/// The three numbers of the row with this name: lambda 0, lambda 1, schedule.
std::vector<double> row(const std::string& table, const std::string& name) {
  for (const std::string& line : lines_of(table)) {
    if (!line.starts_with(name + "  ")) continue;
    std::istringstream in(line.substr(name.size()));
    std::vector<double> numbers(3);
    for (double& number : numbers) in >> number;
    REQUIRE(!in.fail());
    return numbers;
  }
  FAIL("no row \"" << name << "\" in\n" << table);
  return {};
}

}  // namespace

TEST_CASE("dann_example: adapting pays on the target, and the domains become alike") {
  const TemporaryFolder folder;
  const std::string picture = folder / "moons.png";
  const Result result = run_example({"--seed", "1", "-o", picture});
  REQUIRE_MESSAGE(result.code == 0, result.error);
  CAPTURE(result.out);
  for (double source : row(result.out, "accuracy on the source")) CHECK(source > 0.97);
  const std::vector<double> target = row(result.out, "accuracy on the target");
  CHECK(target[0] < 0.8);
  CHECK(target[2] > target[0] + 0.1);
  const std::vector<double> domain = row(result.out, "accuracy of the domain classifier");
  CHECK(domain[0] > 0.75);
  CHECK(domain[1] < 0.7);
  CHECK(domain[2] < 0.7);
  CHECK(file_content(picture).starts_with("\x89PNG"));
}

TEST_CASE("dann_example: the gradients printed are reversed, add up, and repeat with the seed") {
  const std::vector<std::string> short_run = {"--seed", "3", "--steps", "40"};
  const Result result = run_example(short_run);
  REQUIRE_MESSAGE(result.code == 0, result.error);
  CAPTURE(result.out);
  const std::vector<double> lambda = row(result.out, "lambda");
  CHECK(lambda[0] == 0);
  CHECK(lambda[1] == 1);
  CHECK(lambda[2] == doctest::Approx(0.4621).epsilon(1e-3));
  const std::vector<double> plain = row(result.out, "|g_d|, of L_d with no reversal");
  const std::vector<double> reversed = row(result.out, "|g_r|, of L_d through the reversal");
  for (size_t i = 0; i < 3; ++i) {
    CHECK(plain[i] > 0.01);
    CHECK(reversed[i] == doctest::Approx(lambda[i] * plain[i]).epsilon(1e-3));
    CHECK(row(result.out, "largest |g_r + lambda g_d|")[i] < 1e-6);
    CHECK(row(result.out, "largest |g - (g_l + g_r)|")[i] < 1e-6);
  }
  CHECK(run_example(short_run).out == result.out);
  CHECK(run_example({"--seed", "4", "--steps", "40"}).out != result.out);
}

TEST_CASE("dann_example: mistakes are told as the command tells them") {
  const TemporaryFolder folder;
  CHECK(run_example({"--steps", "0"}).code == 2);
  const Result diverged = run_example({"--learning-rate", "1000", "-o", folder / "none.png"});
  CHECK(diverged.code == 3);
  CHECK_CONTAINS(diverged.error, "is no number");
  CHECK(!exists(folder / "none.png"));
  put_file(folder / "there.png", "kept");
  const Result refused = run_example({"--steps", "10", "-o", folder / "there.png"});
  CHECK(refused.code == 4);
  CHECK_CONTAINS(refused.error, "there.png");
  CHECK(file_content(folder / "there.png") == "kept");
}
