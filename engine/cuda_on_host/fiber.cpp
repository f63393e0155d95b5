#include "engine/cuda_on_host/fiber.h"

#include <cstdint>

#include <pthread.h>
#include <sys/mman.h>

#include "engine/check.h"
#include "engine/cuda_on_host/sanitizers.h"

#if defined(HITSIEVE_EMU_UCONTEXT)
// swapcontext, below
#elif defined(__x86_64__)
// The callee-saved registers go on the old stack and come from the new one. The first switch to a
// stack "returns" to hitsieve_emu_start with the argument in r12 and the entry function in r13.
asm(R"(
.text
.globl hitsieve_emu_switch
.type hitsieve_emu_switch, @function
hitsieve_emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size hitsieve_emu_switch, .-hitsieve_emu_switch
.globl hitsieve_emu_start
.type hitsieve_emu_start, @function
hitsieve_emu_start:
  .cfi_startproc
  .cfi_undefined rip
  movq %r12, %rdi
  callq *%r13
  ud2
  .cfi_endproc
.size hitsieve_emu_start, .-hitsieve_emu_start
)");
#else  // aarch64: argument in x19, entry function in x20
asm(R"(
.text
.globl hitsieve_emu_switch
.type hitsieve_emu_switch, %function
hitsieve_emu_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size hitsieve_emu_switch, .-hitsieve_emu_switch
.globl hitsieve_emu_start
.type hitsieve_emu_start, %function
hitsieve_emu_start:
  .cfi_startproc
  .cfi_undefined x30
  mov x0, x19
  blr x20
  brk #1
  .cfi_endproc
.size hitsieve_emu_start, .-hitsieve_emu_start
)");
#endif

#ifndef HITSIEVE_EMU_UCONTEXT
extern "C" void hitsieve_emu_switch(void** save, void* load);
extern "C" void hitsieve_emu_start();
#endif

namespace hitsieve::emu {
namespace {

constexpr size_t kGuard = 1 << 20;  // a frame of this size cannot jump over it
constexpr size_t kStack = kAsan || kTsan ? 256 << 10 : 64 << 10;
constexpr size_t kColours = 4096;  // spread over one page

#ifdef HITSIEVE_EMU_UCONTEXT
void ucontext_entry(unsigned entry_high, unsigned entry_low, unsigned high, unsigned low) {
  const auto join = [](unsigned h, unsigned l) { return uintptr_t(h) << 32 | l; };
  reinterpret_cast<void (*)(void*)>(join(entry_high, entry_low))(
      reinterpret_cast<void*>(join(high, low)));
}

void prepare(Context& context, char* top, void (*entry)(void*), void* argument) {
  getcontext(&context.machine);
  context.machine.uc_stack.ss_sp = context.stack;
  context.machine.uc_stack.ss_size = size_t(top - static_cast<char*>(context.stack));
  context.machine.uc_link = nullptr;
  const auto e = uintptr_t(entry), a = uintptr_t(argument);
  makecontext(&context.machine, reinterpret_cast<void (*)()>(ucontext_entry), 4, unsigned(e >> 32),
              unsigned(e), unsigned(a >> 32), unsigned(a));
}
#else
void prepare(Context& context, char* top, void (*entry)(void*), void* argument) {
#ifdef __x86_64__
  void** frame = reinterpret_cast<void**>(top) - 9;  // r15 r14 r13 r12 rbx rbp return, padding
  frame[2] = reinterpret_cast<void*>(entry), frame[3] = argument;
  frame[6] = reinterpret_cast<void*>(hitsieve_emu_start);
#else
  void** frame = reinterpret_cast<void**>(top) - 20;
  frame[0] = argument, frame[1] = reinterpret_cast<void*>(entry);
  frame[11] = reinterpret_cast<void*>(hitsieve_emu_start);
#endif
  context.stack_pointer = frame;
}
#endif

}  // namespace

void describe_current_stack(Context& context) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  pthread_attr_getstack(&attributes, &context.stack, &context.stack_bytes);
  pthread_attr_destroy(&attributes);
}

Stack::Stack(void (*entry)(void*), void* argument, unsigned colour) {
  mapping_ =
      mmap(nullptr, kGuard + kStack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  context_.stack = static_cast<char*>(mapping_) + kGuard;
  check(mapping_ != MAP_FAILED && mprotect(context_.stack, kStack, PROT_READ | PROT_WRITE) == 0,
        "cannot map a stack of ", kStack, " bytes for an emulated CUDA thread");
  context_.stack_bytes = kStack;
  context_.tsan = tsan_create();
  char* const top = static_cast<char*>(context_.stack) + kStack - colour * 320 % kColours;
  prepare(context_, top, entry, argument);
}

Stack::~Stack() {
  tsan_destroy(context_.tsan);
  unpoison(context_.stack, kStack);
  munmap(mapping_, kGuard + kStack);
}

bool Stack::overflowed_at(const void* address) const {
  return address >= mapping_ && address < context_.stack;
}

void switch_context(Context& from, Context& to) {
#ifdef HITSIEVE_EMU_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#endif
  tsan_switch(to.tsan);
#ifdef HITSIEVE_EMU_UCONTEXT
  swapcontext(&from.machine, &to.machine);
#else
  hitsieve_emu_switch(&from.stack_pointer, to.stack_pointer);
#endif
  entered(from);
}

void entered(Context& self) {
#ifdef HITSIEVE_EMU_ASAN
  __sanitizer_finish_switch_fiber(self.fake_stack, nullptr, nullptr);
#else
  (void)self;
#endif
}

}  // namespace hitsieve::emu
