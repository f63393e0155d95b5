#include "apps/processes.h"

#include <chrono>
#include <exception>
#include <thread>

#include <unistd.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

/// The next message; only where one is sure to come.
Message wait_for_message() {
  for (;;) {
    if (auto message = receive()) return *message;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

std::string process_name() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return text("process ", process_rank(), " on ", host);
}

void begin_together(const std::function<uint64_t()>& begin) {
  uint64_t seen = 0;
  std::exception_ptr error;
  std::string reason;
  try {
    seen = begin();
  } catch (const std::exception& e) {
    error = std::current_exception(), reason = e.what();
  }
  const Communicator* all = process_communicator();
  if (!all && error) std::rethrow_exception(error);
  if (!all) return;
  // A number each in two halves, as a double holds 53 bits, and whether it failed.
  const size_t own = 3 * size_t(process_rank());
  std::vector<double> state(3 * size_t(process_count()));
  state[own] = double(seen >> 32), state[own + 1] = double(seen & 0xffffffff);
  state[own + 2] = error ? 1 : 0;
  sum(state, all);
  if (error && (state[2] != 0 || process_rank() == 0)) std::rethrow_exception(error);
  if (error) send(0, process_name() + ": " + reason);
  std::string others;
  for (int rank = 1; rank < process_count(); ++rank) {
    const size_t at = 3 * size_t(rank);
    if (state[at + 2] != 0)
      others = process_rank() == 0 ? wait_for_message().content : text("process ", rank);
  }
  check(others.empty(), others);
  for (int rank = 1; rank < process_count(); ++rank) {
    const size_t at = 3 * size_t(rank);
    check(state[at] == state[0] && state[at + 1] == state[1], "process ", rank,
          " has read other frames than process 0: do both see the same files?");
  }
}

}  // namespace hitsieve
