// Messages for the two faults that the emulator provokes on purpose. After the message the fault
// happens again under the handler that was there before.
#include <cstring>
#include <vector>

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

/// Where the handler runs when a stack is full: one for each OS thread, as the kernel wants it.
class SignalStack {
 public:
  SignalStack() {
    stack_t old{};
    if (sigaltstack(nullptr, &old) != 0 || !(old.ss_flags & SS_DISABLE)) return;  // has one
    memory_.resize(kBytes);
    const stack_t mine{memory_.data(), 0, kBytes};
    sigaltstack(&mine, nullptr);
  }
  ~SignalStack() {
    if (memory_.empty()) return;
    const stack_t none{nullptr, SS_DISABLE, 0};
    sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  static constexpr size_t kBytes = 64 << 10;
  std::vector<char> memory_{};
};

}  // namespace

void give_thread_signal_stack() { thread_local SignalStack stack; }

void install_fault_messages() {
  struct sigaction present {};
  sigaction(SIGSEGV, nullptr, &present);
  if (present.sa_sigaction == on_fault) return;
  previous = present;
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
}

}  // namespace hitsieve::emu
