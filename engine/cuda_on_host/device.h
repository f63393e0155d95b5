// What CUDA threads call: barriers, warp operations, fences. Each has the meaning of the CUDA C++
// Programming Guide, and knows the source line from which it is called: threads that wait for each
// other at different lines are an error.
#pragma once
#include <chrono>
#include <cstring>
#include <type_traits>

#include "engine/cuda_on_host/grid.h"

#define HITSIEVE_EMU_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(HITSIEVE_EMU_HERE) {
  hitsieve::emu::barrier({"__syncthreads", file, line});
}
inline int __syncthreads_count(int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::barrier({"__syncthreads_count", file, line}, hitsieve::emu::Vote::count,
                                predicate != 0);
}
inline int __syncthreads_and(int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::barrier({"__syncthreads_and", file, line}, hitsieve::emu::Vote::all,
                                predicate != 0);
}
inline int __syncthreads_or(int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::barrier({"__syncthreads_or", file, line}, hitsieve::emu::Vote::any,
                                predicate != 0);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, HITSIEVE_EMU_HERE) {
  hitsieve::emu::warp_collective({"__syncwarp", file, line}, mask, nullptr, nullptr, true);
}

namespace hitsieve::emu {

enum class Shuffle { index, up, down, xored };
/// The value of the lane that PTX's shfl.sync names; all ones if that lane is not in the mask.
uint64_t shuffle(const Site& site, uint32_t mask, Shuffle kind, uint64_t value, unsigned lane,
                 int width);

template <class T>
T shuffle(const Site& site, uint32_t mask, Shuffle kind, T value, unsigned lane, int width) {
  static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) <= 8));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle(site, mask, kind, bits, lane, width);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

uint32_t ballot(const Site& site, uint32_t mask, bool predicate);
uint32_t match(const Site& site, uint32_t mask, uint64_t value);

enum class Reduce { sum, smallest, largest, bit_and, bit_or, bit_xor };
uint32_t reduce(const Site& site, uint32_t mask, Reduce kind, uint32_t value);
int32_t reduce(const Site& site, uint32_t mask, Reduce kind, int32_t value);

}  // namespace hitsieve::emu

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::shuffle({"__shfl_sync", file, line}, mask, hitsieve::emu::Shuffle::index,
                                value, unsigned(lane), width);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::shuffle({"__shfl_up_sync", file, line}, mask, hitsieve::emu::Shuffle::up,
                                value, delta, width);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::shuffle({"__shfl_down_sync", file, line}, mask,
                                hitsieve::emu::Shuffle::down, value, delta, width);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::shuffle({"__shfl_xor_sync", file, line}, mask,
                                hitsieve::emu::Shuffle::xored, value, unsigned(lanes), width);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::ballot({"__ballot_sync", file, line}, mask, predicate != 0);
}
inline int __any_sync(unsigned mask, int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::ballot({"__any_sync", file, line}, mask, predicate != 0) != 0;
}
inline int __all_sync(unsigned mask, int predicate, HITSIEVE_EMU_HERE) {
  return hitsieve::emu::ballot({"__all_sync", file, line}, mask, predicate != 0) == mask;
}
template <class T>
unsigned __match_any_sync(unsigned mask, T value, HITSIEVE_EMU_HERE) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return hitsieve::emu::match({"__match_any_sync", file, line}, mask, bits);
}
#define HITSIEVE_EMU_REDUCE(name, kind, type)                                                    \
  inline type name(unsigned mask, type value, HITSIEVE_EMU_HERE) {                               \
    return hitsieve::emu::reduce({#name, file, line}, mask, hitsieve::emu::Reduce::kind, value); \
  }
HITSIEVE_EMU_REDUCE(__reduce_add_sync, sum, unsigned)
HITSIEVE_EMU_REDUCE(__reduce_add_sync, sum, int)
HITSIEVE_EMU_REDUCE(__reduce_min_sync, smallest, unsigned)
HITSIEVE_EMU_REDUCE(__reduce_min_sync, smallest, int)
HITSIEVE_EMU_REDUCE(__reduce_max_sync, largest, unsigned)
HITSIEVE_EMU_REDUCE(__reduce_max_sync, largest, int)
HITSIEVE_EMU_REDUCE(__reduce_and_sync, bit_and, unsigned)
HITSIEVE_EMU_REDUCE(__reduce_or_sync, bit_or, unsigned)
HITSIEVE_EMU_REDUCE(__reduce_xor_sync, bit_xor, unsigned)
#undef HITSIEVE_EMU_REDUCE

inline void __threadfence() { hitsieve::emu::fence(); }
inline void __threadfence_block() { hitsieve::emu::fence(); }
inline void __threadfence_system() { hitsieve::emu::fence(); }
/// A loop that waits for another thread must contain this: threads are not interrupted.
inline void __nanosleep(unsigned) { hitsieve::emu::yield(); }
[[noreturn]] inline void __trap(HITSIEVE_EMU_HERE) { hitsieve::emu::trap(file, line); }
inline long long clock64() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
