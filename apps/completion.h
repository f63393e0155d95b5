// Completion for bash, made from the definitions of the command line.
#pragma once
#include <string>

namespace CLI {
class App;
}

namespace hitsieve {

/// A script for bash: commands, the options of each, the values of options that have a few, and
/// names of files anywhere else.
std::string bash_completion(const CLI::App& program);

}  // namespace hitsieve
