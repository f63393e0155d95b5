// Vectors that the compiler keeps in registers, for hot loops on the CPU. They are as wide as
// AVX2's registers, or as AVX-512's where a loop asks for it; in a function marked HS_SIMD each
// clone uses what its machine has. All is inlined: call these from HS_SIMD functions only.
#pragma once
#include <cstdint>
#include <cstring>

#include "engine/simd.h"

namespace hitsieve {

inline constexpr int64_t narrow = 32, wide = 64;  ///< bytes of a vector

template <class T, int64_t bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(bytes)));
};
/// Eight floats or four doubles (wide: twice as many), with + - * / lane by lane.
template <class T, int64_t bytes = narrow>
using Vector = typename VectorOf<T, bytes>::type;
template <class T, int64_t bytes = narrow>
inline constexpr int64_t lanes = bytes / int64_t(sizeof(T));

/// `x` need not be aligned.
template <class V, class T>
HS_INLINE void load(V& v, const T* x) {
  std::memcpy(&v, x, sizeof v);
}
template <class T, class V>
HS_INLINE void store(T* x, const V& v) {
  std::memcpy(x, &v, sizeof v);
}

/// The sum of all lanes, always in the same order.
template <class T>
HS_INLINE T sum_of_lanes(const Vector<T>& v) {
  T sum = 0;
  for (int64_t lane = 0; lane < lanes<T>; ++lane) sum += v[lane];
  return sum;
}

/// sum_i term(i) for i in [0, count): term(i, v) gives lanes<T> terms from i on in v, and term(i)
/// a single one. Four partial sums hide the latency of the addition and shorten the rounding error;
/// the order depends on `count` alone.
template <class T, class VectorTerm, class Term>
HS_INLINE T sum_terms(int64_t count, const VectorTerm& vector_term, const Term& term) {
  Vector<T> sum[4] = {};
  int64_t i = 0;
  for (; i + 4 * lanes<T> <= count; i += 4 * lanes<T>)
    for (int part = 0; part < 4; ++part) {
      Vector<T> v;
      vector_term(i + part * lanes<T>, v);
      sum[part] += v;
    }
  for (; i + lanes<T> <= count; i += lanes<T>) {
    Vector<T> v;
    vector_term(i, v);
    sum[0] += v;
  }
  T rest = 0;
  for (; i < count; ++i) rest += term(i);
  return sum_of_lanes<T>((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
}

}  // namespace hitsieve
