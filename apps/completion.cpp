#include "apps/completion.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "apps/help.h"

namespace hitsieve {
namespace {

/// "-q --quiet ...", as they are typed.
std::string option_names(const CLI::App& app) {
  std::string names;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_positional())
      names += (names.empty() ? "" : ",") + option->get_name(false, true);
  std::replace(names.begin(), names.end(), ',', ' ');
  return names;
}

/// A line for every option that wants one of a few words ("model|peaks").
std::string choices(const CLI::App& command) {
  std::string lines;
  for (const CLI::Option* option : command.get_options()) {
    std::string words = option->get_type_name();
    if (option->get_type_size() == 0 || words.find('|') == std::string::npos) continue;
    std::replace(words.begin(), words.end(), '|', ' ');
    std::string names = option->get_name(false, true);
    for (size_t at; (at = names.find(',')) != std::string::npos;)
      names.replace(at, 1, "\" | \"" + command.get_name() + " ");
    lines += "    \"" + command.get_name() + " " + names + "\") words=\"" + words + "\" ;;\n";
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string commands, options, values;
  for (const CLI::App* command : listed_commands(program)) {
    commands += command->get_name() + " ";
    options += "    " + command->get_name() + ") options=\"" + option_names(*command) + "\" ;;\n";
    values += choices(*command);
  }
  return R"(# Completion of hitsieve for bash. An empty answer leaves names of files to bash.
_hitsieve() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} options= words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ")" +
         commands + option_names(program) + R"(" -- "$word"))
    return
  fi
  case $command in
)" + options +
         R"(  esac
  case "$command ${COMP_WORDS[COMP_CWORD - 1]}" in
)" + values +
         R"(  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  fi
}
complete -o bashdefault -o default -F _hitsieve hitsieve
)";
}

}  // namespace hitsieve
