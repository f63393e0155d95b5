// How the emulator orders blocks and threads, and when it does the work of a stream. A result that
// depends on either is a race or a missing synchronisation in a kernel or its caller. For tests;
// with a real GPU (no HITSIEVE_EMULATOR) for_each_schedule runs its function once.
//
//   emu::for_each_schedule([&] { launch_over(n, axpy, ...); CHECK(download(y) == expected); });
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

namespace hitsieve::emu {

/// Order of the blocks of a grid, and of the threads of a block between two barriers.
enum class Order { in_order, reverse, random };
struct Schedule {
  Order order = Order::in_order;
  uint64_t seed = 0;  // of Order::random
};

#ifdef HITSIEVE_EMULATOR
/// The schedule of launches from now on. At the start of the program: HITSIEVE_EMU_SCHEDULE
/// ("in_order", "reverse", "random:SEED"), else in order.
void set_schedule(Schedule schedule);
Schedule schedule();

/// If on, work put on a stream is done only when something synchronises with it (a missing
/// synchronisation then shows as missing results). At the start: HITSIEVE_EMU_ASYNC=1, else off.
void set_async(bool on);
bool async();

/// How often the host has waited for the device so far: what a loop that is to keep a GPU busy does
/// not do.
int64_t host_waits();

/// How many graphs were launched so far.
int64_t graph_launches();

/// If on, device memory is inaccessible to the host from each synchronisation to the next device
/// work: a host access ends the program with SIGSEGV and a message. On unless
/// HITSIEVE_EMU_PROTECT=0.
void set_memory_protection(bool on);
#else
inline void set_schedule(Schedule) {}
inline Schedule schedule() { return {}; }
inline void set_async(bool) {}
inline bool async() { return true; }
inline int64_t host_waits() { return 0; }
inline int64_t graph_launches() { return 0; }
inline void set_memory_protection(bool) {}
#endif

inline std::string describe(Schedule s) {
  if (s.order == Order::random) return "random:" + std::to_string(s.seed);
  return s.order == Order::reverse ? "reverse" : "in_order";
}

/// Puts the schedule and the async mode back as they were.
class ScheduleScope {
 public:
  ScheduleScope() = default;
  explicit ScheduleScope(Schedule s) { set_schedule(s); }
  ScheduleScope(const ScheduleScope&) = delete;
  ScheduleScope& operator=(const ScheduleScope&) = delete;
  ~ScheduleScope() { set_schedule(saved_), set_async(async_); }

 private:
  Schedule saved_ = schedule();
  bool async_ = async();
};

/// Calls fn() or fn(Schedule) in order, in reverse and in three random orders; under a sanitizer,
/// which sees races and wrong accesses in any order and takes ten times as long, in the first two.
template <class F>
void for_each_schedule(F&& fn) {
  const auto call = [&](Schedule s) {
    set_schedule(s);
    if constexpr (std::is_invocable_v<F&, Schedule>) {
      fn(s);
    } else {
      fn();
    }
  };
#ifdef HITSIEVE_EMULATOR
  const ScheduleScope restore;
  call({Order::in_order});
  call({Order::reverse});
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  for (const uint64_t seed : {1, 2, 3}) call({Order::random, seed});
#endif
#else
  call({});
#endif
}

}  // namespace hitsieve::emu
