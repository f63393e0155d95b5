// The layout of --help: the summary, options in two columns wrapped to the width of a page, then
// the explanation and an example.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace hitsieve {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

/// What an option does, with its default, and whether it has to be given.
std::string option_text(const CLI::Option& option);

/// The commands that the help lists, in its order.
std::vector<const CLI::App*> listed_commands(const CLI::App& program);

/// Breaks lines at blanks so that none is longer than `width`; keeps the line breaks there are, and
/// starts each continued line with `indent` blanks.
std::string wrapped(const std::string& prose, size_t width, size_t indent = 0);

}  // namespace hitsieve
