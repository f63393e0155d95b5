// Runs the built command as a user would, and gives back what it printed and how it ended.
#pragma once
#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

struct Result {
  int code = -1;  ///< exit code; 128 + number when a signal ended it
  std::string out, error;
};

struct RunOptions {
  std::string program = HITSIEVE_COMMAND;
  std::string input = {};      ///< its standard input; by default empty
  long file_size_limit = -1;   ///< bytes after which writing fails, as on a full disk
  bool closed_output = false;  ///< standard output is a pipe that nobody reads
};

/// `hitsieve ARGUMENTS...`, or another program with them.
Result run(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// The same, with a signal sent when `ready` has become true. `ready` is asked every millisecond,
/// with what has come on standard error by then.
Result run_and_signal(const std::vector<std::string>& arguments, int signal,
                      const std::function<bool(const std::string& error)>& ready);

/// The lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);
std::vector<std::string> fields_of(const std::string& line);  ///< separated by tabs
bool exists(const std::string& path);
