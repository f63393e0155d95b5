#include "tests/apps/command_run.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/temporary_folder.h"

namespace {

/// In the child: standard streams from and to files, limits, then the command itself.
[[noreturn]] void become(const std::vector<std::string>& arguments, const RunOptions& options,
                         const TemporaryFolder& folder) {
  const auto redirect = [&](const char* name, int flags, int stream) {
    ::dup2(::open((folder / name).c_str(), flags, 0600), stream);
  };
  redirect("in", O_RDONLY, 0);
  redirect("out", O_WRONLY | O_CREAT, 1);
  redirect("error", O_WRONLY | O_CREAT, 2);
  if (options.closed_output) {
    int ends[2];
    if (::pipe(ends) == 0) ::close(ends[0]), ::dup2(ends[1], 1);
  }
  if (options.file_size_limit >= 0) {
    const rlimit limit{rlim_t(options.file_size_limit), RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);  // so that write() returns an error, as it does on a full disk
  }
  std::vector<char*> argv{const_cast<char*>(HITSIEVE_COMMAND)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(HITSIEVE_COMMAND, argv.data());
  ::_exit(127);
}

Result finished(int status, const TemporaryFolder& folder) {
  Result result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = file_content(folder / "out");
  result.error = file_content(folder / "error");
  return result;
}

}  // namespace

Result run(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TemporaryFolder folder;
  put_file(folder / "in", options.input);
  const pid_t child = ::fork();
  if (child == 0) become(arguments, options, folder);
  int status = 0;
  ::waitpid(child, &status, 0);
  return finished(status, folder);
}

Result run_and_signal(const std::vector<std::string>& arguments, int signal,
                      const std::function<bool()>& ready) {
  const TemporaryFolder folder;
  put_file(folder / "in", "");
  const pid_t child = ::fork();
  if (child == 0) become(arguments, {}, folder);
  int status = 0;
  bool sent = false;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (!sent && ready()) ::kill(child, signal), sent = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return finished(status, folder);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (char c : line)
    if (c == '\t')
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }
