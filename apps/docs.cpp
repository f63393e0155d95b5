// Manual pages and completion as files, for the build: a command that is not listed.
#include <memory>

#include <CLI/CLI.hpp>

#include "apps/command.h"
#include "apps/completion.h"
#include "apps/help.h"
#include "apps/man_page.h"
#include "engine/checkpoint.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

void write(const std::string& path, const std::string& content) {
  OutputFile file(path, true);
  file.write(content);
  file.commit();
}

}  // namespace

Action add_docs(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "docs", "Writes the manual pages and the completion for bash.",
      "Into a folder that is there: hitsieve.1, hitsieve-COMMAND.1, and hitsieve, the completion.",
      "  hitsieve docs -o build/docs");
  command->group("");
  auto folder = std::make_shared<std::string>();
  command->add_option("-o,--output", *folder, "The folder.")->type_name("FOLDER")->required();
  return [&program, folder] {
    write(*folder + "/hitsieve.1", man_page(program, version()));
    for (const CLI::App* each : listed_commands(program))
      write(*folder + "/hitsieve-" + each->get_name() + ".1",
            man_page_of_command(*each, version()));
    write(*folder + "/hitsieve", bash_completion(program));
  };
}

}  // namespace hitsieve
