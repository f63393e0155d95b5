// CUDA's math intrinsics. The fast ones (__expf, __fdividef, ...) are exact here and have an error
// of a few ulp on a GPU: compare with a tolerance. The rounding ones are correctly rounded on both.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <math.h>

// Names that the C library's headers declare for itself.
#define __expf expf
#define __exp10f exp10f
#define __logf logf
#define __log2f log2f
#define __log10f log10f
#define __powf powf
#define __sinf sinf
#define __cosf cosf
#define __tanf tanf

using std::isfinite;
using std::isinf;
using std::isnan;

inline float __fdividef(float x, float y) { return x / y; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frcp_rn(float x) { return 1 / x; }
inline double __dadd_rn(double x, double y) { return x + y; }
inline double __dmul_rn(double x, double y) { return x * y; }
inline double __ddiv_rn(double x, double y) { return x / y; }
inline double __fma_rn(double x, double y, double z) { return fma(x, y, z); }
inline double __dsqrt_rn(double x) { return sqrt(x); }
inline float rsqrtf(float x) { return float(1 / sqrt(double(x))); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0), 1); }

namespace hitsieve::emu {
/// To an integer as a GPU converts: out of range becomes the nearest, NaN becomes 0.
template <class I, class F>
I to_integer(F x) {
  if (!(x == x)) return 0;
  if (x >= F(std::numeric_limits<I>::max())) return std::numeric_limits<I>::max();
  if (x <= F(std::numeric_limits<I>::min())) return std::numeric_limits<I>::min();
  return I(x);
}
}  // namespace hitsieve::emu
inline int __float2int_rn(float x) { return hitsieve::emu::to_integer<int>(rintf(x)); }
inline int __float2int_rz(float x) { return hitsieve::emu::to_integer<int>(truncf(x)); }
inline int __float2int_rd(float x) { return hitsieve::emu::to_integer<int>(floorf(x)); }
inline int __float2int_ru(float x) { return hitsieve::emu::to_integer<int>(ceilf(x)); }
inline unsigned __float2uint_rn(float x) { return hitsieve::emu::to_integer<unsigned>(rintf(x)); }
inline unsigned __float2uint_rz(float x) { return hitsieve::emu::to_integer<unsigned>(truncf(x)); }
inline int __double2int_rn(double x) { return hitsieve::emu::to_integer<int>(rint(x)); }
inline float __int2float_rn(int x) { return float(x); }
inline float __uint2float_rn(unsigned x) { return float(x); }
inline float __double2float_rn(double x) { return float(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

template <class T>
T __ldg(const T* p) {
  return *p;
}
template <class T>
T __ldcg(const T* p) {
  return *p;
}
template <class T>
T __ldcs(const T* p) {
  return *p;
}
template <class T>
void __stcs(T* p, T value) {
  *p = value;
}
template <class T>
void __stcg(T* p, T value) {
  *p = value;
}

#define HITSIEVE_EMU_MIN_MAX(type)                             \
  constexpr type min(type a, type b) { return b < a ? b : a; } \
  constexpr type max(type a, type b) { return a < b ? b : a; }
HITSIEVE_EMU_MIN_MAX(int)
HITSIEVE_EMU_MIN_MAX(unsigned)
HITSIEVE_EMU_MIN_MAX(long)
HITSIEVE_EMU_MIN_MAX(unsigned long)
HITSIEVE_EMU_MIN_MAX(long long)
HITSIEVE_EMU_MIN_MAX(unsigned long long)
#undef HITSIEVE_EMU_MIN_MAX
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
