// What the program says while it works goes to standard error, results go to standard output.
// Messages and a status line that is redrawn in place share the terminal here.
#pragma once
#include <string>

namespace hitsieve {

enum class Verbosity { silent, quiet, normal, verbose };

/// Sends spdlog's messages to standard error: none, and no status line either (silent); warnings
/// and errors (quiet), also what is done (normal), also details, with the time of day (verbose).
/// Coloured only on a terminal.
void set_up_logging(Verbosity verbosity);

bool error_is_terminal();
/// Overwrites the status line; "" removes it. Only on a terminal.
void show_status(const std::string& line);

/// Prints a result; OutputError when standard output cannot take it (a closed pipe, a full disk).
void print(const std::string& result);

}  // namespace hitsieve
