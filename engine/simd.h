// HS_SIMD before a function: it is compiled for AVX-512, AVX2 and the plain architecture, and the
// best that the machine has is chosen when the program starts. One binary serves every x86-64;
// elsewhere (Arm) the function is compiled once. What such a function calls must be inlined into
// it.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define HS_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else  // clang has no clones of templates; the thread sanitizer starts too late for them
#define HS_SIMD
#endif

#define HS_INLINE inline __attribute__((always_inline))
