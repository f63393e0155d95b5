// The subcommands of hitsieve, one file each. add_NAME defines the options and the help text, and
// returns what runs when the subcommand was chosen.
#pragma once
#include <functional>
#include <string>

#include "engine/check.h"

namespace CLI {
class App;
}

namespace hitsieve {

/// Exit codes, as `hitsieve --help` explains them. 1 is left for what should never happen.
enum ExitCode {
  exit_done = 0,
  exit_bug = 1,
  exit_usage = 2,
  exit_bad_input = 3,
  exit_output = 4,
  exit_nothing_processed = 5,
  exit_interrupted = 130,
};

/// The input was readable, but there was not one frame to work on.
struct NothingProcessed : Error {
  using Error::Error;
};

using Action = std::function<void()>;

Action add_simulate(CLI::App& program);
Action add_info(CLI::App& program);
Action add_mask(CLI::App& program);
Action add_preview(CLI::App& program);
Action add_train(CLI::App& program);
Action add_evaluate(CLI::App& program);
Action add_screen(CLI::App& program);
Action add_merge(CLI::App& program);
Action add_demo(CLI::App& program);
Action add_bench(CLI::App& program);
Action add_paper(CLI::App& program);
Action add_docs(CLI::App& program);

/// Adds a subcommand with its help: one line on what it does, a paragraph or two, an example.
CLI::App* add_subcommand(CLI::App& program, const std::string& name, const std::string& summary,
                         const std::string& explanation, const std::string& example);

/// Adds --overwrite.
void add_overwrite_option(CLI::App& command, bool& overwrite);

/// Throws now what opening the output would throw after the work: OutputError.
void check_output(const std::string& path, bool overwrite);

}  // namespace hitsieve
