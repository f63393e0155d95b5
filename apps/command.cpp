#include "apps/command.h"

#include <CLI/CLI.hpp>

#include "apps/help.h"
#include "engine/output_file.h"

namespace hitsieve {

CLI::App* add_subcommand(CLI::App& program, const std::string& name, const std::string& summary,
                         const std::string& explanation, const std::string& example) {
  CLI::App* command =
      program.add_subcommand(name, summary + "\n\n" + wrapped(explanation, 96) + "\n");
  command->footer("\nExample:\n" + example);
  return command;
}

void add_overwrite_option(CLI::App& command, bool& overwrite) {
  command.add_flag(
      "--overwrite", overwrite,
      "Replace outputs that exist already, and what a killed command left as NAME.inprogress.");
}

void check_output(const std::string& path, bool overwrite) {
  const OutputFile refuses_now(path, overwrite);
}

}  // namespace hitsieve
