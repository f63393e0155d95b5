// Manual pages made from the definitions of the command line.
#pragma once
#include <string>

namespace CLI {
class App;
}

namespace hitsieve {

/// The page of the program, section 1, with its commands.
std::string man_page(const CLI::App& program, const std::string& version);
/// The page of one of its commands.
std::string man_page_of_command(const CLI::App& command, const std::string& version);

}  // namespace hitsieve
