// atomicAdd and its like: relaxed, device-wide, as in CUDA. Plain memory accesses to the same
// address from other threads are races, which ThreadSanitizer reports.
#pragma once
#include <algorithm>
#include <cstring>
#include <type_traits>

namespace hitsieve::emu {

template <class T>
using AtomicBits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <class T>
T from_bits(AtomicBits<T> bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
template <class T>
AtomicBits<T> to_bits(T value) {
  AtomicBits<T> bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Replaces *address by update(*address); returns what was there.
template <class T, class Update>
T atomic_update(T* address, Update update) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  // The bytes of T are accessed as bits, which may_alias permits.
  typedef AtomicBits<T> __attribute__((may_alias)) Bits;
  Bits* const bits = reinterpret_cast<Bits*>(address);
  AtomicBits<T> old = __atomic_load_n(bits, __ATOMIC_RELAXED);
  for (;;) {
    const AtomicBits<T> wanted = to_bits<T>(update(from_bits<T>(old)));
    if (__atomic_compare_exchange_n(bits, &old, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return from_bits<T>(old);
  }
}

}  // namespace hitsieve::emu

#define HITSIEVE_EMU_ATOMIC(name, type, expression)                                             \
  inline type name(type* address, type value) {                                                 \
    return hitsieve::emu::atomic_update(address, [&](type old) -> type { return expression; }); \
  }
#define HITSIEVE_EMU_ATOMIC_INTEGER(type)                                          \
  HITSIEVE_EMU_ATOMIC(atomicMin, type, std::min(old, value))                       \
  HITSIEVE_EMU_ATOMIC(atomicMax, type, std::max(old, value))                       \
  HITSIEVE_EMU_ATOMIC(atomicAnd, type, old& value)                                 \
  HITSIEVE_EMU_ATOMIC(atomicOr, type, old | value)                                 \
  HITSIEVE_EMU_ATOMIC(atomicXor, type, old ^ value)                                \
  HITSIEVE_EMU_ATOMIC(atomicExch, type, ((void)old, value))                        \
  inline type atomicCAS(type* address, type compare, type value) {                 \
    __atomic_compare_exchange_n(address, &compare, value, false, __ATOMIC_RELAXED, \
                                __ATOMIC_RELAXED);                                 \
    return compare;                                                                \
  }
HITSIEVE_EMU_ATOMIC_INTEGER(int)
HITSIEVE_EMU_ATOMIC_INTEGER(unsigned)
HITSIEVE_EMU_ATOMIC_INTEGER(unsigned long long)
HITSIEVE_EMU_ATOMIC(atomicAdd, int, int(unsigned(old) + unsigned(value)))
HITSIEVE_EMU_ATOMIC(atomicAdd, unsigned, old + value)
HITSIEVE_EMU_ATOMIC(atomicAdd, unsigned long long, old + value)
HITSIEVE_EMU_ATOMIC(atomicAdd, float, old + value)
HITSIEVE_EMU_ATOMIC(atomicAdd, double, old + value)
HITSIEVE_EMU_ATOMIC(atomicSub, int, int(unsigned(old) - unsigned(value)))
HITSIEVE_EMU_ATOMIC(atomicSub, unsigned, old - value)
HITSIEVE_EMU_ATOMIC(atomicExch, float, ((void)old, value))
HITSIEVE_EMU_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
HITSIEVE_EMU_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
#undef HITSIEVE_EMU_ATOMIC
#undef HITSIEVE_EMU_ATOMIC_INTEGER
