#include "tests/apps/command_run.h"

#include <chrono>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/temporary_folder.h"

namespace {

/// What a child writes to one of its standard streams.
class Capture {
 public:
  Capture() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
  void become(int stream) const { ::dup2(ends_[1], stream); }  // in the child
  void start() {
    ::close(ends_[1]);
    reader_ = std::thread([this] {
      char bytes[4096];
      for (ssize_t n = 0; (n = ::read(ends_[0], bytes, sizeof bytes)) > 0;) {
        const std::scoped_lock lock(mutex_);
        text_.append(bytes, size_t(n));
      }
    });
  }
  std::string so_far() {
    const std::scoped_lock lock(mutex_);
    return text_;
  }
  std::string finish() {
    reader_.join();
    ::close(ends_[0]);
    return std::move(text_);
  }

 private:
  int ends_[2];
  std::thread reader_;
  std::mutex mutex_;
  std::string text_;
};

/// In the child: standard streams, limits, then the command itself.
[[noreturn]] void become(const std::vector<std::string>& arguments, const RunOptions& options,
                         const std::string& input, const Capture& out, const Capture& error) {
  ::dup2(::open(input.c_str(), O_RDONLY), 0);
  out.become(1);
  error.become(2);
  int ends[2];
  if (options.closed_output && ::pipe(ends) == 0) ::close(ends[0]), ::dup2(ends[1], 1);
  if (options.file_size_limit >= 0) {
    const rlimit limit{rlim_t(options.file_size_limit), RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> argv{const_cast<char*>(options.program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(options.program.c_str(), argv.data());
  ::_exit(127);
}

/// Runs the command to its end; `meanwhile` is called with its process id and what it has written
/// to standard error every millisecond.
Result run_with(const std::vector<std::string>& arguments, const RunOptions& options,
                const std::function<void(pid_t, const std::string&)>& meanwhile) {
  const TemporaryFolder folder;
  const std::string input = folder / "in";
  put_file(input, options.input);
  Capture out, error;
  const pid_t child = ::fork();
  if (child == 0) become(arguments, options, input, out, error);
  out.start(), error.start();
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    meanwhile(child, error.so_far());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Result result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = out.finish(), result.error = error.finish();
  return result;
}

}  // namespace

Result run(const std::vector<std::string>& arguments, const RunOptions& options) {
  return run_with(arguments, options, [](pid_t, const std::string&) {});
}

Result run_and_signal(const std::vector<std::string>& arguments, int signal,
                      const std::function<bool(const std::string& error)>& ready) {
  bool sent = false;
  return run_with(arguments, {}, [&](pid_t child, const std::string& error) {
    if (!sent && ready(error)) ::kill(child, signal), sent = true;
  });
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
