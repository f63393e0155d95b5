#include "apps/help.h"

#include <sstream>

#include <CLI/CLI.hpp>

namespace hitsieve {
namespace {

constexpr size_t page_width = 96, option_column = 30;

std::string two_columns(const std::string& left, const std::string& right) {
  std::string line = "  " + left;
  if (line.size() + 1 > option_column)
    line += '\n' + std::string(option_column, ' ');
  else
    line.resize(option_column, ' ');
  return line + wrapped(right, page_width - option_column, option_column) + '\n';
}

}  // namespace

std::string wrapped(const std::string& prose, size_t width, size_t indent) {
  std::string out;
  std::istringstream lines(prose);
  bool first = true;
  for (std::string line; std::getline(lines, line); first = false) {
    if (!first) out += '\n' + std::string(line.empty() ? 0 : indent, ' ');
    std::istringstream words(line);
    size_t column = line.find_first_not_of(' ');
    if (column == std::string::npos) continue;
    out.append(column, ' ');
    const size_t hanging = column;
    bool fresh = true;
    for (std::string word; words >> word; fresh = false) {
      if (!fresh && column + 1 + word.size() > width) {
        out += '\n' + std::string(indent + hanging, ' ');
        column = hanging;
      } else if (!fresh) {
        out += ' ', ++column;
      }
      out += word, column += word.size();
    }
  }
  return out;
}

std::string option_text(const CLI::Option& option) {
  std::string words = option.get_description();
  if (option.get_required()) words += " Required.";
  if (!option.get_default_str().empty()) words += " [" + option.get_default_str() + "]";
  return words;
}

std::vector<const CLI::App*> listed_commands(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); });
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = make_option_name(option, is_positional);
  if (option->get_type_size() > 0 && !is_positional) left += ' ' + option->get_type_name();
  return two_columns(left, option_text(*option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::string summary = command->get_description();
  return two_columns(command->get_name(), summary.substr(0, summary.find('\n')));
}

}  // namespace hitsieve
