// Stacks that can be left and entered again, all on one OS thread. The switch is a few instructions
// of assembly on x86-64 and aarch64 and swapcontext elsewhere (20 times slower: it saves signals).
#pragma once
#include <cstddef>

#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(HITSIEVE_EMU_UCONTEXT)
#define HITSIEVE_EMU_UCONTEXT 1
#endif
#ifdef HITSIEVE_EMU_UCONTEXT
#include <ucontext.h>
#endif

namespace hitsieve::emu {

/// Where a stack was left.
struct Context {
#ifdef HITSIEVE_EMU_UCONTEXT
  ucontext_t machine;
#else
  void* stack_pointer = nullptr;
#endif
  void* stack = nullptr;  // lowest address, and size: for the sanitizers
  size_t stack_bytes = 0;
  void* fake_stack = nullptr;  // AddressSanitizer's
  void* tsan = nullptr;        // ThreadSanitizer's context
};

/// Fills in the stack bounds of the OS thread's own stack.
void describe_current_stack(Context& context);

/// Leaves the running stack in `from` and goes on where `to` was left.
void switch_context(Context& from, Context& to);

/// A stack of its own with a guard page below it.
class Stack {
 public:
  /// entry(argument) runs at the first switch to context() and must never return. `colour` spreads
  /// the stacks' tops over the sets of the cache.
  Stack(void (*entry)(void*), void* argument, unsigned colour);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  Context& context() { return context_; }
  /// True if `address` is in the guard page.
  bool overflowed_at(const void* address) const;

 private:
  void* mapping_ = nullptr;
  Context context_;
};

/// To be called first thing by the entry function.
void entered(Context& self);

}  // namespace hitsieve::emu
