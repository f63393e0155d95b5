// SIGINT, SIGTERM, and SIGHUP where it is not ignored (nohup): the first one only sets a flag,
// which long loops poll, so that outputs in progress are removed on the way out; a second one ends
// the program at once.
#pragma once
#include <exception>
#include <istream>

namespace hitsieve {

/// Not an Error: nothing was wrong with the input. Ends the program with exit code 130.
struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

void catch_interrupts();

bool interrupted();  ///< a signal has come

/// Throws Interrupted once a signal has come. Cheap: to be called for every frame.
void poll_interrupt();

/// Standard input whose reading ends with Interrupted when a signal comes while it waits.
std::istream& interruptible_input();

}  // namespace hitsieve
