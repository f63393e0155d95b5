// Messages for the two faults that the emulator provokes on purpose. After the message the fault
// happens again under the handler that was there before.
#include <cstring>

#include <signal.h>
#include <unistd.h>

#include "engine/cuda_on_host/block.h"
#include "engine/cuda_on_host/memory.h"

namespace hitsieve::emu {
namespace {

struct sigaction previous;

void say(const char* message) {
  if (write(STDERR_FILENO, message, std::strlen(message)) < 0) return;  // nothing left to do
}

void on_fault(int signal, siginfo_t* info, void*) {
  const BlockRunner* const runner = BlockRunner::current();
  const DeviceMemory& memory = DeviceMemory::instance();
  if (runner && runner->stack_overflowed_at(info->si_addr))
    say("hitsieve emulator: the local arrays of a CUDA thread overflowed its stack\n");
  else if (memory.contains(info->si_addr) && memory.hidden())
    say("hitsieve emulator: the host accessed device memory; copy it with cudaMemcpy\n");
  sigaction(signal, &previous, nullptr);
}

}  // namespace

void install_fault_messages() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &previous);
}

}  // namespace hitsieve::emu
