// HS_SIMD before a function: it is compiled for AVX-512, AVX2 and the plain architecture, and the
// best that the machine has is chosen when the program starts. One binary serves every x86-64;
// elsewhere (Arm) the function is compiled once. What such a function calls must be inlined into
// it.
#pragma once
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define HS_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/// Whether the clones for AVX-512 run: they have twice the registers, of twice the width.
inline bool has_wide_vectors() { return __builtin_cpu_supports("x86-64-v4"); }
#else  // clang has no clones of templates; the thread sanitizer starts too late for them
#define HS_SIMD
inline bool has_wide_vectors() { return false; }
#endif

#define HS_INLINE inline __attribute__((always_inline))

/// Calls body(first, n) for parts of `count` elements of which each is a whole number of vectors:
/// the last overlaps the one before it, as elements one by one cost more than some again. For
/// bodies that may see an element twice. Fewer than a vector are one part.
template <int64_t vector, class Body>
void for_whole_vectors(int64_t count, const Body& body) {
  const int64_t whole = count / vector * vector;
  if (whole > 0) body(int64_t(0), whole);
  if (whole == count) return;
  whole > 0 ? body(count - vector, vector) : body(int64_t(0), count);
}
