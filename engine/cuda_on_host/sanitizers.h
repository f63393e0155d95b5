// What the sanitizers must be told: AddressSanitizer which stack is in use and which bytes of the
// arenas belong to nobody; ThreadSanitizer that each CUDA thread is a thread of its own, and what
// orders them. The emulator's own sources are compiled without -fsanitize=thread (CMakeLists.txt):
// their bookkeeping is touched by all CUDA threads, in turn, and would be reported.
#pragma once
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define HITSIEVE_EMU_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HITSIEVE_EMU_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define HITSIEVE_EMU_INSTRUMENTED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(HITSIEVE_EMU_INSTRUMENTED)
#error "compile engine/cuda_on_host/*.cpp with -fno-sanitize=thread -DHITSIEVE_EMU_TSAN=1"
#endif

#ifdef HITSIEVE_EMU_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HITSIEVE_EMU_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#endif

namespace hitsieve::emu {

#ifdef HITSIEVE_EMU_ASAN
constexpr bool kAsan = true;
inline void poison(const void* p, size_t bytes) { __asan_poison_memory_region(p, bytes); }
inline void unpoison(const void* p, size_t bytes) { __asan_unpoison_memory_region(p, bytes); }
#else
constexpr bool kAsan = false;
inline void poison(const void*, size_t) {}
inline void unpoison(const void*, size_t) {}
#endif

#ifdef HITSIEVE_EMU_TSAN
constexpr bool kTsan = true;
inline void* tsan_create() { return __tsan_create_fiber(0); }
inline void tsan_name(void* fiber, const char* name) { __tsan_set_fiber_name(fiber, name); }
inline void tsan_destroy(void* fiber) { __tsan_destroy_fiber(fiber); }
inline void* tsan_current() { return __tsan_get_current_fiber(); }
inline void tsan_switch(void* f) { __tsan_switch_to_fiber(f, __tsan_switch_to_fiber_no_sync); }
inline void tsan_acquire(void* address) { __tsan_acquire(address); }
inline void tsan_release(void* address) { __tsan_release(address); }
#else
constexpr bool kTsan = false;
inline void* tsan_create() { return nullptr; }
inline void tsan_name(void*, const char*) {}
inline void tsan_destroy(void*) {}
inline void* tsan_current() { return nullptr; }
inline void tsan_switch(void*) {}
inline void tsan_acquire(void*) {}
inline void tsan_release(void*) {}
#endif

/// memset and memcpy are intercepted even in code without instrumentation; in this scope they are
/// the emulator's own and take no part in races.
struct IgnoreAccesses {
#ifdef HITSIEVE_EMU_TSAN
  IgnoreAccesses() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~IgnoreAccesses() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#else
  IgnoreAccesses() {}
#endif
  IgnoreAccesses(const IgnoreAccesses&) = delete;
  IgnoreAccesses& operator=(const IgnoreAccesses&) = delete;
};

}  // namespace hitsieve::emu
