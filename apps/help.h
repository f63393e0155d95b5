// The layout of --help: the summary, options in two columns wrapped to the width of a page, then
// the explanation and an example.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace hitsieve {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

/// Breaks lines at blanks so that none is longer than `width`; keeps the line breaks there are, and
/// starts each continued line with `indent` blanks.
std::string wrapped(const std::string& prose, size_t width, size_t indent = 0);

}  // namespace hitsieve
