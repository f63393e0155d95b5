#include "apps/interrupt.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <streambuf>

#include <unistd.h>

namespace hitsieve {
namespace {

volatile std::sig_atomic_t signalled = 0;

extern "C" void note_signal(int) { signalled = 1; }

class InterruptibleBuffer : public std::streambuf {
 protected:
  // std::cin starts read() again after a signal; this one looks at the flag first.
  int_type underflow() override {
    for (;;) {
      poll_interrupt();
      const ssize_t count = ::read(STDIN_FILENO, bytes_.data(), bytes_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return traits_type::eof();
      setg(bytes_.data(), bytes_.data(), bytes_.data() + count);
      return traits_type::to_int_type(bytes_[0]);
    }
  }

 private:
  std::array<char, 4096> bytes_{};
};

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = int(SA_RESETHAND);  // and no SA_RESTART: a waiting read comes back
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)  // nohup
    ::sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, which is reported,
  std::signal(SIGXFSZ, SIG_IGN);  // as is one beyond the allowed size of a file
}

bool interrupted() { return signalled != 0; }

void poll_interrupt() {
  if (signalled) throw Interrupted();
}

std::istream& interruptible_input() {
  static InterruptibleBuffer buffer;
  static std::istream input(&buffer);
  input.exceptions(std::ios::badbit);  // lets Interrupted through
  return input;
}

}  // namespace hitsieve
