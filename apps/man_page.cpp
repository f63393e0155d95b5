#include "apps/man_page.h"

#include <sstream>

#include <CLI/CLI.hpp>

#include "apps/help.h"

namespace hitsieve {
namespace {

/// Text as roff takes it: `words` in bold, hyphens that can be copied, nothing that reads as a
/// request.
std::string roff(const std::string& text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    if (c == '`')
      out += (bold = !bold) ? "\\fB" : "\\fR";
    else if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

/// Lines to be filled; an empty line starts a paragraph.
std::string prose(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    out += line.empty() ? (out.empty() ? "" : ".PP\n") : roff(line) + "\n";
  while (out.ends_with(".PP\n")) out.erase(out.size() - 4);
  return out;
}

/// Lines kept as they are.
std::string as_is(const std::string& text) { return ".nf\n" + roff(text) + "\n.fi\n"; }

std::string title(const std::string& name, const std::string& summary, const std::string& version) {
  std::string upper = name;
  for (char& c : upper) c = char(std::toupper(static_cast<unsigned char>(c)));
  return ".TH " + roff(upper) + " 1 \"\" \"hitsieve " + version +
         "\" \"hitsieve\"\n.nh\n.SH NAME\n" + roff(name) + " \\- " + roff(summary) + "\n";
}

std::string option(const CLI::Option& option) {
  const bool positional = option.get_positional();
  std::string names = "\\fB" + roff(option.get_name(positional, !positional)) + "\\fR";
  if (const size_t comma = names.find(','); comma != std::string::npos)
    names.replace(comma, 1, "\\fR, \\fB");
  if (option.get_type_size() > 0 && !positional)
    names += " \\fI" + roff(option.get_type_name()) + "\\fR";
  return ".TP\n" + names + "\n" + prose(option_text(option));
}

std::string options(const CLI::App& app) {
  std::string out = ".SH OPTIONS\n";
  for (const CLI::Option* each : app.get_options()) out += option(*each);
  return out;
}

struct Description {
  std::string summary, explanation;
};

Description split(const std::string& text) {
  const size_t end = text.find('\n');
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), text.substr(text.find_first_not_of('\n', end))};
}

std::string after(const std::string& text, const std::string& heading) {
  const size_t at = text.find(heading);
  return at == std::string::npos ? "" : text.substr(at + heading.size());
}

}  // namespace

std::string man_page(const CLI::App& program, const std::string& version) {
  std::string page = title("hitsieve", program.get_description(), version);
  page += ".SH SYNOPSIS\n\\fBhitsieve\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n";
  std::string see;
  for (const CLI::App* command : listed_commands(program)) {
    const std::string& name = command->get_name();
    page += ".TP\n\\fB" + name + "\\fR\n" + prose(split(command->get_description()).summary);
    see += (see.empty() ? "" : ",\n") + std::string(".BR hitsieve\\-" + name + " (1)");
  }
  page += options(program);
  const std::string footer = program.get_footer();
  const std::string codes = after(footer, "Exit codes:\n");
  page += ".SH EXIT STATUS\n" + as_is(codes.substr(0, codes.find("\n\n")));
  return page + ".SH SEE ALSO\n" + see + "\n";
}

std::string man_page_of_command(const CLI::App& command, const std::string& version) {
  const auto [summary, explanation] = split(command.get_description());
  const std::string& name = command.get_name();
  std::string page = title("hitsieve-" + name, summary, version);
  page += ".SH SYNOPSIS\n\\fBhitsieve " + name + "\\fR [\\fIOPTIONS\\fR]";
  for (const CLI::Option* each : command.get_options())
    if (each->get_positional()) page += " \\fI" + each->get_name(true) + "\\fR...";
  page += "\n.SH DESCRIPTION\n" + prose(explanation) + options(command);
  const std::string example = after(command.get_footer(), "Example:\n");
  if (!example.empty()) page += ".SH EXAMPLE\n" + as_is(example);
  return page + ".SH SEE ALSO\n.BR hitsieve (1)\n";
}

}  // namespace hitsieve
