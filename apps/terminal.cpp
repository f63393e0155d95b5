#include "apps/terminal.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

std::mutex terminal_mutex;
bool status_shown = false, silent = false;

void remove_status() {
  if (std::exchange(status_shown, false)) std::fputs("\r\033[K", stderr);
}

/// "", "warning: " or "error: ", in colour on a terminal.
std::string heading(spdlog::level::level_enum level) {
  if (level < spdlog::level::warn) return "";
  const bool warning = level == spdlog::level::warn;
  const char* word = warning ? "warning: " : "error: ";
  if (!error_is_terminal()) return word;
  return text(warning ? "\033[33m" : "\033[1;31m", word, "\033[0m");
}

class ErrorStreamSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const std::scoped_lock lock(terminal_mutex);
    remove_status();
    std::fputs(heading(message.level).c_str(), stderr);
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }
};

}  // namespace

void set_up_logging(Verbosity verbosity) {
  auto logger = std::make_shared<spdlog::logger>("hitsieve", std::make_shared<ErrorStreamSink>());
  logger->set_pattern(verbosity == Verbosity::verbose ? "%H:%M:%S.%e %v" : "%v");
  silent = verbosity == Verbosity::silent;
  logger->set_level(silent                            ? spdlog::level::off
                    : verbosity == Verbosity::quiet   ? spdlog::level::warn
                    : verbosity == Verbosity::verbose ? spdlog::level::debug
                                                      : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

bool error_is_terminal() {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal;
}

void show_status(const std::string& line) {
  if (!error_is_terminal() || silent) return;
  const std::scoped_lock lock(terminal_mutex);
  remove_status();
  status_shown = !line.empty();
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

void print(const std::string& result) {
  const bool ok = std::fwrite(result.data(), 1, result.size(), stdout) == result.size() &&
                  std::fflush(stdout) == 0;
  check<OutputError>(ok, "standard output: cannot be written");
}

}  // namespace hitsieve
