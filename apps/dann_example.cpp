// dann_example: the example of nets/README.md. Trains the same small network on two moons without
// an adversary, with one of full strength from the start, and with one that the schedule brings in;
// prints what came of each and the gradients at the base, and draws all of it.
#include <cstdio>
#include <optional>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "apps/command.h"
#include "apps/dann_picture.h"
#include "engine/output_file.h"
#include "nets/dann.h"

namespace hitsieve {
namespace {

struct ExampleOptions {
  MoonTraining training;
  std::string picture;
  bool overwrite = false;
};

std::vector<MoonColumn> train_all(MoonTraining options) {
  std::vector<MoonColumn> columns;
  const auto add = [&](const char* name, std::function<double(double)> lambda) {
    options.lambda = std::move(lambda);
    columns.push_back({name, train_moons(options)});
  };
  add("\u03bb = 0: no adversary", [](double) { return 0.0; });
  add("\u03bb = 1 from the start", [](double) { return 1.0; });
  add("\u03bb by the schedule", dann_lambda);
  return columns;
}

/// The largest |a[i] - b[i]|.
template <class B>
double distance(const std::vector<float>& a, const B& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double(a[i]) - b(i)));
  return largest;
}

void print(const std::vector<MoonColumn>& columns) {
  const auto row = [&](const char* name, const char* format, const auto& value) {
    fmt::print("{:<44}", name);
    for (const MoonColumn& column : columns)
      fmt::print("{:>14}", fmt::format(fmt::runtime(format), value(column.trained)));
    fmt::print("\n");
  };
  fmt::print("{:<44}{:>14}{:>14}{:>14}\n", "", "lambda 0", "lambda 1", "schedule");
  row("accuracy on the source", "{:.3f}", [](auto& t) { return t.source_accuracy; });
  row("accuracy on the target", "{:.3f}", [](auto& t) { return t.target_accuracy; });
  row("accuracy of the domain classifier", "{:.3f}", [](auto& t) { return t.domain_accuracy; });
  fmt::print("\nGradients at the base's first weight, after a tenth of the steps\n");
  row("lambda", "{:.4f}", [](auto& t) { return t.gradients.lambda; });
  row("|g_l|, of L_l", "{:.6f}", [](auto& t) { return norm(t.gradients.label); });
  row("|g_d|, of L_d with no reversal", "{:.6f}", [](auto& t) { return norm(t.gradients.domain); });
  row("|g_r|, of L_d through the reversal", "{:.6f}",
      [](auto& t) { return norm(t.gradients.reversed); });
  row("|g|, of both in one backward pass", "{:.6f}",
      [](auto& t) { return norm(t.gradients.both); });
  row("largest |g_r + lambda g_d|", "{:.1e}", [](auto& t) {
    const BaseGradients& g = t.gradients;
    return distance(g.reversed, [&](size_t i) { return -g.lambda * double(g.domain[i]); });
  });
  row("largest |g - (g_l + g_r)|", "{:.1e}", [](auto& t) {
    const BaseGradients& g = t.gradients;
    return distance(g.both, [&](size_t i) { return double(g.label[i]) + double(g.reversed[i]); });
  });
}

void run(const ExampleOptions& options) {
  std::optional<OutputFile> output;
  if (!options.picture.empty()) output.emplace(options.picture, options.overwrite);
  std::vector<MoonColumn> columns = train_all(options.training);
  print(columns);
  if (!output) return;
  MoonTraining untrained = options.training;
  untrained.steps = 0;
  columns.insert(columns.begin(), {"Before training", train_moons(untrained)});
  write_moons_picture(columns, output->temporary());
  output->commit();
  fmt::print("\npicture: {}\n", options.picture);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{
      "Domain-adversarial training on two half-moons: the source's points have labels, the\n"
      "target's, which are the same moons turned, have none. nets/README.md explains it."};
  ExampleOptions options;
  app.add_option("--seed", options.training.seed, "of points and initial weights")
      ->capture_default_str();
  app.add_option("--steps", options.training.steps, "of training, each with all points")
      ->capture_default_str()
      ->check(CLI::Range(10, 1000000));
  app.add_option("--learning-rate", options.training.learning_rate, "at the start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--degrees", options.training.degrees, "that the target is turned by")
      ->capture_default_str()
      ->check(CLI::Range(-180.0, 180.0));
  app.add_option("-o,--output", options.picture, "a picture of it all, PNG");
  app.add_flag("--overwrite", options.overwrite, "replace the picture if it exists");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  run(options);
  return exit_done;
}

int guarded(int argc, char** argv) {
  const auto failed = [](ExitCode code, const std::exception& error) {
    fmt::print(stderr, "dann_example: {}\n", error.what());
    return code;
  };
  try {
    return parse_and_run(argc, argv);
  } catch (const OutputError& error) {
    return failed(exit_output, error);
  } catch (const Error& error) {
    return failed(exit_bad_input, error);
  } catch (const std::exception& error) {
    return failed(exit_bug, error);
  }
}

}  // namespace
}  // namespace hitsieve

int main(int argc, char** argv) { return hitsieve::guarded(argc, argv); }
